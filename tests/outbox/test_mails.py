"""Whatever comes in by mail is read within limits and never fails; what it claims is proven by the provider alone."""

import random
import time
from email.message import EmailMessage
from types import SimpleNamespace

import pytest

from supportportal.outbox import mails, verdicts


def eml(text="Hello", **headers) -> bytes:
    mail = EmailMessage()
    named = {"From": "Anna Neri <anna@client.example>", "To": "help@meridian.example", "Subject": "A question"}
    for name, value in {**named, **{key.replace("_", "-"): value for key, value in headers.items()}}.items():
        if value is not None:
            mail[name] = value
    mail.set_content(text)
    return mail.as_bytes()


def test_an_ordinary_mail():
    letter = mails.read(
        eml("Good morning\n", Message_ID="<1@client.example>", In_Reply_To="<a@b>", References="<x@y> <a@b>")
    )
    assert letter.sender == "anna@client.example"
    assert letter.senders[0][0] == "Anna Neri"
    assert (letter.subject, letter.text, letter.message_id) == ("A question", "Good morning", "<1@client.example>")
    assert letter.references == ("<a@b>", "<x@y>")
    assert letter.recipients == ("help@meridian.example",)
    assert not letter.is_automatic


def test_encoded_words_and_other_charsets():
    raw = (
        b"From: =?iso-8859-1?q?Andr=E9?= <a@client.example>\nSubject: =?utf-8?b?UGVyY2jDqQ==?=\n"
        b"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nperch=E9 no\n"
    )
    letter = mails.read(raw)
    assert (letter.senders[0][0], letter.subject, letter.text) == ("André", "Perché", "perché no")


def test_html_alone_is_read_as_words():
    page = b"<style>p{}</style><p>Tel: +39&nbsp;06</p><p>Ciao<br>Anna</p><script>x()</script>"
    raw = b"From: a@b.example\nContent-Type: text/html; charset=utf-8\n\n" + page
    assert mails.read(raw).text == "Tel: +39 06\n\nCiao\nAnna"


def test_files_are_not_read_as_words():
    mail = EmailMessage()
    mail["From"] = "a@b.example"
    mail.set_content("The words")
    mail.add_attachment("not the words", filename="notes.txt")
    assert mails.read(mail.as_bytes()).text == "The words"


def test_nothing_that_a_database_refuses_gets_through():
    letter = mails.read(b"From: a@b.example\nSubject: a\0b\n\nc\0d\xff\x1b[31m\n")
    assert "\0" not in letter.subject + letter.text
    assert letter.text.startswith("cd")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Auto_Submitted": "auto-replied"}, id="auto-replied"),
        pytest.param({"Auto_Submitted": "auto-generated (rejected)"}, id="auto-generated"),
        pytest.param({"Precedence": "bulk"}, id="bulk"),
        pytest.param({"Precedence": "auto_reply"}, id="auto_reply"),
        pytest.param({"X_Auto_Response_Suppress": "All"}, id="exchange"),
        pytest.param({"X_Autoreply": "yes"}, id="x-autoreply"),
        pytest.param({"List_Id": "<news.example>"}, id="list"),
        pytest.param({"Return_Path": "<>"}, id="bounce"),
        pytest.param({"From": "MAILER-DAEMON@client.example"}, id="mailer-daemon"),
        pytest.param({"From": "no-reply@client.example"}, id="no-reply"),
    ],
)
def test_machines_are_told_from_people(headers):
    assert mails.read(eml(**headers)).is_automatic


def test_a_null_envelope_sender_is_a_machine_and_an_unknown_one_is_not():
    assert mails.read(eml(), envelope_sender="").is_automatic
    assert not mails.read(eml(), envelope_sender=None).is_automatic
    assert not mails.read(eml(Auto_Submitted="no")).is_automatic


