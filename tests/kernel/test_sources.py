"""Where a request comes from: what is connected to us, or what our own proxies saw; never what a client claims."""

import pytest
from django.test import RequestFactory

from supportportal.sources import source_of


def source(peer="203.0.113.7", forwarded=""):
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    return source_of(RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer))


def test_what_a_client_claims_counts_for_nothing():
    assert source(forwarded="198.51.100.1") == source(forwarded="198.51.100.2") == source()


@pytest.mark.parametrize(
    ("proxies", "forwarded"),
    [(1, "6.6.6.6, 198.51.100.1"), (2, "6.6.6.6, 198.51.100.1, 10.0.0.2")],
    ids=["one proxy", "two proxies"],
)
def test_behind_proxies_it_is_what_the_first_of_them_saw(settings, proxies, forwarded):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    assert source(peer="10.0.0.1", forwarded=forwarded) == source(peer="198.51.100.1")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
    ],
    ids=["two addresses", "one home", "two homes", "written in two ways"],
)
def test_one_home_is_one_source(one, other, same):
    assert (source(one) == source(other)) is same


def test_nothing_of_the_address_is_kept():
    found = source()
    assert len(found) == 32
    assert "203" not in found[:3] or found != "203.0.113.7"


@pytest.mark.parametrize("peer", ["", "unix:"], ids=["none", "a socket"])
def test_without_an_address_there_is_no_source(peer):
    assert source(peer) == ""


def test_a_wrong_number_of_proxies_breaks_no_page(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    assert source(forwarded="198.51.100.1") == ""
