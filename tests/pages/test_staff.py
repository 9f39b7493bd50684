"""The staff's first page and the set-up list."""

from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils.safestring import mark_safe

from bookings.models import TermsVersion
from supportportal.pages import checklist
from supportportal.pages.panels import Board, Panel
from supportportal.pages.templatetags.staff import with_headers
from supportportal.people.models import Account, Firm
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ClientFactory,
    FirmFactory,
    PlanFactory,
    SessionTypeFactory,
    StaffFactory,
)

LATER = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.django_db
def test_the_first_page_is_work_and_no_list_of_tables(client):
    client.force_login(StaffFactory(roles=["agent"]))
    text = client.get(reverse("admin:index")).content.decode()
    assert "<h1>Today</h1>" in text
    assert "addlink" not in text


@pytest.mark.django_db
def test_a_client_does_not_get_in(client):
    client.force_login(ClientFactory())
    assert client.get(reverse("admin:index"), follow=True).redirect_chain


@pytest.mark.django_db
@pytest.mark.parametrize("who", [{"is_superuser": True}, {"roles": ["owner"]}], ids=["superuser", "owner"])
def test_the_navigation_holds_what_staff_needs_and_nothing_of_others(client, who):
    client.force_login(StaffFactory(**who))
    shown = client.get(reverse("admin:index")).context["available_apps"]
    assert {"bookings", "people", "outbox"} <= {app["app_label"] for app in shown}
    assert {app["app_label"] for app in shown}.isdisjoint({"auth", "account", "mfa", "sites", "socialaccount"})


def test_every_page_of_the_admin_is_the_portals_own():
    modules = {type(page).__module__.partition(".")[0] for page in admin.site._registry.values()}
    assert modules <= {"supportportal", "bookings", "complaints", "conduct"}


@pytest.mark.django_db
def test_a_new_portal_says_what_is_still_to_do(client):
    client.force_login(StaffFactory(is_superuser=True))
    assert "The portal is not set up yet" in client.get(reverse("admin:index")).content.decode()
    text = client.get(reverse("admin:set_up")).content.decode()
    assert "The firm&#x27;s name" in text
    assert "to do" in text


@pytest.mark.django_db
def test_in_the_demo_nothing_is_left_to_set_up(client, settings):
    settings.DEMO = True
    client.force_login(StaffFactory(is_superuser=True))
    assert "The portal is not set up yet" not in client.get(reverse("admin:index")).content.decode()


def is_done(code: str) -> bool:
    return {state.item.code: state.done for state in checklist.states()}[code]


@pytest.mark.django_db
def test_the_name_is_done_once_it_is_the_firms_own():
    Firm.objects.create()
    assert not is_done("name")
    FirmFactory()
    assert is_done("name")


@pytest.mark.django_db
def test_the_steps_of_a_new_portal_each_come_after_what_they_need(client):
    client.force_login(StaffFactory(is_superuser=True))
    codes = [state["item"].code for state in client.get(reverse("admin:set_up")).context["states"]]
    assert codes[: len(checklist.ORDER)] == checklist.ORDER
    assert codes.index("plans") < codes.index("accounts") < codes.index("clients")
    assert codes.index("people") < codes.index("bookings.agents")


def planned_type():
    return SessionTypeFactory(plans=[PlanFactory()])


def holder(**facts):
    """Of a video session: that needs a link."""
    return AgentFactory(session_types=[SessionTypeFactory()], **facts)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "make", "not_enough"),
    [
        pytest.param("plans", PlanFactory, None, id="plans"),
        pytest.param("people", lambda: StaffFactory(roles=["agent"]), StaffFactory, id="colleagues"),
        pytest.param("bookings.types", planned_type, SessionTypeFactory, id="session types"),
        pytest.param("bookings.agents", holder, lambda: holder(video_link=""), id="agents"),
        pytest.param("terms", lambda: TermsVersion.objects.create(published_at=LATER, version="1"), None, id="terms"),
        pytest.param("accounts", AccountFactory, None, id="accounts"),
        pytest.param("clients", ClientFactory, lambda: ClientFactory(is_active=False), id="clients"),
    ],
)
def test_a_step_is_done_once_it_is_there(client, code, make, not_enough):
    client.force_login(StaffFactory(is_superuser=True))

    def leads_somewhere() -> bool:
        states = client.get(reverse("admin:set_up")).context["states"]
        return client.get(next(state["url"] for state in states if state["item"].code == code)).status_code == 200

    if not_enough:
        not_enough()
    assert not is_done(code)
    assert leads_somewhere()
    make()
    assert is_done(code)
    assert leads_somewhere()


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        pytest.param(
            '<td class="field-to">Anna</td>',
            '<td class="field-to" data-label="To &amp; fro"><div>Anna</div></td>',
            id="td",
        ),
        pytest.param(
            '<th class="a"><a href="#">1\n2</a></th>',
            '<th class="a" data-label="To &amp; fro"><div><a href="#">1\n2</a></div></th>',
            id="th",
        ),
        pytest.param("<td>-</td>", '<td data-label="To &amp; fro" data-blank><div>-</div></td>', id="nothing"),
        pytest.param(
            '<td><img src="no.svg"></td>',
            '<td data-label="To &amp; fro"><div><img src="no.svg"></div></td>',
            id="picture",
        ),
    ],
)
def test_a_cell_of_a_list_bears_the_head_of_its_column(cell, written):
    assert with_headers([mark_safe(cell)], [{"text": "to & fro"}]) == [written]


@pytest.mark.django_db
def test_the_head_of_a_column_cannot_break_out_of_its_cell(client, monkeypatch):
    monkeypatch.setattr(Account._meta.get_field("name"), "verbose_name", '"><script>x</script>')
    client.force_login(StaffFactory(is_superuser=True))
    AccountFactory(name="<b>Ferri</b>")
    page = client.get(reverse("admin:people_account_changelist")).content.decode()
    assert "<script>x" not in page
    assert 'data-label="&quot;&gt;x"' in page
    assert "&lt;b&gt;Ferri" in page and "<b>Ferri" not in page


def test_a_panel_is_shown_to_whom_it_is_for(rf, at):
    board = Board()
    board.register(
        Panel("later", "components/avatar.html", lambda request, at: {"initials": "B"}, position=20),
        Panel("sooner", "components/avatar.html", lambda request, at: {"initials": "A"}, position=10),
        Panel("hidden", "components/avatar.html", lambda request, at: None),
    )
    assert [panel.code for panel in board.shown_to(rf.get("/"), at)] == ["sooner", "later"]


def test_a_panel_is_registered_once():
    board = Board()
    board.register(Panel("one", "a.html", lambda request, at: None))
    with pytest.raises(ValueError, match="twice"):
        board.register(Panel("one", "b.html", lambda request, at: None))
