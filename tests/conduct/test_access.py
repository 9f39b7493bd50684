"""Who reaches which page about incidents: drawn from the portal's own map, so that a new page has to say it (R-10)."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from conduct import messages
from conduct.models import FollowUp, Measure
from conduct.operations import appeals, care, reporting
from supportportal import links
from supportportal.files.intake import keep
from tests.factories import ClientFactory, StaffFactory
from tests.factories_conduct import limited, make_incident, make_measure
from tests.support.pages import address, pages

pytestmark = pytest.mark.django_db

WHO = ["nobody", "client", "stranger", "reporter", "concerned", "manager", "superuser"]
ALL_STAFF = {"stranger", "reporter", "concerned", "manager", "superuser"}
CASE, DECIDE, LIST = {"reporter", "manager", "superuser"}, {"manager", "superuser"}, ALL_STAFF
# Who gets the page; whoever is staff and is not named here is told that there is none, others are sent to sign in.
# "press": only ever posted. Care is between the person and the manager, whoever else may do everything.
REACHED = {
    "incident_changelist": LIST,
    "incident_add": ALL_STAFF,
    "incident_change": CASE,
    "incident_file": CASE,
    "incident_act": "press",
    "incident_decide": DECIDE,
    "incident_consistency": DECIDE,
    "incident_consistency_csv": DECIDE,
    "incident_register": DECIDE,
    "incident_register_csv": DECIDE,
    "approvals": DECIDE,
    "measure_approve": DECIDE,
    "measure_sessions": DECIDE,
    "measure_lift": DECIDE,
    "measure_post": DECIDE,
    "measure_print": DECIDE,
    "measure_extend": DECIDE,
    "measure_appoint": set(),  # for the owner and the deputy alone
    "appeal_changelist": DECIDE,
    "appeal_change": DECIDE,
    "appeal_file": DECIDE,
    "appeal_act": "press",
    "appeal_enter": DECIDE,
    "followup_changelist": ALL_STAFF,
    "followup_care": {"concerned", "manager"},
    "followup_take": "press",
    "followup_note": "press",
    "followup_agree": "press",
    "followup_withdraw": "press",
    "followup_hand_on": "press",
}
ASKED = {"incident_consistency_csv": "?table=in_force"}
PREFIX = "admin:conduct_"
FOUND = {name.removeprefix(PREFIX): pattern for name, pattern in pages() if name.startswith(PREFIX)}


@pytest.fixture
def scene():
    """One incident with a file, decided, appealed, another that waits for approval, and a follow-up that is taken."""
    at = timezone.now()
    concerned, reporter = StaffFactory(roles=["agent"]), StaffFactory(roles=["agent"])
    first, manager = StaffFactory(roles=["manager"]), StaffFactory(roles=["manager"])
    client = ClientFactory()
    file = keep("words.txt", "text/plain", b"Idiots.", at)
    given = {"client": client, "reporter": reporter, "concerned": concerned, "at": at}
    incident = make_incident(**given, files=[file])
    measure = make_measure(limited(at, days=9), incident=incident, by=first, at=at)
    appeal = appeals.lodge(measure, reasons="It was not me.", files=[keep("a.txt", "text/plain", b"a", at)], at=at)
    proposed = make_measure(limited(at, days=60), incident=make_incident(**given), by=first, at=at)
    care.take_on(FollowUp.objects.get(incident=incident), by=manager, at=at)
    assert (measure.state, proposed.state) == (Measure.State.TAKEN, Measure.State.PROPOSED)
    people = {
        "client": client,
        "stranger": StaffFactory(roles=["agent"]),
        "reporter": reporter,
        "concerned": concerned,
        "manager": manager,
        "superuser": StaffFactory(is_superuser=True),
    }
    other = make_measure(limited(at, days=9), incident=make_incident(**given), by=first, at=at)
    values = {
        "measure_approve": {"pk": proposed.pk},
        "appeal": {"pk": appeal.pk, "file": appeal.files.get().pk},
        "appeal_enter": {"pk": other.pk},
        "followup": {"pk": incident.follow_ups.get().pk},
        "measure": {"pk": measure.pk},
        "incident": {"pk": incident.pk, "file": file.pk},
    }
    return people, values, measure


def address_of(page: str, values) -> str:
    given = next((values[key] for key in (page, page.partition("_")[0]) if key in values), {})
    given = {(PREFIX + page, name): value for name, value in given.items()}
    return address(PREFIX + page, FOUND[page], {**given, (PREFIX + page, "action"): "ask"})


def test_every_page_says_who_reaches_it():
    assert set(FOUND) == set(REACHED)


@pytest.mark.parametrize("name", [page for page in REACHED if REACHED[page] != "press"])
def test_who_reaches_it(scene, client, name):
    people, values, _measure = scene
    there = address_of(name, values) + ASKED.get(name, "")
    for who in WHO:
        client.logout()
        if who != "nobody":
            client.force_login(people[who], backend="django.contrib.auth.backends.ModelBackend")
        answer = client.get(there)
        expected = 200 if who in REACHED[name] else 404 if who in ALL_STAFF else 302
        b"".join(answer)  # a download is open until it is read
        assert answer.status_code == expected, (name, who, answer.status_code)


@pytest.mark.parametrize("name", [page for page in REACHED if REACHED[page] == "press"])
def test_a_press_changes_nothing_for_a_stranger(scene, client, name):
    people, values, _measure = scene
    there = address_of(name, values)
    client.force_login(people["stranger"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(there).status_code == 405
    assert client.post(there, {"text": "x", "reasons": "x"}).status_code == 404


def test_the_owner_appoints(scene, client):
    people, values, _measure = scene
    people["manager"].groups.add(Group.objects.get(name="owner"))
    client.force_login(people["manager"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(address_of("measure_appoint", values)).status_code == 200


def test_only_the_link_that_was_sent_leads_to_the_clients_page(scene, client):
    _people, _values, measure = scene
    good = links.token(messages.LINK_KIND, measure.pk, measure.link_epoch)
    revoked = links.token(messages.LINK_KIND, measure.pk, measure.link_epoch + 1)
    foreign = links.token("complaint", measure.pk, measure.link_epoch)
    assert client.get(f"/m/{good}/").status_code == 200
    for token in (revoked, foreign, good[:-1], f"{measure.pk}"):
        assert client.get(f"/m/{token}/").status_code == 404


def test_reporting_is_for_staff(scene):
    people, _values, _measure = scene
    with pytest.raises(Exception, match="cannot work on this case"):
        reporting.report(
            reporting.Report(people["client"], timezone.now(), "email", ["language"], "Words.", "no"),
            by=people["client"],
            at=timezone.now(),
        )
