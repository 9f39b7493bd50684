"""The pages of the demo's mailbox."""

from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from supportportal.pages.csp import csp_override
from supportportal.people.models import User

from . import mailbox, replies
from .models import DemoMail
from .views import demo_only

PER_PERSON = 50
# A mail may style itself and open links; it runs nothing, loads nothing, and is shown in our own frame only.
MAIL_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "frame-ancestors": ["'self'"],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox", "allow-top-navigation-by-user-activation"],
}
MAILBOX_POLICY = {
    "default-src": ["'self'"],
    "style-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "frame-src": ["'self'"],
}


@demo_only
@require_safe
def mailbox_page(request: HttpRequest) -> HttpResponse:
    """One person's mails and text messages, newest first; without ``?of=`` those of whoever is signed in."""
    boxes = _boxes()
    of = request.GET.get("of") or (request.user.email if request.user.is_authenticated else "")
    chosen = next((box for box in boxes if box["key"] == of), boxes[0] if boxes else None)
    mails = DemoMail.objects.filter(address__in=chosen["addresses"])[:PER_PERSON] if chosen else []
    return render(request, "demo/mailbox.html", {"boxes": boxes, "chosen": chosen, "mails": mails})


@demo_only
@require_http_methods(["GET", "HEAD", "POST"])
@csp_override(MAILBOX_POLICY)
def mail_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail as it would arrive; it can be answered, and the answer comes in as by a provider."""
    mail = get_object_or_404(DemoMail, pk=pk)
    opened, form = mailbox.open_mail(mail), None
    if mail.channel == DemoMail.Channel.EMAIL:
        form = replies.ReplyForm(request.POST or None, initial={"subject": f"Re: {mail.subject}"[:200]})
        if form.is_valid():
            replies.reply(mail, opened, **form.cleaned_data, at=timezone.now())
            messages.success(request, _("Your reply is on its way: staff see it within seconds."))
            return redirect("demo:mail", pk)
    DemoMail.objects.unread().filter(pk=mail.pk).update(read_at=timezone.now())
    box = next((box for box in _boxes() if mail.address in box["addresses"]), None)
    shown = {
        "mail": mail,
        "opened": opened,
        "form": form,
        "box": box,
        "mailbox": reverse("demo:mailbox") + (f"?{urlencode({'of': box['key']})}" if box else ""),
    }
    return render(request, "demo/mail.html", shown)


@demo_only
@require_safe
@xframe_options_exempt  # frame-ancestors says who may
@csp_override(MAIL_POLICY)
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail's HTML alone, for the frame. Its links leave the frame for the whole window."""
    html = mailbox.open_mail(get_object_or_404(DemoMail, pk=pk)).html
    return HttpResponse(html.replace("<head>", '<head><base target="_top">', 1))


@demo_only
@require_safe
def mail_file(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    files = mailbox.open_mail(get_object_or_404(DemoMail, pk=pk)).files
    if not 0 <= number < len(files):
        raise Http404
    file = files[number]
    headers = {
        "Content-Disposition": f'attachment; filename="{_plain(file.name)}"',
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(file.content, content_type="application/octet-stream", headers=headers)


@demo_only
@require_POST
def mark_all_read(request: HttpRequest) -> HttpResponse:
    DemoMail.objects.unread().update(read_at=timezone.now())
    return redirect(reverse("demo:mailbox"))


def _boxes() -> list[dict]:
    """One box per person that has got anything, and one per address of nobody; unread ones first."""
    counted = DemoMail.objects.order_by().values("address")
    found = {row["address"]: row for row in counted.annotate(n=Count("pk"), unread=Count("pk", filter=Q(read_at=None)))}
    boxes = []
    people = User.objects.filter(Q(email__in=found) | Q(phone__in=[address for address in found if "@" not in address]))
    claimed: set[str] = set()
    for person in people.order_by("is_staff", "name"):
        addresses = [address for address in mailbox.addresses_of(person) if address in found]
        claimed.update(addresses)
        boxes.append(_box(person.email, str(person), mailbox.addresses_of(person), found))
    boxes += [_box(address, address, [address], found) for address in sorted(found) if address not in claimed]
    return boxes


def _box(key: str, name: str, addresses: list[str], found: dict[str, dict]) -> dict:
    rows = [found[address] for address in addresses if address in found]
    return {
        "key": key,
        "name": name,
        "addresses": addresses,
        "count": sum(row["n"] for row in rows),
        "unread": sum(row["unread"] for row in rows),
    }


def _plain(name: str) -> str:
    return "".join(character if character.isalnum() or character in "-_. " else "_" for character in name)[:100]
