"""Addresses of the pages of complaints with rows of the demo behind them, and what to type into their forms."""

from django import forms
from django.urls import reverse
from django.utils import timezone

from complaints import messages
from complaints.admin_case import form_of, narrow
from complaints.admin_presses import PRESSES
from complaints.models import Complaint, Evidence, Letter, OmbudsmanScheme, Remedy, Statement

LETTERS = ["letter", "print", "letter_file", "letter_pdf"]
EXTREME = ["0001-01-01", "9999-12-31", "2026-02-30"]


def values_of_complaints(person):
    """By (page, argument), as ``known_values`` gives them: rows that this person may see, where there are any."""
    seen = Complaint.objects.visible_to(person) if person else Complaint.objects.none()
    case = seen.filter(state=Complaint.State.OPEN, points__isnull=False).first() or Complaint.objects.first()
    letter = Letter.objects.filter(complaint__in=seen, content__isnull=False).first() or Letter.objects.first()
    evidence = Evidence.objects.filter(complaint__in=seen).first() or Evidence.objects.first()
    statement = Statement.objects.filter(named__person=person).first() or Statement.objects.first()
    remedy = Remedy.objects.filter(owner=person).first() or Remedy.objects.first()
    token = messages.link_token(case)
    values = {(f"complaints:{page}", "token"): token for page in ("status", "add", "withdraw", "appeal")}
    for page in ("change", "act", "write", "export"):
        values[f"admin:complaints_complaint_{page}", "pk"] = case.pk
    values["admin:complaints_complaint_act", "action"] = "points"
    for page in LETTERS:
        values[f"admin:complaints_complaint_{page}", "pk"] = letter.complaint_id
        values[f"admin:complaints_complaint_{page}", "letter"] = letter.pk
    for page in ("evidence", "original"):
        values[f"admin:complaints_complaint_{page}", "pk"] = evidence.complaint_id
        values[f"admin:complaints_complaint_{page}", "evidence"] = evidence.pk
    values["admin:complaints_statement", "pk"] = statement.pk
    values["admin:complaints_remedy_done", "pk"] = remedy.pk
    for page in ("change", "history", "delete"):
        values[f"admin:complaints_ombudsmanscheme_{page}", "object_id"] = OmbudsmanScheme.objects.first().pk
    return values


def presses_on(complaint, draw):
    """Every button of a case's page, on a row of each kind that it has: its address, and something for each field."""
    for action, press in PRESSES.items():
        rows = list(press.target.objects.filter(complaint=complaint)) if press.target else [None]
        for row in rows:
            address = reverse("admin:complaints_complaint_act", args=[complaint.pk, action, *([row.pk] if row else [])])
            form = form_of(action, complaint, row)
            narrow(form, complaint)
            for _try in range(2):
                yield address, {"seen": complaint.version, **_typed(form, draw)}


def pages_to_write(person):
    """The pages on which a letter is looked at before it leaves, and what is typed there."""
    for letter in Letter.objects.filter(complaint__in=Complaint.objects.visible_to(person), state="draft"):
        address = reverse("admin:complaints_complaint_letter", args=[letter.complaint_id, letter.pk])
        for press in ("keep", "send", "odd"):
            for outcome in ("upheld", "odd"):
                seen = letter.complaint.version
                yield address, {"press": press, "seen": seen, "subject": "S", "body": "B", "outcome": outcome}


def entries(draw):
    """Complaints that staff enter, of any day there is."""
    for source in ("letter", "mail", "assisted"):
        for day in [*EXTREME, timezone.localdate().isoformat()]:
            clock = draw.choice(["", "00:00", "23:59"])
            told = {"summary": "It stops.", "name": "Anna", "email": "anna@new.example", "country": "IT"}
            entry = {"language": "it", "arrived_on": day, "arrived_clock": clock, "late_entry_reason": "Ill."}
            yield f"{reverse('admin:complaints_complaint_add')}?source={source}", {**told, **entry, "read_back": "on"}


def _typed(form, draw):
    return {name: draw.choice([*_fitting(field), "²", ""]) for name, field in form.fields.items()}


def _fitting(field):
    if isinstance(field, forms.ModelChoiceField):
        return list(field.queryset.values_list("pk", flat=True)[:3]) or ["1"]
    if isinstance(field, forms.ChoiceField):
        return [key for key, _words in field.choices]
    if isinstance(field, forms.DateField):
        return [*EXTREME, timezone.localdate().isoformat()]
    if isinstance(field, forms.TimeField):
        return ["00:00", "23:59"]
    return ["Something to say.", "[…]\n\n[…]"]
