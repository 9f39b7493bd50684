"""The parts that pages are made of."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation


def rendered(text: str, **context) -> str:
    return Template("{% load portal %}" + text).render(Context(context))


class Form(forms.Form):
    topic = forms.CharField(label="Topic", help_text="One line.")
    details = forms.CharField(label="Details", required=False)
    reason = forms.ChoiceField(label="Reason", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    terms = forms.BooleanField(label="Terms")

    def clean(self):
        raise forms.ValidationError("All of it is wrong.")


def test_an_instant_is_shown_where_and_how_the_reader_lives(at):
    with timezone.override(ZoneInfo("Europe/Amsterdam")), translation.override("nl"):
        text = rendered("{{ at|local }}|{{ at|local_short }}|{{ at|local_clock }}|{{ at|local_day }}", at=at)
    stamp = '<time datetime="2026-11-24T11:00:00+00:00">'
    assert text.split("|") == [
        f"{stamp}dinsdag 24 november, 12:00, tijd in Amsterdam</time>",
        f"{stamp}di 24 nov, 12:00</time>",
        f"{stamp}12:00</time>",
        "dinsdag 24 november",
    ]


def test_no_instant_is_nothing():
    assert rendered("{{ at|local }}{{ at|local_short }}{{ at|local_clock }}{{ at|local_day }}", at=None) == ""


@pytest.mark.parametrize(
    ("left", "text", "state"),
    [
        pytest.param(timedelta(days=3, hours=2), "3 days left", "info", id="days"),
        pytest.param(timedelta(days=2), "2 days left", "info", id="two days exactly"),
        pytest.param(timedelta(hours=47), "47 h left", "info", id="less than two days in hours"),
        pytest.param(timedelta(hours=3, minutes=5), "3 h left", "warning", id="hours"),
        pytest.param(timedelta(minutes=59), "59 min left", "warning", id="minutes"),
        pytest.param(timedelta(hours=-5), "5 h late", "danger", id="late"),
    ],
)
def test_time_left_in_words(at, left, text, state):
    shown = rendered("{% time_left until at %}", until=at + left, at=at)
    assert text in shown
    assert f"pill--{state}" in shown


def test_a_field_with_an_error_is_tied_to_it_and_keeps_what_was_typed():
    form = Form({"topic": "", "details": "<typed>"})
    shown = rendered("{% field form.topic %}{% field form.details %}", form=form)
    assert 'aria-describedby="id_topic_helptext id_topic_error"' in shown
    assert 'id="id_topic_error"' in shown
    assert 'aria-invalid="true"' in shown
    assert "&lt;typed&gt;" in shown
    assert "(optional)" in shown


def test_help_that_the_page_gives_is_tied_to_the_field():
    shown = rendered('{% field form.details help="As much as you like." %}', form=Form())
    assert 'aria-describedby="id_details_helptext"' in shown
    assert 'id="id_details_helptext">As much as you like.' in shown


def test_radios_are_a_group_with_a_name():
    shown = rendered("{% field form.reason %}", form=Form())
    assert "<fieldset" in shown
    assert "<legend" in shown


def test_a_tick_box_has_its_label_beside_it():
    shown = rendered("{% field form.terms %}", form=Form())
    assert shown.index('type="checkbox"') < shown.index("<label")


def test_the_error_summary_links_to_each_field_and_says_what_is_wrong_with_the_whole():
    shown = rendered("{% error_summary form %}", form=Form({}))
    assert "All of it is wrong." in shown
    assert 'href="#id_topic"' in shown
    assert 'href="#id_reason_0"' in shown


def test_nothing_wrong_shows_no_summary():
    assert rendered("{% error_summary form %}", form=Form()).strip() == ""


def test_what_people_wrote_is_escaped_in_components():
    shown = rendered(
        '{% button name href="#" %}{% pill "info" name %}{% notice "info" name %}<p>{{ name }}</p>{% endnotice %}'
        "{% card name %}{{ name }}{% endcard %}{% avatar name %}{% summary_list rows %}{% page_header name %}",
        name="<b>x</b>",
        rows=[("<b>", "<b>")],
    )
    assert "<b>" not in shown


def test_a_button_with_an_address_is_a_link():
    assert rendered('{% button "Go" href="/x/" %}').strip().startswith("<a ")


def test_a_button_writes_its_attributes():
    shown = rendered('{% button "Go" name="act" value="1" hx_get="/x/" %}')
    assert '<button class="button button--primary" name="act" value="1" hx-get="/x/" type="submit">' in shown


def test_pages_keep_the_rest_of_the_address():
    request = RequestFactory().get("/list/?q=ada&page=2")
    shown = rendered("{% pagination page %}", page=Paginator(range(50), 20).page(2), request=request)
    assert "?q=ada&amp;page=1" in shown
    assert "?q=ada&amp;page=3" in shown


@pytest.mark.parametrize(
    ("name", "initials"), [("Ada Byron King", "AK"), ("Ada", "A"), ("", "")], ids=["three words", "one word", "none"]
)
def test_initials(name, initials):
    assert f">{initials}<" in rendered("{% avatar person %}", person=name)


def test_the_current_step_is_marked():
    shown = rendered('{% steps "One|Two|Three" 2 %}')
    assert shown.count('aria-current="step"') == 1
    assert shown.index('aria-current="step"') < shown.index("Two")


def test_a_timeline_shows_who_what_and_when():
    entry = SimpleNamespace(what="Booked", who="Ada", at=datetime(2026, 11, 24, 9, tzinfo=UTC), state="", detail="")
    with timezone.override(ZoneInfo("Europe/Rome")):
        shown = rendered("{% timeline entries %}", entries=[entry])
    assert "Booked" in shown
    assert "Ada" in shown
    assert "Tue 24 Nov, 10:00" in shown
