"""What people are told about their access, as it would be sent and as it is kept."""

import pytest
from django.utils import timezone

from supportportal.outbox import rendering
from supportportal.outbox.models import Message
from supportportal.people import notices, operations
from supportportal.people.models import Firm
from supportportal.people.notices import Notice
from tests.factories import ClientFactory

pytestmark = pytest.mark.django_db
LINKED = {notices.INVITATION, notices.OWN_DATA}  # they say until when, and have tests of their own


def write(message):
    subject = rendering.load_subjects([message])[message.pk]
    return rendering.write(message, subject, firm=Firm.current())


def owed(kind, *, to=None, **data) -> Message:
    whom = {"to": to} if to else {"address": "nobody@example.org", "language": "en", "time_zone": "Europe/Rome"}
    notices.tell(Notice(kind, data=data, **whom), at=timezone.now())
    return Message.objects.get(kind=kind)


def test_the_code_stands_in_the_subject_and_is_blanked_in_what_is_kept(anna):
    parcel = write(owed(notices.SIGN_IN_CODE, to=anna, code="K7P2QX"))
    assert parcel.subject.startswith("K7P2QX")
    assert "K7P2QX" in parcel.html
    assert "K7P2QX" not in "".join(parcel.kept())


def test_a_link_to_a_new_password_is_blanked_in_what_is_kept(anna, settings):
    path = "/accounts/password/reset/key/1-abcdef-0123456789abcdef0123456789abcdef/"
    parcel = write(owed(notices.PASSWORD_RESET, to=anna, path=path))
    assert settings.SITE_URL + path in parcel.text and settings.SITE_URL + path in parcel.html
    assert "0123456789abcdef" not in "".join(parcel.kept())


def test_an_invitation_names_its_end_in_the_persons_zone(firm, settings, time_machine):
    time_machine.move_to("2026-11-24T10:00:00Z", tick=False)
    person = ClientFactory(name="Bruno Neri", time_zone="Europe/Rome")
    operations.invite(person, by=None, at=timezone.now())
    person.refresh_from_db()
    parcel = write(Message.objects.get())
    link = settings.SITE_URL + notices.invitation_path(person)
    assert link in parcel.text and link in parcel.html
    assert "Tuesday 8 December, 11:00" in parcel.text
    assert notices.invitation_path(person) not in "".join(parcel.kept())


def test_an_unknown_address_is_told_how_to_ask(firm):
    parcel = write(owed(notices.ACCOUNT_ACCESS))
    assert (parcel.address, firm.contact_email in parcel.text) == ("nobody@example.org", True)
    assert "/accounts/signup/" not in parcel.text


def test_an_unknown_address_can_sign_up_where_that_is_open(firm, settings):
    settings.PEOPLE_SIGNUP_OPEN = True
    assert "/accounts/signup/" in write(owed(notices.ACCOUNT_ACCESS)).text


@pytest.mark.parametrize("kind", [kind.code for kind in notices.KINDS if kind.code not in LINKED])
def test_every_notice_can_be_written(anna, kind):
    parcel = write(owed(kind, to=anna, code="K7P2QX", path="/somewhere/"))
    assert parcel.subject and parcel.text and parcel.html and "\n" not in parcel.subject
    assert "{{" not in parcel.text + parcel.html


@pytest.mark.parametrize("kind", [notices.SIGN_IN_CODE, notices.ADDRESS_CODE])
def test_a_code_says_how_long_it_works(kind):
    (found,) = (one for one in notices.KINDS if one.code == kind)
    assert found.context(None, {"code": "123"}) == {"code": "123", "minutes": 15}
