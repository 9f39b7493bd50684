"""The manuals in the portal: who reads them, that they are safe and whole, and where each page's help is."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from bookings import policy_words
from bookings.rules import Policy
from supportportal.pages import manuals
from tests.factories import ClientFactory, RestrictionFactory, StaffFactory

pytestmark = pytest.mark.django_db
BOARD = "complaints_complaint_changelist"


@pytest.fixture
def agent(client):
    person = StaffFactory(roles=["agent"])
    client.force_login(person)
    return person


def read(client, name):
    return client.get(reverse("admin:help_manual", args=[name]))


@pytest.mark.parametrize("name", manuals.SHOWN)
def test_staff_read_each_manual_without_leaving_the_portal(client, agent, name):
    answer = read(client, name)
    text = answer.content.decode()
    assert answer.status_code == 200
    for anchor, title in answer.context["manual"].sections:
        assert f'<h2 id="{anchor}">' in text, title
    assert "style=" not in text.partition('<article class="prose')[2].partition("</article>")[0]
    assert "&lt;!--" not in text


def test_the_list_names_them_all(client, agent):
    text = client.get(reverse("admin:help")).content.decode()
    for name in manuals.SHOWN:
        assert reverse("admin:help_manual", args=[name]) in text


@pytest.mark.parametrize("name", ["developers", "threats", "README", "nothing"])
def test_what_is_no_manual_is_not_there(client, agent, name):
    assert read(client, name).status_code == 404


@pytest.mark.parametrize("page", ["admin:help", "agents"])
def test_they_are_for_staff(client, page):
    client.force_login(ClientFactory())
    address = reverse(page) if ":" in page else reverse("admin:help_manual", args=[page])
    assert client.get(address).status_code in (302, 404)


def test_pictures_are_static_files_and_links_lead_to_the_portals_own_pages(client, agent):
    text = read(client, "agents").content.decode()
    assert 'src="/static/help/first-page.png"' in text
    assert f'href="{reverse("admin:help_manual", args=["managers"])}#incidents"' in text
    assert ".env.example</code>" in read(client, "settings").content.decode()  # a file of the source is words here
    assert "env.example)" not in read(client, "settings").content.decode()


def test_a_page_links_to_its_own_section_and_others_to_the_list(client):
    client.force_login(StaffFactory(roles=["manager"]))
    board = client.get(reverse(f"admin:{BOARD}")).content.decode()
    assert f'href="{reverse("admin:help_manual", args=["managers"])}#the-board-of-complaints"' in board
    gateways = client.get(reverse("admin:outbox_gateway_changelist")).content.decode()
    assert f'href="{reverse("admin:help")}">Help</a>' in gateways


@pytest.mark.parametrize(("language", "says"), [("en", False), ("it", True), ("nl", True)])
def test_who_reads_another_language_is_told_that_they_are_in_english(client, language, says):
    client.force_login(StaffFactory(roles=["agent"], language=language))
    answer = client.get(reverse("admin:help_manual", args=["agents"]))
    assert ('class="notice notice--info"' in answer.content.decode()) is says
    assert 'lang="en"' in answer.content.decode()


def test_raw_html_and_scripts_are_words():
    made = manuals._made("# T\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) <b>y</b>\n")
    assert "<script>" not in made.html and "<b>" not in made.html
    assert 'href="javascript' not in made.html


def test_without_the_folder_the_staffs_pages_go_on(client, agent, monkeypatch, tmp_path):
    monkeypatch.setattr(manuals, "FOLDER", tmp_path)
    manuals.manual.cache_clear()
    try:
        assert client.get(reverse("admin:index")).status_code == 200
        assert read(client, "agents").status_code == 404
    finally:
        manuals.manual.cache_clear()


@pytest.mark.parametrize("who", ["nobody", "client", "restricted"])
def test_everybody_reads_what_clients_can_do(client, who):
    if who != "nobody":
        person = ClientFactory()
        if who == "restricted":
            RestrictionFactory(user=person, starts_at=timezone.now() - timedelta(days=1))
        client.force_login(person)
    text = client.get(reverse("help")).content.decode()
    for words in ("24 hours", "15 minutes", reverse("complaints:complain"), reverse("people:own_data")):
        assert words in text
    assert f'href="{reverse("help")}"' in client.get("/legal/privacy/").content.decode()


def test_the_numbers_there_are_those_that_hold(client, monkeypatch):
    monkeypatch.setattr(policy_words, "POLICY", replace(Policy(), change_notice=timedelta(hours=36)))
    assert "36 hours before the start" in client.get(reverse("help")).content.decode()
