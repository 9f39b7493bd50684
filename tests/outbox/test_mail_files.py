"""The files of a mail, whatever it is made of."""

from email.message import EmailMessage

import pytest

from supportportal.outbox import mail_files
from tests.files import samples


def mail(*files: tuple[str, bytes, str], text: str = "See the files.") -> EmailMessage:
    made = EmailMessage()
    made["From"] = "anna@example.org"
    made.set_content(text)
    for name, content, kind in files:
        main, _slash, sub = kind.partition("/")
        made.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return made


def test_files_are_taken_out_with_their_names():
    raw = mail(("scan.pdf", samples.PDF, "application/pdf"), ("città.png", samples.PNG, "image/png")).as_bytes()
    found = mail_files.read(raw)
    assert [(one.name, one.content) for one in found] == [("scan.pdf", samples.PDF), ("città.png", samples.PNG)]


def test_a_picture_without_a_name_counts_and_the_words_do_not():
    made = mail()
    made.add_alternative("<p>See the files.</p>", subtype="html")
    made.add_attachment(samples.PNG, maintype="image", subtype="png", disposition="inline")
    assert [(one.name, one.content) for one in mail_files.read(made.as_bytes())] == [("", samples.PNG)]


def test_a_text_that_is_attached_is_a_file():
    made = mail()
    made.add_attachment("a line", filename="log.txt")
    assert [one.name for one in mail_files.read(made.as_bytes())] == ["log.txt"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\0",
        b"Content-Type: image/png\n\n",
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png; name*=broken''%%%\n\n\xff\n--b",
        b"Content-Type: multipart/mixed; boundary=" + b"boundary=" * 60 + b"\n\n",
        b"Content-Type: image/png\nContent-Transfer-Encoding: no-such-thing\nContent-Disposition: attachment\n\n",
    ],
    ids=["empty", "no text", "an empty file", "a broken name", "many boundaries", "an unknown encoding"],
)
def test_no_mail_makes_trouble(raw):
    assert all(one.content for one in mail_files.read(raw))


def test_no_more_files_than_the_limit():
    made = mail(*((f"{number}.png", samples.PNG, "image/png") for number in range(mail_files.MOST_FILES + 5)))
    assert len(mail_files.read(made.as_bytes())) == mail_files.MOST_FILES
