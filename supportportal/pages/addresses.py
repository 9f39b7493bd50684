"""Addresses that no page has and no database takes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest


class NulRefusingMiddleware:
    """Refuse a NUL in an address: PostgreSQL keeps none, and each look-up by such a text would end in an error."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "\x00" in request.path_info or "%00" in query or "\x00" in query:
            return HttpResponseBadRequest("An address cannot hold this.", content_type="text/plain")
        return self.get_response(request)
