"""One stylesheet per kind of page, out of one file per component."""

import gzip

import pytest

from supportportal.pages.stylesheets import SHEETS, sheet


@pytest.mark.parametrize("name", SHEETS)
def test_every_import_is_in_its_place(name):
    text = sheet(name).text.decode()
    assert "@import" not in text
    assert "../" not in text
    assert text.count("{") == text.count("}")


def test_what_a_stylesheet_shows_is_served(client):
    assert b'url("/static/img/chevron.svg")' in sheet("portal").text


@pytest.mark.django_db
def test_the_address_changes_with_the_styles_so_they_may_be_kept(client):
    found = sheet("portal")
    answer = client.get(f"/styles/portal.{found.digest}.css")
    assert answer.content == found.text
    assert "immutable" in answer["Cache-Control"]


@pytest.mark.django_db
def test_styles_are_compressed_for_who_takes_it(client):
    found = sheet("portal")
    answer = client.get(f"/styles/portal.{found.digest}.css", headers={"accept-encoding": "gzip"})
    assert gzip.decompress(answer.content) == found.text
    assert answer["Content-Encoding"] == "gzip"


@pytest.mark.django_db
def test_no_other_sheet_is_served(client):
    assert client.get("/styles/other.0.css").status_code == 404
