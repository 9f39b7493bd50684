"""Links in messages name one thing, and nothing can be changed about them."""

import pytest

from supportportal import links


def test_a_link_is_read_back():
    assert links.read("booking", links.token("booking", 12345, 7)) == (12345, 7)


def test_a_link_is_short_enough_for_a_text_message():
    assert len(links.token("booking", 10**9, 99)) <= 40


def bad():
    good = links.token("booking", 12345, 7)
    body, mac = good.rsplit(".", 1)
    yield pytest.param("", id="blank")
    yield pytest.param(".", id="a dot")
    yield pytest.param("..", id="two dots")
    yield pytest.param(good[:-1], id="truncated")
    yield pytest.param(good + "A", id="longer")
    yield pytest.param(body + ".", id="no mac")
    yield pytest.param(links.token("booking", 12346, 7).rsplit(".", 1)[0] + "." + mac, id="another id")
    yield pytest.param(links.token("booking", 12345, 8).rsplit(".", 1)[0] + "." + mac, id="another epoch")
    yield pytest.param(links.token("invite", 12345, 7), id="another kind")
    yield pytest.param(good.upper(), id="upper case")
    yield pytest.param("0" + good, id="a leading zero")
    yield pytest.param(good.replace(".", "․"), id="a dot that only looks like one")
    yield pytest.param("a" * 5000, id="very long")
    # 22 characters hold 132 bits: four of them must not be free to choose.
    yield from (pytest.param(good[:-1] + last, id=f"last character {last}") for last in "AQgw" if last != good[-1])


@pytest.mark.parametrize("text", list(bad()))
def test_what_was_not_signed_is_refused(text):
    with pytest.raises(links.BadLink):
        links.read("booking", text)


def test_another_key_is_refused(settings):
    token = links.token("booking", 1)
    settings.LINK_KEYS = ["another"]
    with pytest.raises(links.BadLink):
        links.read("booking", token)


def test_an_older_key_goes_on_working(settings):
    token = links.token("booking", 1)
    settings.LINK_KEYS = ["new", *settings.LINK_KEYS]
    assert links.read("booking", token).pk == 1
