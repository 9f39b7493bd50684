"""Staff send people the way to their data and see nothing of it; it works for a week and can be revoked (C-8)."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from supportportal import links
from supportportal.outbox import kinds, rendering
from supportportal.outbox.models import Message
from supportportal.people import notices, operations, own_data_links
from supportportal.people.models import DataAccess, Firm
from supportportal.trail import operations as trail
from supportportal.trail.models import Entry
from tests.factories import MONDAY_TEN, ClientFactory, RestrictionFactory, StaffFactory
from tests.support.own_data import said, unpacked

pytestmark = pytest.mark.django_db
AT = MONDAY_TEN
WEEK = timedelta(days=7)


@pytest.fixture
def manager(firm):
    call_command("migrate", verbosity=0)  # gives the roles what each app grants
    return StaffFactory(roles=["manager"])


@pytest.fixture
def path(anna, manager):
    access = own_data_links.send(anna, by=manager, at=AT)
    return notices.own_data_path(anna, access.link_epoch)


def page_of(person):
    return reverse("admin:people_user_own_data", args=[person.pk])


def at(instant):
    return time_machine.travel(instant, tick=False)


# -- by staff ----------------------------------------------------------------------------------------------------------


def test_a_manager_sends_the_link_and_sees_nothing(client, manager, anna):
    client.force_login(manager)
    change = client.get(reverse("admin:people_user_change", args=[anna.pk])).content.decode()
    assert page_of(anna) in change
    client.post(page_of(anna), {"press": "send"})
    message = Message.objects.get()
    assert (message.kind, message.recipient) == ("own_data", anna)
    assert [(one.verb, one.subject_id, one.by) for one in Entry.objects.all()] == [("data.sent", anna.pk, manager)]
    page = client.get(page_of(anna)).content.decode()
    assert "/data/" not in page.replace(page_of(anna), "").replace("/profile/data/", "")


@pytest.mark.parametrize(
    ("role", "status"),
    [("agent", 403), ("manager", 200), ("duty manager", 200), ("senior manager", 200), ("owner", 200)],
)
def test_managers_and_above(client, manager, anna, role, status):
    client.force_login(StaffFactory(roles=[role]))
    assert client.get(page_of(anna)).status_code == status
    assert client.post(page_of(anna), {"press": "send"}).status_code == (302 if status == 200 else 403)
    assert Message.objects.exists() == (status == 200)
    shown = page_of(anna) in client.get(reverse("admin:people_user_change", args=[anna.pk])).content.decode()
    assert shown == (status == 200)


def test_clients_and_strangers_have_no_such_page(client, anna):
    assert client.get(page_of(anna)).status_code == 302
    client.force_login(anna, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(page_of(anna)).status_code == 302


def test_it_is_for_clients(client, manager):
    other = StaffFactory()
    client.force_login(manager)
    assert client.get(page_of(other)).status_code == 404
    assert page_of(other) not in client.get(reverse("admin:people_user_change", args=[other.pk])).content.decode()
    with pytest.raises(operations.PeopleRefused):
        own_data_links.send(other, by=manager, at=AT)


def test_whoever_changed_the_address_does_not_send(client, manager, anna):
    trail.record("person.changed", anna, by=manager, at=AT, fields=["email", "name"])
    client.force_login(manager)
    answer = client.post(page_of(anna), {"press": "send"}, follow=True)
    assert "somebody else has to send" in answer.content.decode()
    assert not Message.objects.exists() and not DataAccess.objects.exists()
    own_data_links.send(anna, by=StaffFactory(roles=["manager"]), at=AT)
    assert Message.objects.exists()


def test_another_change_is_in_nobodys_way(manager, anna):
    trail.record("person.changed", anna, by=manager, at=AT, fields=["phone"])
    trail.record("person.changed", ClientFactory(), by=manager, at=AT, fields=["email"])
    assert own_data_links.send(anna, by=manager, at=AT).link_epoch == 1


# -- the mail ----------------------------------------------------------------------------------------------------------


def test_the_mail_holds_the_link_and_what_is_kept_of_it_does_not(anna, path):
    message = Message.objects.get()
    parcel = rendering.write(message, anna, firm=Firm.current())
    assert path in parcel.text and path in parcel.html
    assert "lunedì 30 novembre" in parcel.text
    assert [path in kept for kept in parcel.kept()] == [False] * 3
    assert message.useful_until == AT + WEEK


def test_a_link_that_was_revoked_before_the_mail_left_is_not_sent(anna, manager, path):
    message, kind = Message.objects.get(), kinds.get("own_data")
    assert kind.is_due(message, anna) == ""
    own_data_links.revoke(anna, by=manager, at=AT)
    assert kind.is_due(message, anna) != ""


# -- the link ----------------------------------------------------------------------------------------------------------


def test_opening_it_gives_nothing_away_and_a_press_gives_the_data(client, anna, path):
    with at(AT + timedelta(hours=1)):
        page = client.get(path)
        assert (page.status_code, page["X-Robots-Tag"]) == (200, "noindex, nofollow")
        assert "no-store" in page["Cache-Control"]
        assert anna.name not in page.content.decode() and anna.email not in page.content.decode()
        assert not Entry.objects.filter(verb="data.collected").exists()
        answer = client.post(path)
    files = unpacked(b"".join(answer.streaming_content))
    assert said(files, "person", "person")[0]["email"] == anna.email
    assert "no-store" in answer["Cache-Control"]
    entry = Entry.objects.get(verb="data.collected")
    assert (entry.subject_id, entry.by, entry.facts) == (anna.pk, None, {"way": "link"})


def test_it_works_for_somebody_switched_off_and_restricted(client, anna, path):
    anna.is_active = False
    anna.save()
    RestrictionFactory(user=anna, starts_at=AT)
    with at(AT + timedelta(hours=1)):
        assert unpacked(b"".join(client.post(path).streaming_content))


@pytest.mark.parametrize(
    ("later", "status"),
    [(WEEK - timedelta(seconds=1), 200), (WEEK, 404), (timedelta(days=40), 404)],
    ids=["the last second", "a week", "later"],
)
def test_it_works_for_a_week(client, path, later, status):
    with at(AT + later):
        answer = client.post(path)
        b"".join(answer)  # read to its end, as browsers do: the temporary file is gone then
        assert client.get(path).status_code == answer.status_code == status


def test_a_new_one_replaces_it(client, anna, manager, path):
    access = own_data_links.send(anna, by=manager, at=AT)
    with at(AT):
        assert client.post(path).status_code == 404
        assert client.get(notices.own_data_path(anna, access.link_epoch)).status_code == 200


def test_it_is_revoked_by_a_press(client, anna, manager, path):
    client.force_login(manager)
    with at(AT):
        assert "revoke" in client.get(page_of(anna)).content.decode()
        client.post(page_of(anna), {"press": "revoke"})
        client.logout()
        assert client.get(path).status_code == client.post(path).status_code == 404
    assert [one.verb for one in Entry.objects.order_by("pk")] == ["data.sent", "data.revoked"]
    own_data_links.revoke(anna, by=manager, at=AT)
    assert Entry.objects.count() == 2


def test_it_is_dead_once_the_address_is_another(client, anna, path):
    anna.email = "new@example.org"
    anna.save()
    with at(AT):
        assert client.post(path).status_code == 404


def test_it_is_dead_for_whoever_has_become_staff(client, anna, path):
    anna.is_staff = True
    anna.save()
    with at(AT):
        assert client.post(path).status_code == 404


@pytest.mark.parametrize(
    "forge",
    [
        lambda token, pk: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token, pk: token.upper(),
        lambda token, pk: links.token("invite", pk, 1),
        lambda token, pk: links.token("own_data", pk, 2),
        lambda token, pk: links.token("own_data", pk + 1, 1),
        lambda token, pk: links.token("own_data", pk, 0),
        lambda token, pk: "1",
        lambda token, pk: "²",
    ],
    ids=["altered", "capitals", "another kind", "not sent yet", "somebody else", "before the first", "short", "odd"],
)
def test_a_forged_link_opens_nothing(client, anna, path, forge):
    token = path.split("/")[-2]
    with at(AT):
        assert client.get(path.replace(token, forge(token, anna.pk))).status_code == 404
        assert client.get(path).status_code == 200


def test_a_link_never_sent_opens_nothing(client, anna, firm):
    for epoch in (0, 1):
        assert client.post(notices.own_data_path(anna, epoch)).status_code == 404


def test_the_page_speaks_the_persons_language_to_a_stranger(client, anna, path):
    with at(AT):
        assert '<html lang="it"' in client.get(path).content.decode()
