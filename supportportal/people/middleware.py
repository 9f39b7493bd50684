"""Serve each page in the reader's language and time zone."""

from django.utils import timezone, translation


class ReaderMiddleware:
    """A signed-in person's own language and zone win over the browser's."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.user.is_authenticated:
            return self.get_response(request)
        translation.activate(request.user.language)
        request.LANGUAGE_CODE = request.user.language
        with timezone.override(request.user.zone):
            return self.get_response(request)
