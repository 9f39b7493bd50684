import pytest
from django.core.files.base import ContentFile

from supportportal.files.download import download_response, image_response
from supportportal.files.models import StoredFile
from supportportal.people.models import User

from . import samples

pytestmark = pytest.mark.django_db


@pytest.fixture
def keep(at):
    def make(name="report.pdf", content_type="application/pdf", content=samples.PDF):
        stored = StoredFile(name=name, content_type=content_type, size=len(content), sha256="0" * 64, uploaded_at=at)
        stored.content.save("drawn", ContentFile(content))
        return stored

    return make


@pytest.fixture
def download(keep):
    """The response to asking for a file; closed when the test is over, as a server does."""
    responses = []

    def ask(way=None, **kept):
        stored = keep(**kept)
        responses.append(way(stored) if way else download_response(stored, of=User()))
        return responses[-1]

    yield ask
    for response in responses:
        response.close()


@pytest.mark.parametrize(
    ("content_type", "sent"),
    [
        ("application/pdf", "application/pdf"),
        ("image/png", "image/png"),
        ("text/plain", "application/octet-stream"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_files_are_downloaded_never_shown(download, content_type, sent):
    response = download(content_type=content_type)
    assert response.headers["Content-Type"] == sent
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("sandbox")
    assert response.headers["Cache-Control"] == "private, no-store"
    assert b"".join(response.streaming_content) == samples.PDF


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("report.pdf", 'attachment; filename="report.pdf"'),
        ("Zoë’s plan.pdf", "attachment; filename*=utf-8''Zo%C3%AB%E2%80%99s%20plan.pdf"),
        ('a"; filename="b.exe', 'attachment; filename="a\\"; filename=\\"b.exe"'),
        ("a.html", 'attachment; filename="a.html"'),
    ],
)
def test_names_are_sent_as_they_are(download, name, disposition):
    assert download(name=name).headers["Content-Disposition"] == disposition


def test_a_name_with_line_ends_makes_no_header(download):
    response = download(name="a\r\nSet-Cookie: x=1.pdf")
    assert "\r" not in response.headers["Content-Disposition"] and "\n" not in response.headers["Content-Disposition"]


def test_pictures_are_shown_in_a_sandbox(download):
    response = download(image_response, name="logo.png", content_type="image/png", content=samples.PNG)
    assert response.headers["Content-Disposition"] == "inline"
    assert response.headers["Content-Security-Policy"].startswith("sandbox")


@pytest.mark.parametrize("content_type", ["image/svg+xml", "text/html", "application/pdf", "image/heic"])
def test_nothing_else_is_shown(keep, content_type):
    with pytest.raises(ValueError, match="no picture"):
        image_response(keep(content_type=content_type))
