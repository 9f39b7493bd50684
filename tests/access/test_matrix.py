"""Who is answered what, on every page of the portal, by GET and by an empty POST: as ``expected.txt`` says it.

A new page fails the build until it has a row there. The addresses are those of one world with one of everything, so
that what is one's own, another's and hidden is asked for by all.
"""

import pytest
import time_machine
from django.contrib.admin import ModelAdmin
from django.db import transaction

from . import expected, world
from .asking import Asking
from .scene import NOW

pytestmark = pytest.mark.django_db

WHO = [
    *("anonymous", "client", "other client", "coordinator"),
    *("agent", "other agent", "named agent", "manager", "named manager"),
    *("senior", "named senior", "owner", "superuser", "named superuser"),
]
EXPECTED = expected.rows(expected.TABLE.read_text(), WHO)


@pytest.fixture(scope="module")
def portal(django_db_setup, django_db_blocker):
    """The world and its addresses, made once: of what is asked of it the database keeps nothing."""
    with django_db_blocker.unblock(), transaction.atomic(), time_machine.travel(NOW, tick=False):
        made = world.build()
        world.complain_about_staff(made)
        yield made, made.addresses()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def no_pdf(monkeypatch):
    """Whether letters can be drawn as PDF is a matter of the installation."""
    monkeypatch.setattr("complaints.pdf.is_available", lambda: False)


def differing(asking: Asking, who: str, addresses: dict[str, str]) -> list[str]:
    """Where the answers are not those of the table."""
    column, found = WHO.index(who), []
    for at, method in enumerate(expected.METHODS):
        for key, sign in asking.signs(method, addresses).items():
            if sign != EXPECTED[key][at][column]:
                found.append(f"{method} {key} ({addresses[key]}): {EXPECTED[key][at][column]} became {sign}")
    return found


def missing_rows(made: world.World, addresses: dict[str, str]) -> list[str]:
    """What would have to be added to the table, as it is answered today: whether that is right, a person has to say."""
    new = {key: address for key, address in addresses.items() if key not in EXPECTED}
    if not new:
        return []
    seen = [[Asking(made.cast[who]).signs(method, new) for who in WHO] for method in expected.METHODS]
    return [expected.as_row(key, *("".join(one[key] for one in of_method) for of_method in seen)) for key in new]


def test_every_page_of_the_portal_is_in_the_table(portal):
    made, addresses = portal
    rows = missing_rows(made, addresses)
    assert not rows, f"Who gets these pages? Add each to {expected.TABLE}, once it is right:\n" + "\n".join(rows)
    assert EXPECTED.keys() - addresses.keys() == set(), "pages that are gone"


@pytest.mark.parametrize("who", WHO)
def test_everybody_is_answered_as_the_table_says(portal, who):
    made, addresses = portal
    known = {key: address for key, address in addresses.items() if key in EXPECTED}
    assert differing(Asking(made.cast[who]), who, known) == []


@pytest.mark.parametrize("who", ["manager", "named manager", "named superuser"])
def test_what_is_hidden_is_answered_as_what_is_not_there(portal, who):
    """By number too (C-8): the table says what the hidden ones are answered."""
    made, _addresses = portal
    nowhere = made.nowhere()
    assert len(nowhere) > 30
    assert differing(Asking(made.cast[who]), who, nowhere) == []


# -- the controls ------------------------------------------------------------------------------------------------------


def test_a_page_opened_to_the_wrong_people_is_found(portal, monkeypatch):
    made, addresses = portal
    monkeypatch.setattr(ModelAdmin, "has_view_permission", lambda self, request, obj=None: True)
    fees = {key: address for key, address in addresses.items() if key == "admin:bookings_fee_changelist"}
    assert [one.partition(" (")[0] for one in differing(Asking(made.cast["agent"]), "agent", fees)] == [
        "get admin:bookings_fee_changelist",
        "post admin:bookings_fee_changelist",
    ]


def test_a_page_that_nobody_thought_of_is_found(portal, monkeypatch):
    made, addresses = portal
    monkeypatch.delitem(EXPECTED, "bookings:booking")
    (row,) = missing_rows(made, addresses)
    assert row == ">+.+++++++++++ >############# bookings:booking"
