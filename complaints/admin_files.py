"""Files of a case: taken out one by one or as one archive, each time checked and noted on the trail."""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from supportportal.files import intake
from supportportal.files.download import download_response, require_given_out

from . import casefile
from .admin_access import GatedAdmin
from .operations import desk


class FilesAdmin(GatedAdmin):
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        copy, original = view(require_safe(self.evidence_view)), view(require_POST(self.original_view))
        return [
            path("<int:pk>/evidence/<int:evidence>/", copy, name="complaints_complaint_evidence"),
            path("<int:pk>/evidence/<int:evidence>/original/", original, name="complaints_complaint_original"),
            path("<int:pk>/export/", view(require_POST(self.export_view)), name="complaints_complaint_export"),
            *super().get_urls(),
        ]

    def evidence_view(self, request: HttpRequest, pk: int, evidence: int) -> HttpResponse:
        """The copy without what a picture tells besides, where there is one; the file itself else."""
        return self._file(request, pk, evidence, original=False)

    def original_view(self, request: HttpRequest, pk: int, evidence: int) -> HttpResponse:
        """The file as it came: only by a press of its own."""
        return self._file(request, pk, evidence, original=True)

    def _file(self, request: HttpRequest, pk: int, evidence: int, *, original: bool) -> HttpResponse:
        rows = self.case(request, pk).evidence.select_related("file", "shown", "complaint")
        found = get_object_or_404(rows, pk=evidence)
        stored = found.file if original or found.shown is None else found.shown
        require_given_out(found.file, of=found.complaint)  # nor a copy of what is withheld
        response = download_response(stored, of=found.complaint)
        desk.opened(found, original=stored == found.file, by=request.user, at=timezone.now())
        return response

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The case file: timeline, letters as they were sent, list of evidence, in one archive."""
        complaint, at = self.case(request, pk), timezone.now()
        archive = casefile.build(complaint, at)
        desk.exported(complaint, sha256=hashlib.sha256(archive).hexdigest(), by=request.user, at=at)
        name = f"{complaint.reference}-{at:%Y-%m-%d}.zip"
        return download_response(intake.keep(name, "application/zip", archive, at), of=complaint)
