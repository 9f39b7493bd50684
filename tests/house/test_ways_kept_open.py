"""No measure closes the way to a complaint, an appeal, one's own data or a cancellation: each page of the portal's own
map is either kept open, closed with the notice, or not for clients at all (R-4 to R-6).

A new page fails the first test until it stands in one of the three tables below.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse

from bookings import messages
from bookings.models import Booking, Callback, Feedback, WaitlistEntry
from complaints import messages as complaint_messages
from complaints.models import Appeal as ComplaintAppeal
from complaints.models import Complaint
from conduct.models import Appeal as MeasureAppeal
from supportportal.outbox import events, inbound, mails
from supportportal.outbox.models import Inbound, Message
from supportportal.people.models import Account, Firm, Gate, User
from tests.access.scene import NOW, address, client_of_everything, clients_things
from tests.factories import (
    PASSWORD,
    RestrictionFactory,
)
from tests.outbox.test_mails import eml
from tests.support.pages import pages

pytestmark = pytest.mark.django_db
NOTICE = "Closed for what you wrote on Monday."
GATES = [gate.value for gate in Gate]


@dataclass(frozen=True)
class Kept:
    """A page that answers the restricted as it answers others. ``posts``: what is pressed there, if anything.

    ``reads``: there is a page to look at. ``by_link``: it needs no sign-in. ``says``: the notice stands there too,
    beside what goes on.
    """

    posts: dict[str, Any] | None = None
    reads: bool = True
    by_link: bool = False
    says: bool = False
    values: dict[str, Callable[[Any], Any]] = field(default_factory=dict)


OPEN = Kept(by_link=True)
TOLD = {"summary": "The export stops.", "name": "Anna", "email": "anna@example.org", "country": "IT"}
KEPT: dict[str, Kept] = {
    # The frame
    "home": Kept(says=True),
    "healthz": OPEN,
    "readyz": OPEN,
    "stylesheet": OPEN,
    "firm_css": OPEN,
    "firm_logo": OPEN,
    "legal": OPEN,
    "help": OPEN,
    "set_language": Kept({"language": "it"}, reads=False, by_link=True),
    "set_zone": Kept({"time_zone": "Europe/Rome"}, reads=False, by_link=True),
    # Complaints
    "complaints:complain": Kept(TOLD, by_link=True),
    "complaints:files": Kept({}, reads=False, by_link=True),
    "complaints:status": OPEN,
    "complaints:add": Kept({"text": "More of it."}, reads=False, by_link=True),
    "complaints:withdraw": Kept({"sure": "on"}, by_link=True),
    "complaints:appeal": Kept({"reasons": "It did not happen so."}, by_link=True),
    # Measures and appeals
    "conduct:appeal": Kept({"reasons": "It did not happen so."}, by_link=True),
    "conduct:decisions": Kept(),
    # One's own data, profile and plan
    "people:own_data": Kept({}),
    "people:own_data_link": Kept({}, by_link=True),
    "people:profile": Kept({"name": "Anna Neri", "language": "en", "time_zone": "Europe/Rome"}),
    "people:sign_ins": Kept({"which": "others"}),
    "people:plan": Kept(says=True),
    "people:invitation": OPEN,
    # Sessions already booked
    "bookings:sessions": Kept(),
    "bookings:booking": Kept(says=True),
    "bookings:calendar_entry": Kept(),
    "bookings:calendar": Kept({"feed": "new"}),
    "bookings:calendar_feed": OPEN,
    "bookings:file": Kept(),
    "bookings:fee": Kept({}),
    "bookings:strike": Kept({"text": "I was there."}),
    "bookings:link": Kept(by_link=True, says=True),
    "bookings:link_agree": Kept({"version": "1"}, reads=False, by_link=True),
    "bookings:link_cancel": Kept({"reason": "solved", "meaning": "free"}, by_link=True),
    "bookings:link_now": Kept({"say": "late"}, by_link=True),
    "bookings:link_calendar_entry": OPEN,
    "bookings:feedback": Kept({"rating": "4"}, by_link=True),
    "bookings:survey": Kept({"rating": "4"}, by_link=True),
    "bookings:leave_waiting": Kept({}, reads=False),
    "bookings:callback_cancel": Kept({}),
    # The support terms
    "bookings:terms": OPEN,
    "bookings:accept_terms": Kept({"version": "1.0"}, reads=False),
    # Signing in and out
    **dict.fromkeys(
        [
            *("account_login", "account_logout", "account_signup", "account_inactive", "account_request_login_code"),
            *("account_reset_password", "account_reset_password_done", "account_reset_password_from_key"),
            *("account_reset_password_from_key_done", "account_confirm_login_code", "account_confirm_email"),
            *("account_email_verification_sent", "mfa_authenticate", "mfa_login_webauthn"),
        ],
        OPEN,
    ),
    **dict.fromkeys(
        [
            *("account_reauthenticate", "account_email", "account_change_password", "account_set_password"),
            *("mfa_index", "mfa_reauthenticate", "mfa_activate_totp", "mfa_generate_recovery_codes"),
            *("mfa_list_webauthn", "mfa_add_webauthn", "mfa_reauthenticate_webauthn"),
        ],
        Kept(),
    ),
}
# What shows the notice instead; the operations behind each refuse (tests/bookings/test_restricted.py).
CLOSED: dict[str, Gate] = {
    "bookings:book": Gate.BOOKING,
    "bookings:time": Gate.BOOKING,
    "bookings:details": Gate.BOOKING,
    "bookings:attendee": Gate.BOOKING,
    "bookings:link_change": Gate.BOOKING,
    "bookings:link_undo": Gate.BOOKING,
    "bookings:wait_for_days": Gate.WAITLIST,
    "bookings:wait_for_earlier": Gate.WAITLIST,
    "bookings:offer": Gate.WAITLIST,  # declining stays open
    "bookings:callback": Gate.CALLBACK,
    "bookings:callback_details": Gate.CALLBACK,
    "bookings:callback_edit": Gate.CALLBACK,
}
ONLY_PRESSED = {"bookings:link_undo"}
# Of staff, of providers, and of the demo; and what a client has only after setting up a second factor.
NOT_FOR_CLIENTS = {
    *("health_jobs", "metrics", "file_decide"),
    *("mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_download_recovery_codes"),
    *("mfa_edit_webauthn", "mfa_remove_webauthn"),
    # Only with single sign-on set up: open to the restricted, see tests/people/test_sign_on.py.
    *("people:sign_on", "people:sign_on_callback", "people:sign_on_remove"),
}
NAMESPACES_NOT_FOR_CLIENTS = ("admin:", "anymail:", "demo:", "twilio_")


def unclassified(names) -> list[str]:
    known = {*KEPT, *CLOSED, *NOT_FOR_CLIENTS}
    return [name for name in names if name not in known and not name.startswith(NAMESPACES_NOT_FOR_CLIENTS)]


def test_each_page_is_kept_open_or_closed_or_not_for_clients():
    new = unclassified(name for name, _pattern in pages())
    assert not new, f"May a restricted client use these pages? Add each to a table of {__file__}: {', '.join(new)}"


def test_no_page_stands_in_two_tables_and_none_is_gone():
    tables = [*KEPT, *CLOSED, *NOT_FOR_CLIENTS]
    assert sorted(tables) == sorted(set(tables))
    assert set(tables) <= {name for name, _pattern in pages()}


def test_a_page_that_nobody_thought_of_is_told():
    assert unclassified(["home", "bookings:something_new", "admin:index"]) == ["bookings:something_new"]


# -- the scene ---------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def scene():
    return clients_things(client_of_everything())


def restrict_person(one) -> None:
    RestrictionFactory(user=one.client, gates=GATES, starts_at=NOW, notice=NOTICE)


def restrict_account(one) -> None:
    RestrictionFactory(account=one.client.account, gates=GATES, starts_at=NOW, notice=NOTICE)


def end_subscription(one) -> None:
    Account.objects.filter(pk=one.client.account_id).update(subscription=Account.Subscription.ENDED)


def everything(one) -> None:
    restrict_person(one)
    restrict_account(one)
    end_subscription(one)


def switch_off(one) -> None:
    everything(one)
    User.objects.filter(pk=one.client.pk).update(is_active=False)


# -- kept open ---------------------------------------------------------------------------------------------------------


def asked(browser: Client, method: str, path: str, sent: Any = None):
    """One request, of which the database keeps nothing."""
    with transaction.atomic():
        answer = getattr(browser, method)(path, sent or {})
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer


def problems(one, browser: Client, name: str, page: Kept, *, is_signed_in: bool) -> list[str]:
    """What is wrong with the answers to whoever is restricted."""
    found, path = [], address(name, one)
    methods = [*(["get"] if page.reads else []), *(["post"] if page.posts is not None else [])]
    for method in methods:
        answer = asked(browser, method, path, page.posts if method == "post" else None)
        text = "" if answer.streaming else answer.content.decode(errors="replace")
        if answer.status_code not in (200, 302):
            found.append(f"{method} {name} {path}: {answer.status_code}")
        elif answer.status_code == 302 and is_signed_in and "/login/" in answer.url:
            found.append(f"{method} {name}: asks to sign in")
        elif NOTICE in text and not page.says and "conduct:" not in name:
            found.append(f"{method} {name}: shows the notice")
    return found


def browser_of(person: User | None) -> Client:
    browser = Client()
    if person is not None:
        browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


@pytest.mark.parametrize(
    "measure", [restrict_person, restrict_account, end_subscription, everything], ids=lambda act: act.__name__
)
def test_every_way_that_must_stay_open_answers(scene, measure):
    measure(scene)
    browser = browser_of(scene.client)
    assert [one for name, page in KEPT.items() for one in problems(scene, browser, name, page, is_signed_in=True)] == []


@pytest.mark.parametrize("measure", [everything, switch_off], ids=lambda act: act.__name__)
def test_what_needs_no_signing_in_answers_without(scene, measure):
    measure(scene)
    browser = browser_of(None)
    open_to_all = [(name, page) for name, page in KEPT.items() if page.by_link]
    assert [one for name, page in open_to_all for one in problems(scene, browser, name, page, is_signed_in=False)] == []


def test_the_control_a_closed_page_would_be_found_among_them(scene):
    restrict_person(scene)
    assert problems(scene, browser_of(scene.client), "bookings:book", Kept(), is_signed_in=True)


# -- closed ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", [restrict_person, restrict_account], ids=lambda act: act.__name__)
def test_what_is_closed_says_so_with_the_notice(scene, measure):
    measure(scene)
    browser, silent = browser_of(scene.client), []
    for name in CLOSED:
        if name in ONLY_PRESSED:
            browser.post(address(name, scene), {"sure": "on"})
            answer = browser.get(messages.manage_path(scene.cancelled))
        else:
            answer = asked(browser, "get", address(name, scene))
        if answer.status_code != 200 or NOTICE not in answer.content.decode():
            silent.append(f"{name}: {answer.status_code}")
    assert silent == []


def test_each_is_closed_by_its_own_gate_and_no_other(scene):
    browser, said = browser_of(scene.client), []
    for name, gate in CLOSED.items():
        with transaction.atomic():
            others = [one.value for one in Gate if one not in (gate, Gate.BOOKING)]
            RestrictionFactory(user=scene.client, gates=others, starts_at=NOW, notice=NOTICE)
            if name not in ONLY_PRESSED and NOTICE in browser.get(address(name, scene)).content.decode():
                said.append(name)
            transaction.set_rollback(True)
    assert said == []


# -- and what is done there has its effect -----------------------------------------------------------------------------


def test_a_client_to_whom_everything_is_closed_can_still_do_what_counts(scene):
    everything(scene)
    browser = browser_of(scene.client)

    def press(name):
        answer = browser.post(address(name, scene), KEPT[name].posts)
        assert answer.status_code in (200, 302), name
        return answer

    before = Complaint.objects.count()
    press("complaints:complain")
    assert Complaint.objects.count() == before + 1
    press("complaints:add")
    assert scene.complaint.replies.count() == 1
    press("complaints:appeal")
    assert ComplaintAppeal.objects.filter(complaint=scene.answered).exists()
    press("conduct:appeal")
    assert MeasureAppeal.objects.filter(measure=scene.measure).exists()
    assert b"".join(press("people:own_data").streaming_content).startswith(b"PK")
    press("bookings:link_cancel")
    assert Booking.objects.get(pk=scene.coming.pk).state == Booking.State.CANCELLED
    press("bookings:link_now")
    assert Booking.objects.get(pk=scene.soon.pk).late_until
    press("bookings:link_agree")
    press("bookings:feedback")
    assert Feedback.objects.get(booking=scene.attended).rating == 4
    press("bookings:callback_cancel")
    assert not Callback.objects.open().exists()
    press("bookings:leave_waiting")
    assert not WaitlistEntry.objects.waiting().filter(client=scene.client).exists()
    press("bookings:strike")
    assert scene.strike.reviews.exists()


def test_stop_works_by_text_message(scene):
    everything(scene)
    fact = {"gateway": "twilio", "event_id": "twilio:1:stop", "kind": events.STOP, "address": scene.client.phone}
    events.note(**fact, at=NOW)
    events.handle_pending(at=NOW)
    scene.client.refresh_from_db()
    assert scene.client.sms_consent_at is None


def test_an_answer_to_a_letter_about_a_complaint_gets_through(scene, settings):
    settings.INBOUND_DOMAIN = "in.meridian.example"
    everything(scene)
    letter = Message.objects.about(complaint_messages.SUBJECT_TYPE, scene.complaint.pk).first()
    raw = eml("More of it.", From=scene.client.email, To=inbound.reply_address(letter, Firm.current()))
    kept = inbound.receive(raw, mails.read(raw), gateway="test", verdict="pass", at=NOW)
    assert inbound.handle(kept.pk, at=NOW).state == Inbound.State.HANDLED
    assert scene.complaint.replies.count() == 1


def test_signing_in_works_from_the_first_page(scene):
    everything(scene)
    browser = Client()
    browser.post(reverse("account_login"), {"login": scene.client.email, "password": PASSWORD})
    assert browser.get(reverse("home")).status_code == 200
