"""The Content-Security-Policy: strict everywhere, and nothing on a page that would need it to be laxer."""

import re

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from supportportal.pages.csp import ContentSecurityPolicyMiddleware, csp_override
from tests.factories import ClientFactory, StaffFactory

INLINE = re.compile(r"<style|\sstyle=|\son\w+=\"|<script(?![^>]*\ssrc=)(?![^>]*application/json)", re.IGNORECASE)


@pytest.mark.django_db
def test_every_answer_carries_the_policy(client):
    policy = client.get("/accounts/login/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_view_can_have_another_policy():
    framed = csp_override({"default-src": ["'none'"]})(lambda request: HttpResponse())
    answer = ContentSecurityPolicyMiddleware(framed)(RequestFactory().get("/"))
    assert answer["Content-Security-Policy"] == "default-src 'none'"


def test_a_view_can_have_no_policy():
    open_view = csp_override({})(lambda request: HttpResponse())
    assert "Content-Security-Policy" not in ContentSecurityPolicyMiddleware(open_view)(RequestFactory().get("/"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    ["/", "/accounts/login/", "/accounts/login/code/", "/accounts/password/reset/", "/demo/", "/demo/components/"],
)
def test_no_page_has_inline_styles_or_scripts(client, settings, path):
    settings.DEMO = True
    assert not INLINE.search(client.get(path, follow=True).content.decode())


@pytest.mark.django_db
def test_no_page_of_a_client_has_inline_styles_or_scripts(client):
    client.force_login(ClientFactory())
    assert not INLINE.search(client.get("/").content.decode())


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["index", "set_up", "people_user_changelist", "people_user_add"])
def test_no_page_of_the_staff_has_inline_styles_or_scripts(client, name):
    client.force_login(StaffFactory(is_superuser=True))
    assert not INLINE.search(client.get(reverse(f"admin:{name}")).content.decode())


@pytest.mark.parametrize("text", ['<p style="x">', "<style>", '<a onclick="x">', "<script>x</script>"])
def test_the_check_sees_what_it_looks_for(text):
    assert INLINE.search(text)
