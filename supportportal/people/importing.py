"""Clients from a CSV file: read it however it was saved, and say of each row what it makes or why it is refused.

Nothing is written here; ``operations.import_clients`` takes the accepted rows.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from . import phones, policy, zones
from .models import Account, Firm, Plan, User

# What a column may be called, in any of our languages.
COLUMNS = {
    "email": {"email", "e-mail", "email address", "e-mail address", "mail", "posta elettronica", "e-mailadres"},
    "name": {"name", "full name", "nome", "naam"},
    "account": {"account", "company", "firm", "azienda", "cliente", "bedrijf", "klant"},
    "plan": {"plan", "piano", "abonnement"},
    "phone": {"phone", "telephone", "telefono", "telefoon"},
    "language": {"language", "lingua", "taal"},
    "time_zone": {"time zone", "timezone", "time_zone", "fuso orario", "tijdzone"},
}
REQUIRED = ("email", "name", "account")
LIMITS = {"email": 254, "name": 120, "account": 120}


class UnreadableFile(Exception):
    """The file as a whole cannot be used; ``str()`` says why, fit to show."""


@dataclass(frozen=True)
class Row:
    """A client to be created. ``account`` is empty where the row founds a new one, on ``plan``."""

    line: int
    email: str
    name: str
    account_name: str
    account: Account | None
    plan: Plan | None
    phone: str
    language: str
    time_zone: str

    @property
    def account_key(self) -> str:
        return self.account_name.casefold()


@dataclass(frozen=True)
class Refused:
    line: int
    email: str
    reasons: tuple[str, ...]


@dataclass
class Preview:
    accepted: list[Row] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def new_accounts(self) -> list[str]:
        named: dict[str, str] = {}
        for row in self.accepted:
            if row.account is None:
                named.setdefault(row.account_key, row.account_name)
        return [named[key] for key in sorted(named)]


def decode(content: bytes) -> str:
    """The text of a file saved as UTF-8 or UTF-16 (with or without its mark), else as a Western 8-bit set."""
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ["utf-16"] if is_utf_16 else ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(_("This is no text file. Save it as CSV (UTF-8) and try again."))


def preview(text: str) -> Preview:
    """Check every row against the others and against what exists. Raises UnreadableFile; writes nothing."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # a form sends it back with other line ends than the file's
    if len(text.encode()) > policy.current().import_bytes:
        raise UnreadableFile(_("The file is too large. Please split it."))
    known = _Known()
    result = Preview()
    for line, values in _records(text):
        checked = known.check(line, values)
        if isinstance(checked, Row):
            result.accepted.append(checked)
        else:
            result.refused.append(checked)
    if not result.accepted and not result.refused:
        raise UnreadableFile(_("The file holds no people below its first line."))
    return result


