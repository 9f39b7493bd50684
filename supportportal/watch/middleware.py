"""Around every request: a number to find it by in the logs, and how long it took."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from supportportal import logs

from . import metrics, proxies, request_ids

ASKED_BY_MACHINES = ("healthz", "readyz", "health_jobs", "metrics")  # they would hide how people fare


class WatchMiddleware:
    """The first of all, so that whatever is logged while the request is answered bears its number."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.left_out = {reverse(name) for name in ASKED_BY_MACHINES}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        number = request_ids.given(request) or request_ids.new()
        logs.request_id.set(number)  # put down when the request is finished: Django still logs the status after us
        response = self.get_response(request)
        response.headers["X-Request-ID"] = number
        if request.path_info not in self.left_out:
            proxies.warn(request)
            metrics.note_request(response.status_code, time.perf_counter() - began)
        return response
