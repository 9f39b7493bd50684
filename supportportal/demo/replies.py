"""Answering a mail of the demo's mailbox: what a mail program would send, brought in as a provider would."""

from datetime import datetime
from email.message import EmailMessage

from django import forms
from django.utils.translation import gettext_lazy as _

from supportportal.outbox import inbound, mails
from supportportal.outbox.models import Inbound

from .mailbox import Opened
from .models import DemoMail


class ReplyForm(forms.Form):
    subject = forms.CharField(label=_("Subject"), max_length=200)
    text = forms.CharField(label=_("Your reply"), max_length=5_000, widget=forms.Textarea(attrs={"rows": 5}))

    def clean_subject(self) -> str:
        return " ".join(self.cleaned_data["subject"].split())


def reply(mail: DemoMail, opened: Opened, *, subject: str, text: str, at: datetime) -> Inbound:
    """The person of this box answers; in the demo nobody forges a sender, so the verdict is a pass."""
    answer = EmailMessage()
    answer["From"] = mail.address
    answer["To"] = opened.reply_to or opened.sender
    answer["Subject"] = subject
    answer["Message-ID"] = f"<reply-{mail.pk}-{at:%Y%m%d%H%M%S%f}@demo.example>"
    if opened.message_id:
        answer["In-Reply-To"] = answer["References"] = opened.message_id
    answer.set_content(text)
    raw = answer.as_bytes()
    return inbound.receive(raw, mails.read(raw), gateway="demo", verdict=Inbound.Verdict.PASS, at=at)
