"""The people of the demo: a firm, its plans, accounts on three of them, six agents, managers and clients."""

from datetime import datetime
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile

from supportportal.files import intake
from supportportal.people.models import Account, Channel, Firm, Gate, Plan, Role, User
from supportportal.people.operations import keep_address

from .sign_ins import DOMAIN, PASSWORD

LOGO = Path(__file__).with_name("logo.png")

# code, name, Italian, Dutch, closed by
CHANNELS = [
    ("inbox", "Inbox", "Posta", "Postvak", Gate.MAIL),
    ("help", "Help section", "Guida", "Hulppagina's", ""),
    ("resources", "Learning resources", "Materiale didattico", "Leermateriaal", ""),
    ("chat", "Chat", "Chat", "Chat", ""),
    ("courses", "Courses", "Corsi", "Cursussen", ""),
    ("workshops", "Live workshops", "Laboratori dal vivo", "Live workshops", ""),
    ("callback", "Phone callback", "Richiamata telefonica", "Terugbellen", Gate.CALLBACK),
]
# code, name, Italian, Dutch, how many of the channels above
PLANS = [
    ("basic", "Basic", "Base", "Basis", 3),
    ("plus", "Plus", "Plus", "Plus", 6),
    ("advanced", "Advanced", "Avanzato", "Geavanceerd", 7),
]
# name, plan, users, language, zone, country
ACCOUNTS = [
    ("Bottega Ferri", "advanced", 24, "it", "Europe/Rome", "IT"),
    ("De Vries & Zonen", "plus", 11, "nl", "Europe/Amsterdam", "NL"),
    ("Harbour Street Clinic", "basic", 4, "en", "Europe/London", "GB"),
    ("Studio Moretti", "advanced", 8, "it", "Europe/Rome", "IT"),
]
# address, name, account, language, zone, phone, agrees to text messages
CLIENTS = [
    ("client@demo.example", "Giulia Ferri", "Bottega Ferri", "en", "Europe/Rome", "+393331234567", True),
    ("marco@bottegaferri.example", "Marco Bassi", "Bottega Ferri", "it", "Europe/Rome", "+393471112233", True),
    ("chiara@bottegaferri.example", "Chiara Longo", "Bottega Ferri", "it", "Europe/Rome", "", False),
    ("pieter@devries.example", "Pieter de Vries", "De Vries & Zonen", "nl", "Europe/Amsterdam", "+31612345678", True),
    ("anouk@devries.example", "Anouk Smit", "De Vries & Zonen", "nl", "Europe/Amsterdam", "", False),
    (
        "helen@harbourstreet.example",
        "Helen Okafor",
        "Harbour Street Clinic",
        "en",
        "Europe/London",
        "+447700900123",
        True,
    ),
    ("tom@harbourstreet.example", "Tom Reid", "Harbour Street Clinic", "en", "Europe/London", "", False),
    ("paolo@studiomoretti.example", "Paolo Moretti", "Studio Moretti", "en", "Europe/Rome", "+390687654320", False),
    ("elena@studiomoretti.example", "Elena Moretti", "Studio Moretti", "it", "Europe/Rome", "+390687654321", False),
    ("late@demo.example", "Paola Riva", "Bottega Ferri", "en", "Europe/Rome", "", False),
    ("twice@demo.example", "Grace Adeyemi", "Harbour Street Clinic", "en", "Europe/London", "", False),
    ("restricted@demo.example", "Ruben de Wit", "De Vries & Zonen", "en", "Europe/Amsterdam", "", False),
    ("bruno@studiomoretti.example", "Bruno Sala", "Studio Moretti", "it", "Europe/Rome", "", False),
    ("sander@devries.example", "Sander Mol", "De Vries & Zonen", "nl", "Europe/Amsterdam", "", False),
    ("karin@devries.example", "Karin Bos", "De Vries & Zonen", "nl", "Europe/Amsterdam", "", False),
]
COORDINATOR = "client@demo.example"
# address, name, language, zone, role
STAFF = [
    ("agent@demo.example", "Elisa Conti", "en", "Europe/Rome", Role.AGENT),
    ("daan@meridian.example", "Daan Vos", "nl", "Europe/Amsterdam", Role.AGENT),
    ("luca@meridian.example", "Luca Marchetti", "it", "Europe/Rome", Role.AGENT),
    ("priya@meridian.example", "Priya Nair", "en", "Europe/London", Role.AGENT),
    ("sofie@meridian.example", "Sofie Janssen", "nl", "Europe/Amsterdam", Role.AGENT),
    ("matteo@meridian.example", "Matteo Greco", "it", "Europe/Rome", Role.AGENT),
    ("manager@demo.example", "Nadia Haddad", "en", "Europe/Rome", Role.MANAGER),
    ("manager2@demo.example", "Jonas Weber", "en", "Europe/Rome", Role.MANAGER),
    ("senior@demo.example", "Carla Rinaldi", "en", "Europe/Rome", Role.SENIOR_MANAGER),
    ("senior2@demo.example", "Willem Bakker", "en", "Europe/Amsterdam", Role.SENIOR_MANAGER),
    ("owner@demo.example", "Marta Galli", "en", "Europe/Rome", Role.OWNER),
]


