"""What is too large is refused on its way in; the rest of the form arrives, and the field says why."""

import io
from types import SimpleNamespace

import pytest
from django.conf import settings as project
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import RequestFactory
from django.urls import reverse

from supportportal.files import uploads
from supportportal.people.models import Firm
from tests.factories import StaffFactory

from . import samples

KIB = 1024


@pytest.fixture(autouse=True)
def limits(settings):
    settings.FILES_MAX_BYTES = 100 * KIB
    settings.FILES_MAX_COUNT = 2
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * KIB


@pytest.fixture
def kept(monkeypatch) -> list[int]:
    """What reaches the disk."""
    written: list[int] = []
    receive = TemporaryFileUploadHandler.receive_data_chunk

    def noting(self, raw_data, start):
        written.append(len(raw_data))
        return receive(self, raw_data, start)

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", noting)
    return written


def posted(*sizes: int):
    files = [SimpleUploadedFile(f"{size}.pdf", samples.PDF.ljust(size)) for size in sizes]
    request = RequestFactory().post("/", {"before": "kept", "files": files, "zafter": "kept too"})
    request.upload_handlers = [  # the order of the settings; all of them to disk
        uploads.LimitedUploadHandler(request),
        TemporaryFileUploadHandler(request),
    ]
    return request


def test_it_is_the_first_of_the_handlers():
    assert project.FILE_UPLOAD_HANDLERS[0] == "supportportal.files.uploads.LimitedUploadHandler"


@pytest.mark.parametrize(
    ("sizes", "taken"),
    [
        pytest.param([100 * KIB], [100 * KIB], id="just fits"),
        pytest.param([100 * KIB + 1], [], id="a byte too large"),
        pytest.param([200 * KIB, 50 * KIB], [50 * KIB], id="one of two"),
        pytest.param([50 * KIB, 200 * KIB], [50 * KIB], id="the other of two"),
    ],
)
def test_a_file_over_its_limit_is_named_and_not_kept(sizes, taken):
    request = posted(*sizes)
    assert (request.POST["before"], request.POST["zafter"]) == ("kept", "kept too")
    arrived = request.FILES.getlist("files")
    assert [(file.name, file.size) for file in arrived] == [(f"{size}.pdf", size) for size in sizes]
    assert [len(file.read()) for file in arrived if not isinstance(file, uploads.TooLarge)] == taken
    assert all(file.read() == b"" for file in arrived if isinstance(file, uploads.TooLarge))
    request.close()


def test_no_more_than_the_limit_is_written(kept):
    posted(1000 * KIB).FILES  # noqa: B018  (reading it parses the form)
    assert sum(kept) <= project.FILES_MAX_BYTES


def test_without_the_handler_all_of_it_is_written(kept):
    """The negative control."""
    request = posted(1000 * KIB)
    request.upload_handlers = [TemporaryFileUploadHandler(request)]
    request.FILES  # noqa: B018
    assert sum(kept) == 1000 * KIB
    request.close()


def test_webhooks_have_limits_of_their_own():
    request = posted(200 * KIB)
    request.resolver_match = SimpleNamespace(func=SimpleNamespace(csrf_exempt=True))
    assert len(request.FILES["files"].read()) == 200 * KIB
    request.close()


def firm_values(size: int):
    return {
        "name": "Typed anew",
        "accent": "#0f766e",
        "contact_email": "help@meridian.example",
        "country": "NL",
        "time_zone": "Europe/Amsterdam",
        "language": "nl",
        "new_logo": SimpleUploadedFile("l.png", samples.PNG.ljust(size)),
    }


@pytest.mark.django_db
def test_the_form_says_so_beside_the_field_and_keeps_what_was_typed(client):
    firm = Firm.objects.create(name="Meridian")
    client.force_login(StaffFactory(is_superuser=True))
    page = client.post(reverse("admin:people_firm_change", args=[firm.pk]), firm_values(150 * KIB))
    form = page.context["adminform"].form
    assert "too large" in form.errors["new_logo"][0]
    assert list(form.errors) == ["new_logo"]
    assert "Typed anew" in page.content.decode()


class Unread(io.BytesIO):
    """A body of which nothing may be read."""

    def read(self, *args):
        raise AssertionError("The body was read.")

    readline = readlines = read


def sent(client, address: str, length: int, **extra):
    kinds = {"CONTENT_TYPE": "multipart/form-data; boundary=b", "CONTENT_LENGTH": str(length)}
    return client.generic("POST", address, **{**kinds, "wsgi.input": Unread(), **extra})


@pytest.mark.django_db
def test_what_no_form_can_need_is_refused_unread(client):
    client.force_login(StaffFactory(is_superuser=True))
    answer = sent(client, reverse("admin:people_firm_add"), 210 * KIB + 1)
    assert answer.status_code == 413
    assert "up to 100.0\xa0KB each, 200.0\xa0KB together" in answer.content.decode()
    assert "Content-Security-Policy" in answer


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "length"),
    [("/admin/people/firm/add/", 210 * KIB), ("/webhooks/twilio/inbound/", 999 * KIB)],
    ids=["at the ceiling", "a webhook"],
)
def test_the_rest_is_read(client, settings, address, length):
    """The negative control of the test before."""
    settings.TWILIO = {**settings.TWILIO, "AUTH_TOKEN": "token"}
    client.force_login(StaffFactory(is_superuser=True))
    with pytest.raises(AssertionError, match="The body was read"):
        sent(client, address, length, HTTP_X_TWILIO_SIGNATURE="x")
