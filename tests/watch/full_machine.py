"""Asks a portal whose database finds no room for the files beside it; run by ``test_no_room``, in a process of its own.

``python -m tests.watch.full_machine full`` says one line for each page and command; with ``roomy`` there is room.
"""

import resource
import sys

import django
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

PAGES = ["/", "/complaint/", "/healthz", "/readyz", "/health/jobs", "/metrics"]


def main(how: str) -> None:
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    django.setup()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS something (a)")
    connection.close()  # as between two requests: whoever comes next opens it anew
    if how == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    for page in PAGES:
        browser = Client(raise_request_exception=False, HTTP_HOST="localhost")
        if page == "/complaint/":  # whoever has been here before is looked up before any view
            browser.cookies[settings.SESSION_COOKIE_NAME] = "k" * 32
        answer = browser.get(page)
        print(page, answer.status_code, answer["Content-Type"], " ".join(answer.content.decode().split()))
    for command in ("doctor", "backup") if how == "full" else ("doctor",):
        try:
            call_command(command)
        except (CommandError, SystemExit) as error:
            print(command, error)


if __name__ == "__main__":
    main(sys.argv[1])
