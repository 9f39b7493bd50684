"""Whatever is sent for a field that is filled in by searching, or for a row's number, is no error of ours."""

import pytest
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.urls import reverse

from bookings.models import Agent, Closure, TermsVersion
from supportportal.choosing import KeySelect, is_key
from supportportal.people.models import User
from tests.factories import AccountFactory, FirmFactory, StaffFactory

ODD = ["NaN", "../../etc", "a\x00b", "a@b", "[]", "²", "٣", "-1", "0.5", str(2**63), "9" * 5000]


@pytest.mark.parametrize("value", ODD, ids=[one[:20].encode("unicode_escape").decode() for one in ODD])
def test_what_no_row_is_numbered_with(value):
    assert not is_key(value)


@pytest.mark.parametrize("value", ["1", 7, str(2**63 - 1)])
def test_what_a_row_can_be_numbered_with(value):
    assert is_key(value)


@pytest.mark.django_db
@pytest.mark.parametrize("model, name", [(User, "account"), (Agent, "user")], ids=["person", "agent"])
def test_the_field_shows_what_is_there_and_passes_over_the_rest(model, name):
    chosen = {"account": AccountFactory, "user": StaffFactory}[name]()
    field = model._meta.get_field(name)
    form_field = field.formfield(widget=KeySelect(field, admin.site))
    shown = form_field.widget.optgroups(name, [*ODD, str(chosen.pk)])
    assert [one["value"] for _group, options, _index in shown for one in options if one["selected"]] == [chosen.pk]


@pytest.mark.django_db
def test_the_control_django_s_own_asks_the_database():
    field = User._meta.get_field("account")
    with pytest.raises(ValueError):
        field.formfield(widget=AutocompleteSelect(field, admin.site)).widget.optgroups("account", ["NaN"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page, field",
    [
        ("people_user_add", "account"),
        ("bookings_agent_add", "user"),
        ("bookings_booking_for_client", "client"),
        ("conduct_incident_add", "client"),
    ],
    ids=["person", "agent", "session", "incident"],
)
def test_the_pages_are_shown_again(client, page, field):
    client.force_login(StaffFactory(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    for value in ("NaN", str(2**63)):
        assert client.post(reverse(f"admin:{page}"), {field: value}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page, field",
    [
        ("people_user_add", "groups"),
        ("people_plan_add", "channels"),
        ("bookings_agent_add", "session_types"),
        ("bookings_sessiontype_add", "plans"),
    ],
    ids=["roles", "channels", "session types", "plans"],
)
@pytest.mark.parametrize("value", ["NaN", str(2**63), "a\x00b"], ids=["no number", "too large", "NUL"])
def test_several_that_are_not_there_are_refused(client, page, field, value):
    client.force_login(StaffFactory(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(reverse(f"admin:{page}"), {field: [value]})
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_an_agent_of_a_number_that_no_column_holds_is_not_there(client, page):
    client.force_login(StaffFactory(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(reverse(f"admin:bookings_agent_{page}", args=[10**30]))
    assert answer.url == reverse("admin:index")


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["week", "calendar"])
def test_nor_has_it_pages_of_its_own(client, page):
    client.force_login(StaffFactory(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse(f"admin:bookings_agent_{page}", args=[2**63])).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("model, field", [(Closure, "starts_at"), (Closure, "ends_at"), (TermsVersion, "published_at")])
def test_no_address_fills_in_an_instant(client, model, field):
    FirmFactory()
    client.force_login(StaffFactory(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    page = reverse(f"admin:bookings_{model._meta.model_name}_add")
    assert client.get(page, {field: "soon"}).status_code == 200
