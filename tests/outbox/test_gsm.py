import pytest

from supportportal.outbox import gsm


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        pytest.param("Perché è così: 3 €", "Perché è così: 3 €", id="Italian keeps what GSM-7 has"),
        pytest.param("coördinatie, geïnd, één, ideeën", "coördinatie, geind, één, ideeen", id="Dutch"),
        pytest.param("It’s “here” – at 10…", 'It\'s "here" - at 10...', id="typography"),
        pytest.param("12 000\u00a0€\u202f!", "12 000 € !", id="spaces that do not break"),
        pytest.param("Łukasz Nowák", "Lukasz Nowak", id="names"),
        pytest.param("Ελένη Иванов 李", "Ελένη Иванов 李", id="no likeness: left as it is"),
    ],
)
def test_simplify(text, simple):
    assert gsm.simplify(text) == simple


@pytest.mark.parametrize(
    ("text", "places"),
    [("a" * 160, 160), ("€", 2), ("[x]{y}", 10), ("", 0)],
    ids=["plain", "euro", "brackets", "nothing"],
)
def test_length(text, places):
    assert gsm.length(text) == places


def test_simplified_text_of_our_languages_is_gsm():
    assert gsm.is_gsm(gsm.simplify("ÀÈÉÌÒÙàèéìòù ËÏÖÜëïöü Áéíóú ’“”–…"))


def test_an_unsimplified_one_is_not():
    assert not gsm.is_gsm("geïnd")
