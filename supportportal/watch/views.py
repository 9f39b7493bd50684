"""How the portal does, for machines that watch it."""

from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from . import access, metrics, proxies, readiness, troubles
from .troubles import Trouble


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The web process answers; nothing else is asked. The doctor is told what arrived through the proxies."""
    response = HttpResponse("ok", content_type="text/plain")
    proxies.answer(request, response)
    return response


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether this process should be sent requests; open to all, so it says no more than the reason."""
    if reason := readiness.why_not():
        return HttpResponse(reason, content_type="text/plain", status=503)
    return HttpResponse(f"ok\n{readiness.AHEAD}" if readiness.ahead() else "ok", content_type="text/plain")


@require_safe
@never_cache
def jobs(request: HttpRequest) -> HttpResponse:
    """Whether what goes on by itself goes on: 503 with the reasons if not. Warnings change no status."""
    if refused := access.refusal(request):
        return refused
    try:
        found = troubles.found(timezone.now())
    except Error as error:
        found = [Trouble("database", readiness.database_fault(error))]
    grave = [{"code": one.code, "text": one.text} for one in found if one.grave]
    warnings = [{"code": one.code, "text": one.text} for one in found if not one.grave]
    return JsonResponse({"ok": not grave, "problems": grave, "warnings": warnings}, status=503 if grave else 200)


@require_safe
@never_cache
def numbers(request: HttpRequest) -> HttpResponse:
    """For Prometheus."""
    if refused := access.refusal(request):
        return refused
    try:
        return HttpResponse(metrics.text(timezone.now()), content_type="text/plain; version=0.0.4; charset=utf-8")
    except Error as error:
        return HttpResponse(readiness.database_fault(error), content_type="text/plain", status=503)
