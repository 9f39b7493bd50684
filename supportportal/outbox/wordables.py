"""What the messages of the portal itself offer to the firm's own words: about access, and answers to mails."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from supportportal import reader, wording
from supportportal.people import notices

from . import samples
from .inbound import MAIL_CLOSED, MAIL_UNMATCHED
from .own_words import Wordable
from .samples import Named
from .trials import CODES

ACCESS, ANSWERS = gettext_lazy("Access"), gettext_lazy("Mails to us")
WHOEVER, WRITER = gettext_lazy("whoever signs in"), gettext_lazy("whoever wrote")
TRIAL = gettext_lazy("A test message goes to whoever asked for it, and says nothing else.")
FIRM = {"firm": "firm.name"}
NAMED = {**FIRM, "name": "recipient_name"}


def _sample(**more: Any) -> dict[str, Any]:
    person = Named(samples.CLIENT, get_short_name=samples.CLIENT)
    return {"person": person, "recipient_name": samples.CLIENT, **more}


def _until() -> str:
    at = samples.instant()
    return wording.written_out(at, at.tzinfo, reader.language())  # type: ignore[arg-type]


def _invitation() -> dict[str, Any]:
    return _sample(until=_until(), links=[samples.link(_("Open the portal"), "/invitation/")])


def _code() -> dict[str, Any]:
    return _sample(code="482913", minutes=15)


def _access() -> dict[str, Any]:
    return _sample(is_open=False)


def _password() -> dict[str, Any]:
    return _sample(links=[samples.link(_("Choose a new password"), "/accounts/password/reset/key/")])


def _known() -> dict[str, Any]:
    return _sample(links=[samples.link(_("Sign in"), "/accounts/login/")])


def _own_data() -> dict[str, Any]:
    return _sample(until=_until(), links=[samples.link(_("Get your data"), "/data/")])


def _second_factor() -> dict[str, Any]:
    return _sample(what="app_added", links=[samples.link(_("Two-factor sign-in"), "/accounts/2fa/")])


def _sign_on() -> dict[str, Any]:
    return _sample(what="joined", provider="Example ID", links=[samples.link(_("Your profile"), "/profile/")])


def _unmatched() -> dict[str, Any]:
    mail = samples.thing(person=samples.CLIENT)
    return _sample(mail=mail, links=[{"label": _("Open the support portal"), "url": samples.address("/")}])


def _closed() -> dict[str, Any]:
    ways = [(_("Make a complaint"), samples.address("/complaints/"))]
    return _sample(mail=samples.thing(person=samples.CLIENT), reason="", ways=ways, links=[])


def _of_access(sample: Any, placeholders: Any = FIRM, **rest: Any) -> Wordable:
    return Wordable(ACCESS, WHOEVER, sample, placeholders, **rest)


_CODE = {**FIRM, "code": "code"}
_WITH_CODE = {"subject": ("code",), "heading": ("code",)}  # the plain text shows the code in its heading alone

WORDABLES = {
    notices.INVITATION: _of_access(_invitation, {**FIRM, "name": "person.get_short_name", "until": "until"}),
    notices.SIGN_IN_CODE: _of_access(_code, _CODE, required=_WITH_CODE),
    notices.ADDRESS_CODE: _of_access(_code, _CODE, required=_WITH_CODE),
    notices.ACCOUNT_ACCESS: _of_access(_access),
    notices.PASSWORD_RESET: _of_access(_password),
    notices.ALREADY_KNOWN: _of_access(_known),
    notices.PASSWORD_CHANGED: _of_access(_known),
    notices.ADDRESS_CHANGED: _of_access(_sample),
    notices.OWN_DATA: _of_access(_own_data, {**NAMED, "until": "until"}),
    notices.SECOND_FACTOR: _of_access(_second_factor, NAMED),
    "sign_on": _of_access(_sign_on, {**NAMED, "provider": "provider"}),
    MAIL_UNMATCHED: Wordable(ANSWERS, WRITER, _unmatched, FIRM),
    MAIL_CLOSED: Wordable(ANSWERS, WRITER, _closed, FIRM),
    **{code: Wordable(ACCESS, gettext_lazy("yourself"), _sample, fixed=TRIAL) for code in CODES.values()},
}
