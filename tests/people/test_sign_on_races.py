"""Two first sign-ins at the same instant: one identity for each person, one person for each identity."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone

from supportportal.people import operations, sign_on
from supportportal.people.models import User
from supportportal.people.operations import PeopleRefused
from supportportal.people.sign_on import Identity
from tests.factories import FirmFactory, StaffFactory
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ISSUER = "https://login.example"


@pytest.fixture(autouse=True)
def provider(settings):
    FirmFactory()
    settings.OIDC = {"ISSUER": ISSUER, "NAME": "Rossi account", "TRUST_MFA": False}


def joining(subject: str, address: str = "rita@example.com"):
    def join():
        try:
            found = sign_on.join(Identity(subject, address, "Rita"), language="en", at=timezone.now())
        except PeopleRefused:
            return None
        return found.uid

    return join


@pytest.mark.parametrize("subjects", [("a", "b"), ("a", "a")], ids=["two identities", "one in two tabs"])
def test_one_identity_for_a_person(subjects):
    operations.keep_address(StaffFactory(email="rita@example.com"))
    found = at_once(*map(joining, subjects))
    joined = list(SocialAccount.objects.values_list("uid", flat=True))
    assert len(joined) == 1 and set(found) - {None} == set(joined)
    assert found.count(None) == len(set(subjects)) - 1


def test_one_person_for_an_address_that_signs_up(settings):
    settings.PEOPLE_SIGNUP_OPEN = True
    found = at_once(joining("a"), joining("b"))
    assert User.objects.filter(email="rita@example.com").count() == 1
    assert sorted(map(str, found)) in (["None", "a"], ["None", "b"])