def _records(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, values by our column names) for each row that is not blank."""
    limit = policy.current().import_rows
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        columns = _columns(next(reader, []))
        line = reader.line_num
        for count, cells in enumerate(reader):
            if count >= limit:
                raise UnreadableFile(_("The file has more than %(limit)s rows. Please split it.") % {"limit": limit})
            begins, line = line + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                yield begins, {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}
    except csv.Error:
        where = {"line": reader.line_num}
        raise UnreadableFile(_("The file cannot be read as CSV from line %(line)s on.") % where) from None


def _columns(header: list[str]) -> dict[str, int]:
    titles = [" ".join(title.strip().casefold().split()) for title in header]
    columns = {name: at for name, called in COLUMNS.items() for at, title in enumerate(titles) if title in called}
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        names = ", ".join(missing)
        raise UnreadableFile(_("The first line must name the columns; missing: %(names)s.") % {"names": names})
    return columns


class _Known:
    """What exists, read once for the whole file, and what the file itself has brought so far."""

    def __init__(self) -> None:
        self.emails = {email.lower() for email in User.objects.values_list("email", flat=True)}
        self.accounts: dict[str, list[Account]] = {}
        for account in Account.objects.select_related("plan"):
            self.accounts.setdefault(account.name.casefold(), []).append(account)
        self.plans = {key.casefold(): plan for plan in Plan.objects.all() for key in (plan.code, plan.name)}
        self.languages = {code for code, _name in settings.LANGUAGES}
        self.firm = Firm.current()
        self.lines: dict[str, int] = {}  # of each address seen in this file
        self.new_accounts: dict[str, Plan] = {}

    def check(self, line: int, values: dict[str, str]) -> Row | Refused:
        self.reasons: list[str] = []
        email = values["email"].lower()
        self._check_texts(values)
        self._check_email(email, line)
        account = self._account(values["account"])
        plan = self._plan(values, account)
        phone = self._phone(values.get("phone", ""), account)
        language = self._language(values.get("language", ""), account)
        time_zone = self._time_zone(values.get("time_zone", ""), account)
        if self.reasons:
            return Refused(line, values["email"], tuple(self.reasons))
        if account is None:
            assert plan is not None
            self.new_accounts[values["account"].casefold()] = plan
        return Row(line, email, values["name"], values["account"], account, plan, phone, language, time_zone)

    def _refuse(self, reason: str, **params: Any) -> None:
        self.reasons.append(reason % params if params else reason)

    def _check_texts(self, values: dict[str, str]) -> None:
        for column in ("name", "account"):
            text = values[column]
            if not text:
                self._refuse(_("The %(column)s is missing."), column=column)
            elif len(text) > LIMITS[column]:
                self._refuse(_("The %(column)s is too long."), column=column)
            elif text.startswith(("=", "+", "-", "@")):
                self._refuse(_("The %(column)s looks like a formula of a spreadsheet."), column=column)
            elif not text.isprintable():
                self._refuse(_("The %(column)s holds characters that cannot be shown."), column=column)

    def _check_email(self, email: str, line: int) -> None:
        try:
            validate_email(email if email.isprintable() else "")  # it lets invisible characters pass in domains
        except ValidationError:
            self._refuse(_("“%(email)s” is no e-mail address."), email=email)
            return
        if len(email) > LIMITS["email"]:
            self._refuse(_("The e-mail address is too long."))
        if email in self.emails:
            self._refuse(_("There is a person with this address already."))
        elif email in self.lines:
            self._refuse(_("The same address is on line %(line)s."), line=self.lines[email])
        self.lines.setdefault(email, line)

    def _account(self, name: str) -> Account | None:
        found = self.accounts.get(name.casefold(), [])
        if len(found) > 1:
            self._refuse(_("There are several accounts called “%(name)s”."), name=name)
        return found[0] if found else None

    def _plan(self, values: dict[str, str], account: Account | None) -> Plan | None:
        """The plan of a new account; for an account that exists it is only compared."""
        asked = values.get("plan", "")
        plan = self.plans.get(asked.casefold())
        if asked and plan is None:
            self._refuse(_("There is no plan called “%(plan)s”."), plan=asked)
        elif account is not None and plan is not None and account.plan_id != plan.pk:
            self._refuse(_("The account is on the plan %(plan)s."), plan=account.plan)
        elif account is None and values["account"]:
            return self._plan_of_new(values["account"], plan)
        return plan

    def _plan_of_new(self, name: str, plan: Plan | None) -> Plan | None:
        founded = self.new_accounts.get(name.casefold())
        if plan is None and founded is None:
            self._refuse(
                _("There is no account called “%(name)s”. Give a plan to make it, or correct the name."), name=name
            )
        elif plan is not None and founded is not None and founded != plan:
            self._refuse(_("Another row puts this account on the plan %(plan)s."), plan=founded)
        return plan or founded

    def _phone(self, text: str, account: Account | None) -> str:
        if not text:
            return ""
        try:
            return phones.normalise(text.lstrip("'"), account.country if account else self.firm.country)
        except ValidationError:
            self._refuse(_("“%(phone)s” is no phone number."), phone=text)
            return ""

    def _language(self, text: str, account: Account | None) -> str:
        language = text.lower() or (account.language if account else self.firm.language)
        if language not in self.languages:
            self._refuse(_("The language “%(language)s” is not spoken here (use en, it or nl)."), language=text)
        return language

    def _time_zone(self, text: str, account: Account | None) -> str:
        zone = text or (account.time_zone if account else self.firm.time_zone)
        if not zones.is_known(zone):
            self._refuse(_("There is no time zone called “%(zone)s”."), zone=zone)
        return zone
