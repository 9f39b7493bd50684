"""The portal's settings with two pages more, to measure the slot page against."""

from supportportal.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.slot_page_urls"
