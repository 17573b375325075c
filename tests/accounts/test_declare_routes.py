"""The server does not start with a page that declares no right and no reason why it needs none."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

from accounts.checks import check_routes
from config.urls import urlpatterns as real


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse("everything about everybody")


urlpatterns = [*real, path("all", undeclared, name="all")]


def test_every_page_declares_its_right_or_why_it_needs_none() -> None:
    assert check_routes() == []


@override_settings(ROOT_URLCONF=__name__)
def test_a_page_that_declares_nothing_keeps_the_server_from_starting() -> None:
    with pytest.raises(SystemCheckError, match="/all declares no scope"):
        call_command("check")
