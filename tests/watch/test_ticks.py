"""Whether beat and workers are seen to be dead, by whoever asks: they cannot tell it themselves."""

from datetime import timedelta

import pytest
from django.db import Error

from supportportal.watch import beats, ticks
from supportportal.watch.beats import BEAT, Pulse
from supportportal.watch.models import Heartbeat

pytestmark = pytest.mark.django_db
EMAIL, SWEEP = "supportportal.outbox.tasks.deliver_email", "supportportal.files.tasks.sweep"


def seconds(number):
    return timedelta(seconds=number)


@pytest.fixture
def hearts(at):
    """``hearts(**changes)``: all at work for a day and seen just now, but for what is changed (None: never seen)."""

    def hearts(since=timedelta(days=1), **changes):
        seen = dict.fromkeys([BEAT, *ticks.intervals()], timedelta()) | changes
        for name, ago in seen.items():
            if ago is not None:
                Heartbeat.objects.create(name=name, at=at - ago, since=at - since)

    return hearts


def codes(at):
    return [trouble.code for trouble in ticks.stale(at)]


def all_ticks(ago):
    return dict.fromkeys(ticks.intervals(), ago)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param({}, [], id="all well"),
        pytest.param({BEAT: seconds(59)}, [], id="beat a little late"),
        pytest.param({BEAT: seconds(61)}, ["beat"], id="beat dead"),
        pytest.param({BEAT: None}, ["beat"], id="beat never there"),
        pytest.param(all_ticks(timedelta(days=2)), ["workers"], id="workers dead"),
        pytest.param(all_ticks(None), ["workers"], id="workers never there"),
        pytest.param({EMAIL: seconds(61)}, ["tick"], id="one tick always fails"),
        pytest.param({EMAIL: None}, ["tick"], id="one tick never comes to its end"),
        pytest.param({SWEEP: timedelta(hours=3)}, [], id="an hourly tick within its time"),
        pytest.param({SWEEP: timedelta(hours=3, seconds=1)}, ["tick"], id="an hourly tick that is late"),
        pytest.param({EMAIL: seconds(-59)}, [], id="clocks a little apart"),
        pytest.param({EMAIL: -timedelta(hours=1)}, ["clock"], id="clock set back an hour"),
        pytest.param({BEAT: seconds(-61)}, ["clock"], id="clock set back by a minute"),
    ],
)
def test_what_stands_still_is_found(hearts, at, changes, found):
    hearts(**changes)
    assert codes(at) == found


@pytest.mark.parametrize(
    ("since", "found"),
    [
        pytest.param(seconds(30), [], id="just switched on"),
        pytest.param(seconds(300), ["workers"], id="on for a while"),
    ],
)
def test_nobody_is_late_for_having_been_switched_off(hearts, at, since, found):
    hearts(since, **all_ticks(timedelta(hours=9)))
    assert codes(at) == found


def test_a_process_writes_its_heartbeats_together_and_seldom(at, monkeypatch, django_assert_num_queries):
    now = [1000.0]
    monkeypatch.setattr(beats.time, "monotonic", lambda: now[0])
    pulse = Pulse()
    pulse.beat("one", at)
    with django_assert_num_queries(0):
        for number in range(200):
            pulse.beat("one", at + seconds(number))
            pulse.beat("two", at + seconds(number))
    now[0] += beats.WRITTEN_EVERY
    with django_assert_num_queries(1):
        pulse.beat("two", at + seconds(300))
    assert dict(Heartbeat.objects.values_list("name", "at")) == {"one": at + seconds(199), "two": at + seconds(300)}
    assert set(Heartbeat.objects.values_list("since", flat=True)) == {at}


def test_what_was_done_stays_done_where_no_heartbeat_can_be_left(at, monkeypatch, caplog):
    def refuse(*args):
        raise Error("no such table")

    monkeypatch.setattr(beats, "_write", refuse)
    Pulse().beat("one", at)
    assert "No heartbeat could be left" in caplog.text


def test_only_a_tick_that_came_to_its_end_leaves_a_heartbeat(monkeypatch):
    from celery import shared_task

    from supportportal.watch import signals

    monkeypatch.setattr(signals, "_pulse", Pulse())

    @shared_task(name="tests.good")
    def good():
        return None

    @shared_task(name="tests.bad")
    def bad():
        raise ValueError

    bad.apply()
    assert not Heartbeat.objects.exists()
    good.apply()
    assert [beat.name for beat in Heartbeat.objects.all()] == ["tests.good"]
