"""A mail's own HTML, as an answer that only a frame of ours shows."""

from django.http import HttpResponse

# A mail may style itself; it runs nothing, loads nothing, leads nowhere, and is shown in our own frame only.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"


def mail(html: str) -> HttpResponse:
    response = HttpResponse(html)
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
