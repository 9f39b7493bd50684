"""Instants and lengths in words, for pages, mails and text messages alike.

Pure: knows no settings, no request and no clock. Dates follow the language's own habit ("Tuesday 24 November",
"martedì 24 novembre", "dinsdag 24 november"), in the zone that the reader lives in, and the zone is named after its
city. A language without an entry here reads English.
"""

from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple


class Names(NamedTuple):
    """How one language speaks of days and times."""

    days: tuple[str, ...]
    months: tuple[str, ...]
    letters: int  # how many letters a shortened name keeps
    zone: str
    cities: dict[str, str]
    minutes: tuple[str, str]
    hours: tuple[str, str]


NAMES = {
    "en": Names(
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        (
            *("January", "February", "March", "April", "May", "June"),
            *("July", "August", "September", "October", "November", "December"),
        ),
        3,
        "{city} time",
        {"Kiev": "Kyiv", "Calcutta": "Kolkata"},
        ("{n} minute", "{n} minutes"),
        ("{n} hour", "{n} hours"),
    ),
    "it": Names(
        ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
        (
            *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno"),
            *("luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"),
        ),
        3,
        "ora di {city}",
        {
            "Amsterdam": "Amsterdam",
            "Athens": "Atene",
            "Belgrade": "Belgrado",
            "Berlin": "Berlino",
            "Brussels": "Bruxelles",
            "Bucharest": "Bucarest",
            "Copenhagen": "Copenaghen",
            "Dublin": "Dublino",
            "Kiev": "Kiev",
            "Kyiv": "Kiev",
            "Lisbon": "Lisbona",
            "Ljubljana": "Lubiana",
            "London": "Londra",
            "Luxembourg": "Lussemburgo",
            "Moscow": "Mosca",
            "Paris": "Parigi",
            "Prague": "Praga",
            "Rome": "Roma",
            "Stockholm": "Stoccolma",
            "Sofia": "Sofia",
            "Vienna": "Vienna",
            "Warsaw": "Varsavia",
            "Zagreb": "Zagabria",
            "Zurich": "Zurigo",
        },
        ("{n} minuto", "{n} minuti"),
        ("{n} ora", "{n} ore"),
    ),
    "nl": Names(
        ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
        (
            *("januari", "februari", "maart", "april", "mei", "juni"),
            *("juli", "augustus", "september", "oktober", "november", "december"),
        ),
        2,
        "tijd in {city}",
        {
            "Athens": "Athene",
            "Belgrade": "Belgrado",
            "Berlin": "Berlijn",
            "Brussels": "Brussel",
            "Bucharest": "Boekarest",
            "Copenhagen": "Kopenhagen",
            "Kiev": "Kyiv",
            "Lisbon": "Lissabon",
            "London": "Londen",
            "Luxembourg": "Luxemburg",
            "Moscow": "Moskou",
            "Paris": "Parijs",
            "Prague": "Praag",
            "Vienna": "Wenen",
            "Warsaw": "Warschau",
        },
        ("{n} minuut", "{n} minuten"),
        ("{n} uur", "{n} uur"),
    ),
}
SHORT_MONTHS = {("nl", 3): "mrt"}  # every other short month is the first three letters


def written_out(instant: datetime, zone: tzinfo, language: str, *, year: bool = False, named: bool = True) -> str:
    """Return "Tuesday 24 November, 10:30, Rome time"; without ``named``, the zone is left to the page to say."""
    parts = [written_day(instant.astimezone(zone).date(), language, year=year), clock(instant, zone)]
    return ", ".join([*parts, zone_label(zone, language)] if named else parts)


def written_span(
    starts_at: datetime, ends_at: datetime, zone: tzinfo, language: str, *, year: bool = False, named: bool = True
) -> str:
    """Return "Tuesday 24 November, 10:30–11:00, Rome time"; an end on another day is written in full."""
    first, last = starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()
    if first == last:
        text = f"{written_out(starts_at, zone, language, year=year, named=False)}–{clock(ends_at, zone)}"
    else:
        ends = (written_out(instant, zone, language, year=year, named=False) for instant in (starts_at, ends_at))
        text = " – ".join(ends)
    return f"{text}, {zone_label(zone, language)}" if named else text


def written_day(day: date, language: str, *, year: bool = False) -> str:
    """Return "Tuesday 24 November"."""
    names = _names(language)
    text = f"{names.days[day.weekday()]} {day.day} {names.months[day.month - 1]}"
    return f"{text} {day.year}" if year else text


def short(instant: datetime, zone: tzinfo, language: str, *, named: bool = False) -> str:
    """Return "Tue 24 Nov, 10:30", for text messages, tables and "free to change until …"."""
    text = f"{short_day(instant.astimezone(zone).date(), language)}, {clock(instant, zone)}"
    return f"{text}, {zone_label(zone, language)}" if named else text


def short_day(day: date, language: str) -> str:
    """Return "Tue 24 Nov"."""
    names = _names(language)
    month = SHORT_MONTHS.get((language[:2], day.month), names.months[day.month - 1][:3])
    return f"{names.days[day.weekday()][: names.letters]} {day.day} {month}"


def clock(instant: datetime, zone: tzinfo) -> str:
    """Return "10:30"; in the hour that happens twice when clocks go back, with the offset that tells them apart."""
    local = instant.astimezone(zone)
    text = f"{local:%H:%M}"
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        return f"{text} ({offset(instant, zone)})"
    return text


def offset(instant: datetime, zone: tzinfo) -> str:
    """Return "UTC+1" or "UTC−3:30"."""
    ahead = instant.astimezone(zone).utcoffset() or timedelta()
    minutes = abs(int(ahead.total_seconds())) // 60
    hours, rest = divmod(minutes, 60)
    sign = "−" if ahead < timedelta() else "+"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def zone_label(zone: tzinfo, language: str) -> str:
    """Return "Rome time": the zone by its city, as people speak of it; zones without a city keep their name."""
    key = getattr(zone, "key", None) or str(zone)
    area, _slash, place = key.rpartition("/")
    if not area or area == "Etc":
        return place
    names = _names(language)
    return names.zone.format(city=city(key, language))


def city(key: str, language: str) -> str:
    """Return the city of a zone's key: "America/Argentina/Buenos_Aires" is "Buenos Aires"."""
    place = key.rpartition("/")[2]
    return _names(language).cities.get(place, place.replace("_", " "))


def length(minutes: int, language: str) -> str:
    """Return "45 minutes" or "1 hour 30 minutes"."""
    names = _names(language)
    hours, rest = divmod(minutes, 60)
    parts = [
        forms[n != 1].format(n=n) for n, forms in ((hours, names.hours), (rest, names.minutes)) if n or not minutes
    ]
    return " ".join(parts[-1:] if not minutes else parts)


def _names(language: str) -> Names:
    return NAMES.get(language[:2].lower(), NAMES["en"])