def deep(levels: int) -> bytes:
    head = b"From: a@b.example\nMIME-Version: 1.0\n"
    for number in range(levels):
        head += b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (number, number)
    return head + b"Content-Type: text/plain\n\nfound\n"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(deep(20_000), id="parts in parts"),
        pytest.param(
            b"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\nhi\n" * 200_000,
            id="many parts",
        ),
        pytest.param(b"From: a@b.example\n\n" + b"a" * 30_000_000, id="one huge line"),
        pytest.param(b"From: a@b.example\n" + b"X-A: b\n" * 100_000 + b"\nhi", id="many headers"),
        pytest.param(b"From: " + b"a@b.example, " * 50_000 + b"\n\nhi", id="many senders"),
        pytest.param(b"Subject: " + b"=?utf-8?q?a?= " * 100_000 + b"\n\nhi", id="a long encoded subject"),
        pytest.param(b"From: a@b.example\nContent-Type: text/html\n\n" + b"<div>" * 200_000, id="deep html"),
        pytest.param(b"From: a@b.example\nContent-Type: text/html\n\n" + b"<" * 500_000, id="broken html"),
        pytest.param(b"From: " + b"(" * 100_000 + b"\n\nhi", id="nested comments"),
        pytest.param(b"From: " + b'"' * 100_000 + b"@b\n\nhi", id="quotes"),
        pytest.param(b"Content-Type: text/plain; charset=no-such\n\nhi", id="unknown charset"),
        pytest.param(b"Content-Transfer-Encoding: base64\n\n%%%%not base64", id="broken base64"),
        pytest.param(b"Content-Type: message/rfc822\n\n" * 5_000, id="mails in mails"),
        pytest.param(b"References: " + b"<a@b> " * 100_000 + b"\n\nhi", id="many references"),
        pytest.param(b"\xff\xfe\0\0" * 1000, id="no mail at all"),
        pytest.param(b"PK\x03\x04" + bytes(100_000), id="an archive"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_bombs_cost_little(raw):
    begun = time.process_time()
    letter = mails.read(raw)
    assert time.process_time() - begun < 5
    assert len(letter.text) <= mails.MOST_TEXT
    assert len(letter.subject) <= 300
    assert len(letter.recipients) <= mails.MOST_RECIPIENTS


def test_noise_never_fails():
    draw, base = random.Random(7), eml("Ciao\nTel: 3", Message_ID="<a@b>", Content_Language="it")
    for _try in range(1_500):
        noisy = bytearray(base)
        for _flip in range(draw.randrange(1, 12)):
            noisy[draw.randrange(len(noisy))] = draw.choice(b"\0\n\r:;<>@\"'(),=?\xff\xc3 a")
        mails.read(bytes(noisy))


# -- verdicts ----------------------------------------------------------------------------------------------------------

RECEIVED = "Received: from mx.client.example by mx.meridian.example; Tue, 24 Nov 2026 12:00:00 +0100\n"


def server_verdict(*lines: str, sender="anna@client.example", authserv=""):
    raw = "\n".join(line.rstrip("\n") for line in [*lines, f"From: {sender}", "", "hi"])
    return verdicts.of_server(mails.read(raw.encode()), authserv)


def results(text: str, server="mx.meridian.example") -> str:
    return f"Authentication-Results: {server}; {text}"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        pytest.param("spf=pass smtp.mailfrom=anna@client.example", "pass", id="spf of the same domain"),
        pytest.param("spf=pass smtp.mailfrom=bounce@mail.client.example", "pass", id="spf of a domain below"),
        pytest.param("spf=pass smtp.mailfrom=evil@other.example", "none", id="spf of another domain"),
        pytest.param("spf=pass smtp.mailfrom=anna@notclient.example", "none", id="a domain that only ends alike"),
        pytest.param("dkim=pass (2048-bit key) header.d=client.example", "pass", id="signed by the domain"),
        pytest.param("dkim=pass header.i=@other.example", "none", id="signed by another"),
        pytest.param("dkim=fail header.d=client.example", "none", id="a broken signature"),
        pytest.param("spf=softfail smtp.mailfrom=client.example; dmarc=fail", "fail", id="dmarc fails"),
        pytest.param(
            "dkim=pass header.d=client.example; dmarc=fail header.from=client.example", "fail", id="dmarc outweighs"
        ),
        pytest.param("dmarc=pass header.from=client.example", "pass", id="dmarc passes"),
        pytest.param("none", "none", id="nothing was checked"),
    ],
)
def test_what_our_own_mail_server_found(text, verdict):
    assert server_verdict(results(text), RECEIVED) == verdict
    assert server_verdict(results(text), RECEIVED, authserv="mx.meridian.example") == verdict


def test_a_verdict_that_the_sender_wrote_counts_nothing():
    forged = results("dmarc=pass")
    assert server_verdict(RECEIVED, forged) == "none"
    assert server_verdict(results("dmarc=pass", "mx.evil.example"), RECEIVED, authserv="mx.meridian.example") == "none"


def test_several_senders_are_nobody():
    assert server_verdict(results("dmarc=pass"), RECEIVED, sender="anna@client.example, evil@other.example") == "none"


def provider(name, headers="", event=None, envelope="anna@client.example"):
    letter = mails.read(f"{headers}From: anna@client.example\n\nhi".encode())
    return verdicts.of_provider(name, letter, event, envelope)


def test_what_providers_report():
    assert provider("Amazon SES", event={"receipt": {"dmarcVerdict": {"status": "PASS"}}}) == "pass"
    assert provider("Amazon SES", event={"receipt": {"dmarcVerdict": {"status": "FAIL"}}}) == "fail"
    assert provider("Mailgun", "X-Mailgun-Spf: Pass\n") == "pass"
    assert provider("Mailgun", "X-Mailgun-Spf: Pass\n", envelope="evil@other.example") == "none"
    assert provider("Mailgun", "X-Mailgun-Spf: Pass\nX-Mailgun-Spf: Fail\n") == "none"
    signed = "DKIM-Signature: v=1; a=rsa; d=client.example; s=x\nX-Mailgun-Dkim-Check-Result: Pass\n"
    assert provider("Mailgun", signed, envelope="x@list.example") == "pass"
    assert provider("Mailgun", signed.replace("d=client", "d=evil"), envelope="x@list.example") == "none"
    assert provider("SendGrid", event=SimpleNamespace(POST={"dkim": "{@client.example : pass}"}), envelope="") == "pass"
    assert provider("SendGrid", event=SimpleNamespace(POST={"dkim": "{@evil.example : pass}"}), envelope="") == "none"
    assert provider("Postmark", "Received-SPF: Pass (sender SPF authorized) identity=mailfrom\n") == "pass"
    assert provider("Brevo", "Authentication-Results: x; dmarc=pass\n") == "none"
