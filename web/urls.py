"""Routes that belong to no app."""

from django.urls import path

from web import views
from web.home import home
from web.keyboard import keyboard
from web.search import search

urlpatterns = [
    path("", home, name="home"),
    path("keyboard", keyboard, name="keyboard"),
    path("search", search, name="search"),
    path("health/live", views.health_live, name="health_live"),
    path("health/ready", views.health_ready, name="health_ready"),
]
