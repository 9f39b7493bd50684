"""Whether a mail really comes from its sender's domain: what the receiving provider found, never what the mail says.

A domain is *aligned* with the sender's if one is the other or stands below it, as in DMARC's relaxed mode.
"""

import re
from collections.abc import Mapping
from typing import Any

from .mails import Letter
from .models import Inbound

PASS, FAIL, NONE = Inbound.Verdict.PASS, Inbound.Verdict.FAIL, Inbound.Verdict.NONE
_METHOD = re.compile(r"^\s*([a-z0-9-]+)\s*=\s*([a-z]+)", re.IGNORECASE)
_ADDRESS = r"[^<>()\[\]\s\",;:\\@]+@[^<>()\[\]\s\",;:\\@]+"
_FROM = re.compile(rf"\s*(?:(?:\"[^\"\\<>]*\"|[^<>()\"@,;:\\]*)\s*<({_ADDRESS})>|({_ADDRESS}))\s*")
_COMMENT = re.compile(r"\([^()]*\)")


def of_server(letter: Letter, authserv_id: str) -> str:
    """By the Authentication-Results of our own mail server.

    With its name in ``authserv_id`` the topmost of that name counts: servers remove forged ones. Without, only what
    stands above the topmost Received, which the last server wrote: a sender cannot write there.
    """
    found = []
    for name, value in letter.headers:
        if name == "received" and not authserv_id:
            break
        if name == "authentication-results":
            server, _semicolon, results = _COMMENT.sub(" ", value).partition(";")
            if not authserv_id:
                found.append(results)
            elif (server.split() or [""])[0].lower() == authserv_id:
                return of_results(letter, results)
    return of_results(letter, ";".join(found))


def of_results(letter: Letter, results: str) -> str:
    """By "spf=pass smtp.mailfrom=…; dkim=pass header.d=…; dmarc=pass"."""
    checks: list[tuple[str, str, str]] = []
    for part in results.split(";"):
        if found := _METHOD.match(part):
            method, outcome = found[1].lower(), found[2].lower()
            checks.append((method, outcome, _domain_of(method, part)))
    dmarc = [outcome for method, outcome, _domain in checks if method == "dmarc"]
    if "fail" in dmarc:
        return FAIL
    aligned = any(
        outcome == "pass" and method in ("spf", "dkim") and is_aligned(domain, letter)
        for method, outcome, domain in checks
    )
    return PASS if has_one_sender(letter) and ("pass" in dmarc or aligned) else NONE


def _domain_of(method: str, part: str) -> str:
    names = {"dkim": r"header\.(?:d|i)", "spf": r"smtp\.(?:mailfrom|mail)"}
    found = re.search(rf"{names.get(method, 'none')}\s*=\s*\"?([^\s;\"]+)", part, re.IGNORECASE)
    return found[1].rpartition("@")[2].lower() if found else ""


def of_provider(esp_name: str, letter: Letter, event: Any, envelope_sender: str | None) -> str:
    """By what an e-mail provider reports beside the mail; a provider that reports nothing confirms nobody."""
    match esp_name.lower().replace(" ", ""):
        case "amazonses":
            return _ses(letter, event)
        case "mailgun":
            spf, dkim = _only(letter, "x-mailgun-spf"), _only(letter, "x-mailgun-dkim-check-result")
            return _by(letter, spf, envelope_sender, dkim)
        case "sendgrid":
            return _sendgrid(letter, event, envelope_sender)
        case "postmark":
            spf = _only(letter, "received-spf").partition(" ")[0]
            return _by(letter, spf, envelope_sender, "")
    return NONE


def _ses(letter: Letter, event: Any) -> str:
    receipt = event.get("receipt", {}) if isinstance(event, Mapping) else {}
    dmarc = str(receipt.get("dmarcVerdict", {}).get("status", "")).upper()
    if dmarc == "FAIL":
        return FAIL
    return PASS if dmarc == "PASS" and has_one_sender(letter) else NONE


def _sendgrid(letter: Letter, event: Any, envelope_sender: str | None) -> str:
    form = getattr(event, "POST", {})
    signed = re.findall(r"@([\w.-]+)\s*:\s*pass", str(form.get("dkim", "")), re.IGNORECASE)
    if any(is_aligned(domain.lower(), letter) for domain in signed) and has_one_sender(letter):
        return PASS
    return _by(letter, str(form.get("SPF", "")), envelope_sender, "")


def _by(letter: Letter, spf: str, envelope_sender: str | None, dkim: str) -> str:
    """SPF speaks of the envelope's domain; DKIM of those that signed, all of which have to be the sender's."""
    if not has_one_sender(letter):
        return NONE
    if spf.strip().lower() == "pass" and is_aligned((envelope_sender or "").rpartition("@")[2].lower(), letter):
        return PASS
    signed = [
        found[1].lower()
        for value in letter.all("dkim-signature")
        if (found := re.search(r"(?:^|;)\s*d\s*=\s*([\w.-]+)", value))
    ]
    if dkim.strip().lower() == "pass" and signed and all(is_aligned(domain, letter) for domain in signed):
        return PASS
    return NONE


def is_aligned(domain: str, letter: Letter) -> bool:
    own = letter.sender.rpartition("@")[2]
    domain = domain.strip().strip(".")
    if not own or "." not in domain:
        return False
    return own == domain or own.endswith(f".{domain}") or domain.endswith(f".{own}")


def has_one_sender(letter: Letter) -> bool:
    """One plain address in one From. Anything cleverer is read by one program so and by the next one otherwise, and
    nobody can say which sender the server has checked.
    """
    values = letter.all("from")
    found = _FROM.fullmatch(values[0]) if len(values) == 1 else None
    return found is not None and (found[1] or found[2]).lower() == letter.sender


def _only(letter: Letter, name: str) -> str:
    """The provider's own header; where there are two, one came with the mail, and neither counts."""
    values = letter.all(name)
    return values[0].strip() if len(values) == 1 else ""
