"""``{% demo_bar %}``: nothing outside the demo."""

from django import template
from django.conf import settings
from django.urls import NoReverseMatch, reverse

from ..mailbox import unread_count, unread_count_of
from ..sign_ins import sign_ins

register = template.Library()


@register.inclusion_tag("demo/bar.html", takes_context=True)
def demo_bar(context) -> dict:
    """Who you are, and the way to be someone else, read the demo's mails, and make its data anew."""
    request = context.get("request")
    if not settings.DEMO or request is None:
        return {"shown": False}
    user = context.get("user")
    return {
        "shown": True,
        "request": request,
        "user": user,
        "csrf_token": context.get("csrf_token"),
        "people": list(sign_ins()),
        "path": request.get_full_path(),
        "mailbox_url": _mailbox_url(),
        "unread": unread_count_of(user) if user is not None and user.is_authenticated else unread_count(),
    }


def _mailbox_url() -> str:
    try:
        return reverse("demo:mailbox")
    except NoReverseMatch:
        return ""


@register.inclusion_tag("demo/hint.html")
def demo_hint(code: bool = False) -> dict:
    """On the pages for signing in: which people there are; with ``code``, only where their mail arrives."""
    return {"shown": settings.DEMO, "mailbox_url": _mailbox_url(), "code": code}
