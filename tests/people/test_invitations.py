from datetime import timedelta

import pytest
from django.utils import timezone

from supportportal import links
from supportportal.outbox.models import Message
from supportportal.people import notices, operations
from supportportal.people.models import User
from tests.factories import PASSWORD, ClientFactory, StaffFactory

pytestmark = pytest.mark.django_db
NEW = "a password nobody would guess"


@pytest.fixture
def invited(firm):
    person = ClientFactory(email="bruno@example.org", name="Bruno Neri")
    operations.invite(person, by=None, at=timezone.now())
    person.refresh_from_db()
    return person


def is_signed_in(client) -> bool:
    return "_auth_user_id" in client.session


def test_an_invitation_is_owed_at_once_and_useful_for_two_weeks(invited):
    message = Message.objects.get()
    assert (message.kind, message.recipient, message.due_at) == ("invitation", invited, invited.invited_at)
    assert message.useful_until == invited.invited_at + timedelta(days=14)


def test_opening_the_link_signs_nobody_in(client, invited):
    before = User.objects.values().get()
    response = client.get(notices.invitation_path(invited))
    assert response.status_code == 200
    assert not is_signed_in(client)
    assert User.objects.values().get() == before


def test_a_scanner_that_presses_the_button_gets_nowhere(client, invited):
    response = client.post(notices.invitation_path(invited), {})
    assert response.status_code == 200
    assert not is_signed_in(client)


def test_a_first_password_signs_in_and_uses_the_invitation_up(client, invited):
    path = notices.invitation_path(invited)
    client.post(path, {"password": NEW})
    assert client.session["_auth_user_id"] == str(invited.pk)
    client.logout()
    assert client.get(path).headers["Location"] == "/accounts/login/"
    client.post(path, {"password": "yet another long password"})
    invited.refresh_from_db()
    assert invited.check_password(NEW)
    assert not is_signed_in(client)


def test_a_weak_password_is_refused_beside_its_field(client, invited):
    response = client.post(notices.invitation_path(invited), {"password": "short"})
    assert "password" in response.context["form"].errors
    assert not is_signed_in(client)


def test_a_code_is_one_press_away(client, invited):
    page = client.get(notices.invitation_path(invited)).content.decode()
    assert 'action="/accounts/login/code/"' in page and invited.email in page


@pytest.mark.parametrize(
    ("passed", "status"),
    [
        pytest.param(timedelta(days=14, seconds=-1), 200, id="a second before two weeks"),
        pytest.param(timedelta(days=14), 404, id="two weeks to the second"),
    ],
)
def test_an_invitation_works_for_two_weeks(client, invited, time_machine, passed, status):
    time_machine.move_to(invited.invited_at + passed, tick=False)
    assert client.get(notices.invitation_path(invited)).status_code == status


def test_a_bad_link_says_the_same_whatever_is_wrong(client, invited, time_machine):
    good = links.token("invite", invited.pk, invited.invitation_epoch)
    stranger = ClientFactory()
    bad = {
        "forged": good[:-1] + ("A" if good[-1] != "A" else "B"),
        "truncated": good[:-4],
        "of another purpose": links.token("booking", invited.pk, invited.invitation_epoch),
        "of somebody never invited": links.token("invite", stranger.pk, 0),
        "of somebody unknown": links.token("invite", 10**9, invited.invitation_epoch),
        "of an earlier invitation": links.token("invite", invited.pk, invited.invitation_epoch - 1),
        "of a huge number": links.token("invite", 2**63, 1),
        "not a link": "x",
        "no text": "%20",
    }
    answers = {name: client.get(f"/invitation/{token}/") for name, token in bad.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(bad, 404)
    assert len({answer.templates[0].name for answer in answers.values()}) == 1
    assert client.get(f"/invitation/{good}/").status_code == 200


def test_a_switched_off_person_cannot_accept(client, invited):
    User.objects.update(is_active=False)
    assert client.post(notices.invitation_path(invited), {"password": NEW}).status_code == 404
    assert not is_signed_in(client)


def test_sending_again_revokes_the_earlier_link(client, invited):
    first = notices.invitation_path(invited)
    operations.invite(invited, by=None, at=invited.invited_at)
    invited.refresh_from_db()
    assert client.get(first).status_code == 404
    assert client.get(notices.invitation_path(invited)).status_code == 200
    old, new = Message.objects.order_by("pk")
    assert notices._invitation_overtaken(invited, old.data) and not notices._invitation_overtaken(invited, new.data)


@pytest.mark.parametrize(
    "person",
    [
        pytest.param({"password": PASSWORD}, id="has a password"),
        pytest.param({"last_login": timezone.now()}, id="has signed in"),
        pytest.param({"is_active": False}, id="switched off"),
    ],
)
def test_who_is_in_already_is_not_invited(firm, person, at):
    with pytest.raises(operations.PeopleRefused):
        operations.invite(ClientFactory(**person), by=None, at=at)
    assert not Message.objects.exists()


def test_staff_are_invited_too(client, firm):
    agent = StaffFactory(roles=["agent"])
    operations.invite(agent, by=None, at=timezone.now())
    agent.refresh_from_db()
    client.post(notices.invitation_path(agent), {"password": NEW})
    assert is_signed_in(client)
