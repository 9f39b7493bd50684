from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from supportportal.people import operations, phones
from supportportal.people.models import User
from supportportal.trail.models import Entry
from tests.factories import AccountFactory, ChannelFactory, ClientFactory, PlanFactory, UserFactory

pytestmark = pytest.mark.django_db
VALUES = {
    "name": "Anna Conti",
    "phone": "+39 06 1234 5678",
    "language": "nl",
    "time_zone": "Europe/Amsterdam",
    "adjustments": "Captions, please.",
}


@pytest.fixture
def save(client, anna):
    client.force_login(anna)

    def post(**values):
        response = client.post("/profile/", {**VALUES, **values})
        anna.refresh_from_db()
        return response

    return post


def test_profile_keeps_what_is_typed(save, anna):
    save()
    kept = (anna.phone, anna.language, anna.time_zone, anna.adjustments, anna.sms_consent_at)
    assert kept == ("+390612345678", "nl", "Europe/Amsterdam", "Captions, please.", None)


def test_who_someone_is_cannot_be_posted(save, anna):
    before = (anna.email, anna.account_id)
    save(
        email="boss@example.org",
        account=AccountFactory().pk,
        account_id=AccountFactory().pk,
        is_staff="on",
        is_superuser="on",
        is_coordinator="on",
        groups="1",
        sms_consent_at="2020-01-01",
        is_active="",
        password="x",
        pk=999,
    )
    assert (anna.email, anna.account_id) == before
    assert not (anna.is_staff or anna.is_superuser or anna.is_coordinator or anna.sms_consent_at)
    assert anna.is_active and not anna.groups.exists()


def test_a_name_is_one_line(save, anna):
    save(name=" Anna\xa0Maria\r\n\tConti ")
    anna.refresh_from_db()
    assert anna.name == "Anna Maria Conti"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "12"),
        ("phone", "call me"),
        ("phone", "+39 06 1234 5678 ext. 5"),
        ("language", "de"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("name", ""),
        ("name", "x" * 121),
        ("name", "An\u202ena"),
        ("name", "An\x07na"),
        ("name", "An\0na"),
        ("adjustments", "x" * 2001),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_lost(save, anna, field, value):
    response = save(**{field: value})
    assert list(response.context["form"].errors) == [field]
    assert anna.phone == ""
    assert "Captions" in response.content.decode() or field == "adjustments"


def test_a_number_without_prefix_is_read_as_one_of_the_accounts_country(save, anna):
    save(phone="06 1234 5678")
    assert anna.phone == "+390612345678"


def test_consent_needs_a_number(save, anna):
    response = save(phone="", sms_consent="on")
    assert list(response.context["form"].errors) == ["phone"]
    assert anna.sms_consent_at is None


def test_consent_is_unticked_at_first(client, anna):
    client.force_login(anna)
    assert client.get("/profile/").context["form"]["sms_consent"].value() is False


def test_consent_is_recorded_with_its_instant_and_can_be_withdrawn(save, anna, time_machine):
    time_machine.move_to("2026-11-24T10:00:00Z", tick=False)
    save(sms_consent="on")
    agreed = anna.sms_consent_at
    time_machine.shift(timedelta(hours=1))
    save(sms_consent="on")
    assert anna.sms_consent_at == agreed
    save(sms_consent="on", phone="+31 20 123 4567")
    assert anna.sms_consent_at == agreed + timedelta(hours=1)  # another number: another consent
    save()
    assert anna.sms_consent_at is None
    verbs = list(Entry.objects.filter(verb__startswith="sms").values_list("verb", flat=True))
    assert verbs == ["sms.consented", "sms.consented", "sms.withdrawn"]


def test_a_stop_withdraws_the_consent_of_everyone_with_the_number(firm, at):
    one, other = (ClientFactory(phone="+390612345678", sms_consent_at=at) for _count in range(2))
    untouched = ClientFactory(phone="+390612345679", sms_consent_at=at)
    assert operations.withdraw_sms_consent_of_number("+390612345678", at=at) == 2
    assert operations.withdraw_sms_consent_of_number("+390612345678", at=at) == 0
    assert list(User.objects.filter(sms_consent_at__isnull=False)) == [untouched]
    assert {one.pk, other.pk} == set(Entry.objects.values_list("subject_id", flat=True))


def test_profile_is_for_the_signed_in(client, firm):
    assert client.get("/profile/").headers["Location"] == "/accounts/login/?next=/profile/"


def test_pages_are_in_the_persons_language_and_zone(client, anna):
    client.force_login(anna)
    assert client.get("/profile/", headers={"accept-language": "nl"}).headers["Content-Language"] == "it"


@pytest.mark.parametrize(
    ("text", "country", "kept"),
    [
        ("+39 06 1234 5678", "", "+390612345678"),
        ("0039 06 1234 5678", "IT", "+390612345678"),
        ("(06) 1234-5678", "IT", "+390612345678"),
        ("020 123 4567", "NL", "+31201234567"),
        ("+1 650 253 0000", "IT", "+16502530000"),
    ],
)
def test_phone_numbers_have_one_form(text, country, kept):
    assert phones.normalise(text, country) == kept


@pytest.mark.parametrize(
    "text", ["", "0", "112", "+999 123456", "+39", "06 1234 5678", "javascript:1", "1" * 300, "+39\x00"]
)
def test_what_is_no_phone_number_is_refused(text):
    with pytest.raises(ValidationError):
        phones.normalise(text)


def test_plan_shows_every_channel_with_link_or_reason(client, anna):
    higher = PlanFactory(name="ADVANCED", rank=99)
    ChannelFactory(name="Chat", url="https://chat.example/", plans=[anna.account.plan])
    ChannelFactory(name="Phone callback", url="https://callback.example/", plans=[higher])
    client.force_login(anna)
    page = client.get(reverse("people:plan")).content.decode()
    assert "https://chat.example/" in page
    assert "https://callback.example/" not in page and "Phone callback" in page and "ADVANCED" in page


def test_plan_is_shown_to_who_has_none(client, firm):
    ChannelFactory(name="Chat")
    client.force_login(UserFactory())
    assert client.get(reverse("people:plan")).status_code == 200
