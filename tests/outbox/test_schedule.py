from datetime import timedelta

import pytest

from supportportal.outbox.schedule import PAUSES, SHORTEST, channel_pause, next_try

from .helpers import NOON

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("attempts", "pause"),
    [
        pytest.param(1, 10 * SECOND, id="after the first"),
        pytest.param(2, 30 * SECOND, id="after the second"),
        pytest.param(3, MINUTE, id="after the third"),
        pytest.param(4, 5 * MINUTE, id="after the fourth"),
        pytest.param(5, 15 * MINUTE, id="after the fifth"),
        pytest.param(len(PAUSES), 480 * MINUTE, id="after the last but one"),
    ],
)
def test_pauses_grow(attempts, pause):
    assert next_try(attempts, NOON) == NOON + pause


def test_after_the_last_attempt_a_message_is_parked():
    assert next_try(len(PAUSES) + 1, NOON) is None


@pytest.mark.parametrize(("luck", "share"), [(0, 0.8), (0.5, 1), (1, 1.2)], ids=["least", "middle", "most"])
def test_what_failed_together_does_not_come_back_together(luck, share):
    assert next_try(3, NOON, luck=luck) == NOON + share * MINUTE


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        pytest.param(16 * MINUTE, 15 * MINUTE, id="the pause fits"),
        pytest.param(15 * MINUTE, 7.5 * MINUTE, id="it does not: half of what is left"),
        pytest.param(2 * SHORTEST, SHORTEST, id="just worth a try"),
        pytest.param(2 * SHORTEST - SECOND, None, id="no longer worth one"),
        pytest.param(-MINUTE, None, id="too late"),
    ],
)
def test_pauses_shrink_towards_the_end_of_use(left, expected):
    assert next_try(5, NOON, NOON + left) == (expected and NOON + expected)


def test_the_end_of_a_lease_is_pause_enough():
    assert next_try(6, NOON, has_waited=True) == NOON + SHORTEST
    assert next_try(len(PAUSES) + 1, NOON, has_waited=True) is None


def test_a_provider_is_left_alone_for_a_quarter_of_an_hour_at_most():
    assert [channel_pause(failures) for failures in (1, 2, 5, 500)] == [
        10 * SECOND, 30 * SECOND, 15 * MINUTE, 15 * MINUTE
    ]  # fmt: skip
