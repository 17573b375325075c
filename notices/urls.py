"""Routes of notices."""

from django.urls import path

from authorizations.views.calendar import calendar_feed
from notices.views import pages

urlpatterns = [
    path("notices", pages.notice_list, name="notice_list"),
    path("notices/read", pages.notices_read, name="notices_read"),
    path("calendar/<str:link>.ics", calendar_feed, name="calendar_feed"),
    path("account/notices", pages.notice_settings, name="notice_settings"),
    path("account/calendar", pages.calendar_open, name="calendar_open"),
    path("account/calendar/withdraw", pages.calendar_withdraw, name="calendar_withdraw"),
]
