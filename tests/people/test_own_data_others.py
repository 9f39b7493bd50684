"""Other people's full names and addresses are blanked in what is told about a person."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from supportportal.people.own_data_others import Others
from tests.factories import ClientFactory, StaffFactory

KNOWN = ["Bruno Neri", "bruno@example.org", "Zoë D'Angelo", "Li", "Anna Maria Costa", "  Ugo   Blu "]


@pytest.mark.parametrize(
    ("text", "blanked"),
    [
        ("Copy: Bruno Neri attends", "Copy: […] attends"),
        ("BRUNO\n NERI said", "[…] said"),
        ("write to bruno@example.org.", "write to […]."),
        ("Zoë D'Angelo's report", "[…]'s report"),
        ("Anna Maria Costa and Anna Conti", "[…] and Anna Conti"),
        ("Ugo Blu", "[…]"),
        pytest.param("Bruno Neroni, Bruno", "Bruno Neroni, Bruno", id="not a longer name, not a first name"),
        pytest.param("xbruno@example.org", "xbruno@example.org", id="not a longer address"),
        pytest.param("Li lives in Lille", "Li lives in Lille", id="not a name of one word"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_full_names_and_addresses_are_blanked(text, blanked):
    assert Others(KNOWN).blank(text) == blanked


def test_the_own_name_stays_though_a_colleague_has_it_too():
    others = Others(["Anna Conti", "anna2@example.org"], sparing=["anna conti", "anna@example.org"])
    assert others.blank("Anna Conti, anna2@example.org") == "Anna Conti, […]"


@pytest.mark.django_db
def test_those_around_are_colleagues_and_if_asked_for_staff():
    person = ClientFactory(name="Anna Conti")
    ClientFactory(name="Bruno Neri", account=person.account)
    ClientFactory(name="Carla Blu")
    StaffFactory(name="Elisa Conti")
    text = "Anna Conti, Bruno Neri, Carla Blu, Elisa Conti"
    with CaptureQueriesContext(connection) as asked:
        assert Others.around(person).blank(text) == "Anna Conti, […], Carla Blu, Elisa Conti"
    assert len(asked) == 1
    assert Others.around(person, staff=True).blank(text) == "Anna Conti, […], Carla Blu, […]"


@pytest.mark.django_db
def test_those_without_an_account_are_nobodys_colleagues():
    person = ClientFactory(account=None)
    ClientFactory(account=None, name="Bruno Neri")
    assert Others.around(person).blank("Bruno Neri") == "Bruno Neri"
