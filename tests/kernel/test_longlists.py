"""Long lists: counted up to a limit, searched by words, planned without compiling; and the indexes they need."""

import pytest
from django.db import connection

from supportportal import concurrently, longlists
from supportportal.longlists import CountedUpTo, values_of
from supportportal.people import searching
from supportportal.people.models import Role, User
from supportportal.trail import operations as trail
from supportportal.trail.models import Entry
from tests.factories import ClientFactory, FirmFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def postgresql():
    return connection.vendor == "postgresql"


@pytest.mark.parametrize(("rows", "count", "is_cut"), [(2, 2, False), (3, 3, False), (4, 3, True)])
def test_rows_are_counted_up_to_a_limit(monkeypatch, rows, count, is_cut):
    monkeypatch.setattr(longlists, "MOST", 3)
    for _n in range(rows):
        ClientFactory()
    counted = CountedUpTo(User.objects.order_by("name"), 2)
    assert (counted.count, counted.is_cut) == (count, is_cut)


def test_a_cut_list_says_so(client, monkeypatch):
    monkeypatch.setattr(longlists, "MOST", 1)
    FirmFactory()
    client.force_login(StaffFactory(roles=[Role.AGENT]), backend="django.contrib.auth.backends.ModelBackend")
    assert "More than" not in client.get("/admin/people/user/").content.decode()
    ClientFactory()
    assert "More than 1" in client.get("/admin/people/user/").content.decode()


def test_the_values_of_a_column(at):
    for verb in ("b.two", "a.one", "b.two"):
        trail.record(verb, ClientFactory(), by=None, at=at)
    assert values_of(Entry, "verb") == ["a.one", "b.two"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param("ren", True, id="the beginning of a name"),
        pytest.param("o'br", True, id="an apostrophe"),
        pytest.param("RENÉE o'brien", True, id="two words"),
        pytest.param("renée smith", False, id="one of two words"),
        pytest.param("brien@client", True, id="an address"),
        pytest.param("+39055", True, id="a number"),
        pytest.param("acm", True, id="the account"),
        pytest.param("née", False, id="the end of a word"),
        pytest.param("x' | 'renée", False, id="operators are letters"),
        pytest.param("\\", False, id="nothing but a sign"),
    ],
)
def test_words_are_found_by_their_beginnings(postgresql, asked, found):
    one = ClientFactory(
        name="Renée O'Brien", email="r.o-brien@client.example", phone="+39055123456", account__name="Acme, Ltd"
    )
    if postgresql:  # SQLite looks anywhere in the text, as Django does
        assert list(User.objects.filter(searching.people(asked))) == [one] * found


def test_queries_are_not_compiled(postgresql):
    if postgresql:
        with connection.cursor() as cursor:
            cursor.execute("SHOW jit")
            assert cursor.fetchone() == ("off",)


def test_the_indexes_stand(postgresql):
    if postgresql:
        with connection.cursor() as cursor:
            cursor.execute("SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indisvalid")
            valid = {row[0] for row in cursor.fetchall()}
        assert valid >= {
            "trail_entry_by_verb",
            "people_user_words",
            "people_account_words",
            "bookings_booking_words",
            "outbox_message_worst_first",
        }


@pytest.mark.django_db(transaction=True)
def test_an_index_that_was_broken_off_is_made_anew(postgresql):
    made = concurrently.index("tried_twice", "people_user (created_at)")
    with connection.schema_editor(atomic=False) as editor:
        for _try in range(2):
            made.code(None, editor)
        if postgresql:
            with connection.cursor() as cursor:
                cursor.execute("SHOW lock_timeout")
                assert cursor.fetchone() == ("0",)
        made.reverse_code(None, editor)
