"""The import of clients in the admin: a file, a preview that writes nothing, and the import once it is confirmed."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from . import importing, notices, operations, policy
from .models import User


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("Columns: email, name, account; and if you like plan, phone, language, time zone."),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def clean_file(self) -> str:
        upload = self.cleaned_data["file"]
        if upload.size > policy.current().import_bytes:
            raise forms.ValidationError(gettext_lazy("The file is too large. Please split it."))
        return _checked(importing.decode, upload.read())


class ConfirmForm(forms.Form):
    """The text of the file comes back with the confirmation, and is checked once more: nothing was kept meanwhile."""

    text = forms.CharField(widget=forms.Textarea(attrs={"hidden": True}), strip=False)


def import_clients(request: HttpRequest, shown: dict[str, Any]) -> HttpResponse:
    """Who may import is decided by the caller."""
    shown |= {"title": _("Import clients"), "opts": User._meta}
    if request.method == "POST" and "text" in request.POST:
        return _confirmed(request, shown)
    form = FileForm(request.POST or None, request.FILES or None) if request.method == "POST" else FileForm()
    if form.is_valid():
        try:
            return _previewed(request, shown, form.cleaned_data["file"])
        except importing.UnreadableFile as error:
            form.add_error("file", str(error))
    return render(request, "people/import_file.html", {**shown, "form": form})


def _previewed(request: HttpRequest, shown: dict[str, Any], text: str) -> HttpResponse:
    preview = importing.preview(text)
    again = ConfirmForm(initial={"text": text})
    return render(request, "people/import_preview.html", {**shown, "preview": preview, "form": again})


def _confirmed(request: HttpRequest, shown: dict[str, Any]) -> HttpResponse:
    """Import what is acceptable now. If that is no longer what the preview showed, show the preview again."""
    form = ConfirmForm(request.POST)
    try:
        text = form.cleaned_data["text"] if form.is_valid() else ""
        preview = importing.preview(text)
        if str(len(preview.accepted)) != request.POST.get("accepted"):
            messages.warning(request, _("Something has changed since the preview. Please look at it again."))
            return _previewed(request, shown, text)
        people = operations.import_clients(preview.accepted, by=request.user, at=timezone.now())
    except (importing.UnreadableFile, operations.PeopleRefused) as error:
        messages.error(request, str(error))
        return redirect("admin:people_user_import")
    told = ngettext("%(count)d client has been invited.", "%(count)d clients have been invited.", len(people))
    messages.success(request, told % {"count": len(people)})
    if not notices.can_leave():
        messages.warning(request, notices.WAITS)
    return redirect("admin:people_user_changelist")


def _checked(read: Any, content: bytes) -> str:
    try:
        return read(content)
    except importing.UnreadableFile as error:
        raise forms.ValidationError(str(error)) from None
