"""The tests themselves: each process has its own folder, and nothing reaches beyond this machine."""

import os
import socket
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import connection


def test_each_process_has_a_folder_of_its_own():
    assert Path(os.environ["TEST_FOLDER"]) == settings.VAR_DIR.parent
    assert settings.VAR_DIR.name == os.environ.get("PYTEST_XDIST_WORKER", "main")


def test_pages_need_no_collected_styles():
    assert staticfiles_storage.url("css/portal.css").endswith("static/css/portal.css")


@pytest.mark.django_db
def test_sqlite_is_a_file():
    name = str(connection.settings_dict["NAME"])
    assert connection.vendor == "postgresql" or name.startswith(str(settings.VAR_DIR))


def test_the_network_is_out_of_reach():
    with socket.socket() as outside, pytest.raises(PermissionError):
        outside.connect(("192.0.2.1", 80))


def test_a_name_is_out_of_reach_too():
    with socket.socket() as outside, pytest.raises(PermissionError):
        outside.connect(("example.com", 80))
