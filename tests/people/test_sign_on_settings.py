"""What an operator sets for single sign-on: whole or not at all; the doctor asks the provider."""

import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils import timezone

from supportportal import providers
from supportportal.people.doctor_checks import single_sign_on
from supportportal.watch.doctor import Visit
from tests.fakes.oidc import CLIENT_SECRET, fake_oidc
from tests.fakes.serving import Mode
from tests.outbox.test_configuration import environment

WHOLE = {"OIDC_ISSUER": "https://login.example/realms/a/", "OIDC_CLIENT_ID": "portal", "OIDC_CLIENT_SECRET": "hunter2"}


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, {"NAME": "login.example", "TRUST_MFA": False, "ISSUER": "https://login.example/realms/a"}),
        ({"OIDC_NAME": "Rossi account", "OIDC_TRUST_MFA": "true"}, {"NAME": "Rossi account", "TRUST_MFA": True}),
        ({"OIDC_ISSUER": "http://127.0.0.1:9000"}, {"ISSUER": "http://127.0.0.1:9000"}),
    ],
    ids=["whole", "with a name", "on this machine"],
)
def test_all_of_it(more, found):
    settings = providers.sign_on(environment(**{**WHOLE, **more}))
    assert {name: settings[name] for name in found} == found


def test_none_of_it():
    assert providers.sign_on(environment()) == {}
    assert providers.sign_on(environment(OIDC_ISSUER="", OIDC_TRUST_MFA="false")) == {}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        *(({**WHOLE, name: ""}, f"{name} is missing") for name in WHOLE),
        ({"OIDC_NAME": "Rossi account"}, "OIDC_ISSUER is missing"),
        ({"OIDC_TRUST_MFA": "true"}, "OIDC_ISSUER is missing"),
        ({**WHOLE, "OIDC_ISSUER": "login.example"}, "OIDC_ISSUER"),
        ({**WHOLE, "OIDC_ISSUER": "http://login.example"}, "https"),
        ({**WHOLE, "OIDC_ISSUER": "https://login.example/?realm=a"}, "plain address"),
        ({**WHOLE, "OIDC_ISSUER": "https://user:pass@login.example"}, "plain address"),
        ({**WHOLE, "OIDC_ISSUER": f"https://login.example/{'a' * 200}"}, "200 characters"),
        ({**WHOLE, "OIDC_TRUST_MFA": "perhaps"}, "OIDC_TRUST_MFA"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_half_of_it_names_what_is_wrong_and_never_the_secret(values, words):
    with pytest.raises(ImproperlyConfigured, match=words) as error:
        providers.sign_on(environment(**values))
    assert "hunter2" not in str(error.value)


def told(connect: bool = True) -> list[str]:
    return [one.text for one in single_sign_on(Visit(timezone.now(), connect=connect))]


def test_the_doctor_asks_the_provider_when_it_may(settings):
    assert told() == []
    with fake_oidc() as fake:
        settings.OIDC = fake.settings
        assert told() == []
        assert fake.paths == ["/.well-known/openid-configuration"]
        assert told(connect=False) == [] and len(fake.paths) == 1
        fake.mode = Mode.DOWN
        (found,) = told()
        assert fake.url in found and "HTTPError" in found and CLIENT_SECRET not in found
        fake.mode, settings.OIDC = Mode.ACCEPT, {**fake.settings, "ISSUER": f"{fake.url}/realms/a"}
        assert len(told()) == 1


def test_the_callback_that_the_example_names_is_the_portals(settings):
    example = (Path(settings.BASE_DIR) / ".env.example").read_text()
    assert re.search(r"SITE_URL(/\S+)\. All", example)[1] == reverse("people:sign_on_callback")