def build(at: datetime) -> None:
    """Keep everyone's row and language, so that whoever is signed in still is."""
    _build_firm(at)
    plans = _build_plans()
    password = _password()
    accounts = {name: _build_account(name, plans[plan], *rest) for name, plan, *rest in ACCOUNTS}
    for address, name, account, language, zone, phone, agrees in CLIENTS:
        _build_person(
            address,
            language,
            password,
            name=name,
            account=accounts[account],
            time_zone=zone,
            phone=phone,
            sms_consent_at=at if agrees else None,
            is_coordinator=address == COORDINATOR,
        )
    for address, name, language, zone, role in STAFF:
        person = _build_person(address, language, password, name=name, time_zone=zone, is_staff=True)
        person.groups.set([Group.objects.get_or_create(name=role)[0]])


def _build_firm(at: datetime) -> None:
    firm = Firm.current()
    firm.name = "Meridian Software"
    firm.contact_email = "support@meridian.example"
    firm.contact_phone = "+39 02 5550 1234"
    firm.postal_address = "Via dei Giardini 12\n20121 Milano"
    if not firm.logo_id:
        firm.logo = intake.accept(SimpleUploadedFile(LOGO.name, LOGO.read_bytes(), "image/png"), at)
    firm.save()


def _build_plans() -> dict[str, Plan]:
    channels = [
        Channel.objects.update_or_create(
            code=code, defaults={"name": name, "name_it": italian, "name_nl": dutch, "gate": gate, "position": position}
        )[0]
        for position, (code, name, italian, dutch, gate) in enumerate(CHANNELS)
    ]
    plans = {}
    for rank, (code, name, italian, dutch, granted) in enumerate(PLANS, 1):
        names = {"name": name, "name_it": italian, "name_nl": dutch, "rank": rank}
        plans[code] = Plan.objects.update_or_create(code=code, defaults=names)[0]
        plans[code].channels.set(channels[:granted])
    return plans


def _build_account(name: str, plan: Plan, seats: int, language: str, zone: str, country: str) -> Account:
    facts = {"plan": plan, "seats": seats, "language": language, "time_zone": zone, "country": country}
    return Account.objects.update_or_create(name=name, defaults=facts)[0]


def _password() -> str:
    """As it is kept: hashed once for everyone, since it stands on the page and a hash takes its time."""
    known = User.objects.filter(email=COORDINATOR).first()
    return known.password if known and known.check_password(PASSWORD) else make_password(PASSWORD)


def _build_person(address: str, language: str, password: str, **facts) -> User:
    person = User.objects.filter(email=address).first() or User(email=address, language=language)
    for field, value in facts.items():
        setattr(person, field, value)
    if address.endswith(DOMAIN) and person.password != password and not person.check_password(PASSWORD):
        person.password = password
    elif not person.password:
        person.set_unusable_password()
    person.is_active = True
    person.save()
    keep_address(person)
    return person
