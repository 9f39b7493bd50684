import pytest

from supportportal import links
from supportportal.outbox import secrecy


def test_a_signed_link_is_cut_at_its_token():
    token = links.token("booking", 7)
    text = f"Change: https://portal.example/s/{token}/change/ or write."
    assert secrecy.blank_links(text) == "Change: https://portal.example/s/…/change/ or write."


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/password/reset/key/1a-cq9abc-0123456789abcdef0123456789abcdef/",
        "/accounts/confirm-email/MQ:1abcde:0123456789abcdef0123456789/",
        "/c/1a.1.0123456789abcdef0123456789/add/",
    ],
    ids=["new password", "check of an address", "page of a complaint"],
)
def test_one_time_addresses_are_cut_too(path):
    assert "0123456789" not in secrecy.blank_links(f"https://portal.example{path}")


@pytest.mark.parametrize("text", ["https://portal.example/sessions/7F3K-XX2A/", "/s/", "and/s/or"])
def test_other_text_stays(text):
    assert secrecy.blank_links(text) == text


def test_codes_are_blanked_wherever_they_stand():
    assert secrecy.blank("Code 123456: use 123456", ["123456"]) == "Code …: use …"
