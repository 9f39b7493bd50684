"""What is answered where nothing can be kept any more: a page that says that nothing was changed, not an error."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from supportportal import room
from supportportal.files.intake import NoRoom
from supportportal.logs import request_id

logger = logging.getLogger(__name__)


class NoRoomMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Every change is made whole or not at all, so what could not be kept has left nothing behind."""
        if not isinstance(error, NoRoom) and not room.is_used_up(error):
            return None
        return answer(request)


def answer(request: HttpRequest) -> HttpResponse:
    """Asks nothing of the database."""
    said = "The disk or the database is full, so %s %r changed nothing. Make room."
    logger.error(said, request.method, request.path)
    return HttpResponse(render_to_string("507.html", {"reference": request_id.get()}), status=503)
