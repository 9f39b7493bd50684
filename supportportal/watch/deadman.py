"""Telling somebody outside, each minute, that all goes well: silence is the alarm, whatever has died."""

import logging

import requests
from django.conf import settings

logger = logging.getLogger(__name__)
ANSWER_WITHIN = 5.0  # seconds, to connect and for each piece of the answer


def say_alive() -> bool:
    """Ask the address once; whether it took it. The log never shows it: whoever knows it could ask in our place."""
    try:
        answer = requests.get(settings.DEADMAN_URL, timeout=ANSWER_WITHIN, allow_redirects=False, stream=True)
        answer.close()
    except requests.RequestException as error:
        logger.warning("DEADMAN_URL cannot be reached (%s); it will raise its alarm.", type(error).__name__)
        return False
    if answer.status_code >= 300:
        logger.warning("DEADMAN_URL answered %s; it will raise its alarm.", answer.status_code)
        return False
    return True
