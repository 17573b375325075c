"""Signing in and out. Of allauth's pages only these exist: people come by invitation, so there is no sign-up."""

from allauth.account import views
from django.urls import path

urlpatterns = [
    path("sign-in/", views.login, name="account_login"),
    path("sign-out/", views.logout, name="account_logout"),
]
