"""What is answered in place of a file that is not given out, and what an owner makes of it.

The page is shown by whoever holds the file, to whom it lets in; the buttons on it work for that reader and a while.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from supportportal.files import screening
from supportportal.files.download import Withheld
from supportportal.files.models import Screened, StoredFile
from supportportal.people.models import Role

SALT, WORKS_FOR = "files.withheld", 1800  # seconds
STATUS = {Screened.Screening.WAITING: 409, Screened.Screening.WITHHELD: 403, Screened.Screening.DELETED: 410}


class WithheldMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return _page(request, error.file, error.of) if isinstance(error, Withheld) else None


def _page(request: HttpRequest, file: Screened, of: Model) -> HttpResponse:
    shown: dict[str, Any] = {"file": file, "may_decide": _decides(request) and file.can_be_decided}
    if shown["may_decide"]:
        shown["token"] = signing.dumps(_facts(request, file, of), salt=SALT)
        shown["may_delete"] = isinstance(file, StoredFile)
    response = render(request, "withheld.html", shown, status=STATUS[Screened.Screening(file.screening)])
    response["Cache-Control"] = "private, no-store"
    if file.screening == Screened.Screening.WAITING:
        response["Retry-After"] = "60"
    return response


def _decides(request: HttpRequest) -> bool:
    user = request.user
    return user.is_authenticated and user.is_staff and (user.is_superuser or user.has_role(Role.OWNER))


def _facts(request: HttpRequest, file: Screened, of: Model) -> dict[str, Any]:
    """What the page was about, and to whom it was shown: nobody else may press, and not on something else."""
    return {
        "file": [file._meta.label_lower, file.pk],
        "of": [of._meta.label_lower, of.pk],
        "shown": [file.screening, file.virus],
        "to": request.user.pk,
    }


@dataclass(frozen=True)
class _Shown:
    file: Screened
    of: Model


@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """A false alarm is released, or the file deleted."""
    if not _decides(request):
        raise PermissionDenied
    shown, act = _shown(request), request.POST.get("press")
    who = {"of": shown.of, "by": request.user, "at": timezone.now()}
    try:
        if act == "delete" and isinstance(shown.file, StoredFile):
            screening.delete(shown.file, **who)
            messages.success(request, _("The file is deleted."))
        elif act == "release":
            screening.release(shown.file, **who)
            messages.success(request, _("The file is released: it can be downloaded."))
        else:
            raise Http404
    except screening.Overtaken:
        messages.warning(request, _("Something else has become of the file meanwhile, so nothing was changed."))
    find = getattr(shown.of, "get_absolute_url", None)
    return redirect(find() if find else "admin:index")


def _shown(request: HttpRequest) -> _Shown:
    """Raises Http404 where the page is of long ago, or was somebody else's."""
    try:
        facts = signing.loads(request.POST.get("token", ""), salt=SALT, max_age=WORKS_FOR)
    except signing.BadSignature:
        raise Http404 from None
    if facts["to"] != request.user.pk:
        raise Http404
    file, of = (get_object_or_404(apps.get_model(kind), pk=pk) for kind, pk in (facts["file"], facts["of"]))
    file.screening, file.virus = facts["shown"]  # what is decided on is what was seen
    return _Shown(file, of)
