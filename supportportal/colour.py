"""One accent colour, made readable on light and on dark paper. Pure."""

import math
from typing import NamedTuple

# The darkest ground of the light scheme and the lightest of the dark one: the accent's own tint (--accent-soft).
LIGHT_PAPER = "#ecf2f0"
DARK_PAPER = "#222b2d"
LIGHT_INK = "#ffffff"
DARK_INK = "#101418"
READABLE = 4.7  # a little more than the 4.5 that text needs: the tint depends on the accent
STEP = 0.01


class Accent(NamedTuple):
    """The accent as shown in one scheme, and the ink that is read on it."""

    colour: str
    ink: str


def accents(accent: str) -> tuple[Accent, Accent]:
    """Return the operator's accent for light and for dark paper: the same hue, as light or dark as reading asks for."""
    light, dark = on_paper(accent, LIGHT_PAPER), on_paper(accent, DARK_PAPER)
    return Accent(light, ink_on(light)), Accent(dark, ink_on(dark))


def on_paper(colour: str, paper: str) -> str:
    """Return the shade of ``colour`` nearest to it that can be read on ``paper``."""
    lightness, chroma, hue = _to_oklch(colour)
    step = -STEP if _luminance(paper) > 0.2 else STEP
    shade = colour
    while contrast(shade, paper) < READABLE:
        lightness += step
        shade = _to_hex(lightness, chroma, hue)
    return shade


def ink_on(colour: str) -> str:
    """Return light or dark ink, whichever is read more easily; one of the two always reaches 4.5 to 1."""
    return max(LIGHT_INK, DARK_INK, key=lambda ink: contrast(ink, colour))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(colour: str) -> tuple[float, float, float]:
    red, green, blue = (_decoded(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return red, green, blue


def _decoded(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _to_oklch(colour: str) -> tuple[float, float, float]:
    red, green, blue = _linear(colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    small = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * small
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * small
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * small
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _to_hex(lightness: float, chroma: float, hue: float) -> str:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    small = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * small,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * small,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * small,
    )
    return "#" + "".join(f"{round(_encoded(part) * 255):02x}" for part in linear)


def _encoded(part: float) -> float:
    part = min(max(part, 0.0), 1.0)
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
