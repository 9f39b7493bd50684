"""Whatever accent an operator sets, it can be read."""

import pytest

from supportportal import colour

SAMPLES = ["#0f766e", "#000000", "#ffffff", "#ffff00", "#ff0000", "#0000ff", "#808080", "#7c3aed", "#f59e0b", "#00ff88"]


@pytest.mark.parametrize("accent", SAMPLES)
def test_an_accent_is_readable_on_light_and_dark_paper_and_carries_readable_ink(accent):
    light, dark = colour.accents(accent)
    assert colour.contrast(light.colour, colour.LIGHT_PAPER) >= 4.5
    assert colour.contrast(dark.colour, colour.DARK_PAPER) >= 4.5
    assert colour.contrast(light.ink, light.colour) >= 4.5
    assert colour.contrast(dark.ink, dark.colour) >= 4.5


def test_an_accent_that_is_readable_is_left_as_it_was_chosen():
    assert colour.on_paper("#115e59", colour.LIGHT_PAPER) == "#115e59"


def test_white_would_not_be_readable_as_it_is():
    assert colour.contrast("#ffffff", colour.LIGHT_PAPER) < 4.5


def test_contrast_of_black_and_white():
    assert colour.contrast("#000000", "#ffffff") == pytest.approx(21)
