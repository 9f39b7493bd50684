"""Forms that were open for too long: Django refuses them as forged, and what was typed would be gone.

A view that can keep it says so, and answers in its own way.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def answered_by(own: View) -> Callable[[View], View]:
    """``own`` is called in the view's place where its form does not prove that it came from a page of ours."""

    def decorate(view: View) -> View:
        view.answers_forgery = own  # type: ignore[attr-defined]
        return view

    return decorate


def own_answer(request: HttpRequest) -> HttpResponse | None:
    """The view's own answer to a form that may be forged; None where it has none."""
    match: Any = request.resolver_match
    own = getattr(match.func, "answers_forgery", None) if match else None
    return own(request, *match.args, **match.kwargs) if own else None
