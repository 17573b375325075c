"""Pages that belong to no app: health, errors. Home joins them."""

from __future__ import annotations

import uuid

import structlog
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from accounts.access import public_view

log = structlog.get_logger()


@public_view("a load balancer asks before anyone signs in; says only that the process lives")
def health_live(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@public_view("a load balancer asks before anyone signs in; says only whether the database answers")
def health_ready(request: HttpRequest) -> HttpResponse:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)
    return JsonResponse({"status": "ok"})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """A reference a person can read out, and nothing of what went wrong."""
    reference = uuid.uuid4().hex[:8].upper()
    log.error("page.failed", reference=reference)
    return render(request, "500.html", {"reference": reference}, status=500)
