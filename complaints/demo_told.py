"""What the demo's complainants write, in three languages; the cases that are open, with what was found so far.

No staff name may stand in a text by chance: whose name occurs is kept out of the case (C-8). An Italian
writes "fatture" here and never the word for accounts, which is a name too.
"""

from dataclasses import dataclass

from .models import Complaint

UPHELD, PARTLY = Complaint.Outcome.UPHELD, Complaint.Outcome.PARTLY
About = Complaint.About
COUNTRIES = {"en": "GB", "it": "IT", "nl": "NL"}


@dataclass(frozen=True)
class Story:
    """One complaint. ``points`` are (text, finding, reasons); ``remedies`` (text, whether it is done)."""

    name: str
    email: str
    language: str
    summary: str
    wish: str = ""
    about: str = About.SERVICE
    complained_about: str = ""
    spoken_with: str = ""
    references: str = ""
    postal_address: str = ""
    points: tuple[tuple[str, str, str], ...] = ()
    remedies: tuple[tuple[str, bool], ...] = ()
    outcome: str = ""
    root_cause: str = ""

    @property
    def country(self) -> str:
        return COUNTRIES[self.language]


GIULIA, HELEN, TOM = "client@demo.example", "helen@harbourstreet.example", "tom@harbourstreet.example"
MARCO, CHIARA, ELENA = "marco@bottegaferri.example", "chiara@bottegaferri.example", "elena@studiomoretti.example"
PIETER, ANOUK = "pieter@devries.example", "anouk@devries.example"

# -- to acknowledge: the first letter has not gone yet ----------------------------------------------------------------

BY_LETTER = Story(
    "Agnes Whitfield",
    "",
    "en",
    "I do not use e-mail. Your invoices come by e-mail all the same, to an address that was never mine, and the "
    "reminders that follow cost me ten pounds each.",
    "Please send my invoices by post, and take back the reminder fees.",
    references="Invoices 2291 and 2304",
    postal_address="14 Chapel Row\nWhitby\nYO21 3PU",
)
BY_LETTER_LATE = Story(
    "Umberto Sala",
    "",
    "it",
    "Ho chiesto due volte per raccomandata la disdetta del contratto e non ho mai ricevuto risposta.",
    "Desidero la conferma della disdetta.",
    postal_address="Via Garibaldi 8\n24122 Bergamo",
)
BOUNCED = Story(
    "Femke Hoekstra",
    "f.hoekstra@oude-provider.example",
    "nl",
    "De chat verbreekt de verbinding zodra ik een bestand stuur. Al drie keer heb ik opnieuw moeten beginnen.",
    "Dat een gesprek bewaard blijft.",
    postal_address="Singel 41\n1012 VC Amsterdam",
)

# -- the first update is owed: (story, workdays until it is due, reviewer) --------------------------------------------

FRESH = [
    Story(
        "Giulia Ferri",
        GIULIA,
        "en",
        "The session of this week ended after ten minutes because the agent had another appointment.",
        "I would like the rest of the session.",
    ),
    Story(
        "Joost Mulder",
        "joost@mulderbouw.example",
        "nl",
        "Ik sta al twee weken op de wachtlijst, terwijl een collega meteen een plek kreeg.",
        "Uitleg over hoe de wachtlijst werkt.",
    ),
    Story(
        "Ines Kaya",
        "ines.kaya@northgate.example",
        "en",
        "Your reminder told me the wrong hour after the clocks changed, and now a no-show stands on my record.",
        "Please take the no-show off.",
        about=About.MEASURE,
    ),
]
MENTIONS = Story(
    "Marco Bassi",
    MARCO,
    "it",
    "Luca mi aveva promesso una richiamata entro le 16. Ho aspettato fino a sera e non ha chiamato nessuno.",
    "Vorrei essere richiamato all'ora promessa.",
)
ASSISTED = Story(
    "Rosalind Pike",
    "rosalind@pikeandsons.example",
    "en",
    "My eyesight does not let me use the picker: the free times cannot be told from the taken ones at my size of "
    "letters. I was told on the phone to try another browser.",
    "A way to book by phone or by mail.",
)
TO_UPDATE = [
    (
        Story(
            "Tom Reid",
            TOM,
            "en",
            "The guide for the year-end closing describes a button that is gone since the last release.",
            "A guide that fits the product.",
        ),
        0,
        "manager",
    ),
    (
        Story(
            "Chiara Longo",
            CHIARA,
            "it",
            "Le stampe delle etichette sono sbagliate da una settimana e ogni risposta ripete la stessa procedura.",
            "Che qualcuno guardi davvero il problema.",
        ),
        0,
        "senior",
    ),
    (
        Story(
            "Ruben Kuipers",
            "ruben@kuipersfietsen.example",
            "nl",
            "De export laat creditnota's weg. Mijn boekhouder heeft er twee dagen aan verloren.",
            "Een juiste export van het derde kwartaal.",
        ),
        1,
        "manager2",
    ),
    (
        Story(
            "Sara Lindqvist",
            "sara@lindqvist-travel.example",
            "en",
            "I asked which data you hold about me and got a link to your privacy page.",
            "A copy of my personal data.",
            about=About.DATA,
        ),
        1,
        None,
    ),
    (
        Story(
            "Bas Verhoeven",
            "bas@verhoeven-catering.example",
            "nl",
            "De laatste factuur telt een gebruiker die al maanden geleden is vertrokken.",
            "Verrekening van zes maanden.",
            references="Factuur 1187",
        ),
        2,
        None,
    ),
    (
        Story(
            "Oriana Galli",
            "oriana@galli-arredi.example",
            "it",
            "Il corso dal vivo è stato annullato un'ora prima, senza una nuova data.",
            "Una nuova data.",
        ),
        2,
        "manager",
    ),
]
UPDATE_LATE = [
    (
        Story(
            "Duncan Hale",
            "duncan@halefreight.example",
            "en",
            "Four tickets about the bank feed were closed without a word to me.",
            "One person who sees it through.",
            references="Tickets 5519, 5523, 5540, 5561",
        ),
        -1,
        "manager",
    ),
    (
        Story(
            "Mirjam Prins",
            "mirjam@prinsoptiek.example",
            "nl",
            "De beller las een nummer voor dat niet van ons was. Zijn onze gegevens met een ander verwisseld?",
            "Zekerheid over onze gegevens.",
            about=About.DATA,
        ),
        -2,
        None,
    ),
]

# -- the answer is owed: (story, workdays until it is due, reviewer) --------------------------------------------------

DRAFTED = Story(
    "Paolo Moretti",
    "paolo@studiomoretti.example",
    "en",
    "Two invoices of last month show a wrong total after the credit note, and the support desk told us to correct them "
    "by hand.",
    "Correct invoices, and a word to our tax adviser.",
    references="Invoices 3310 and 3311",
    points=(
        ("The totals of two invoices are wrong.", UPHELD, "The credit note was taken off twice, by a fault of ours."),
        ("We were told to correct them by hand.", PARTLY, "It would have worked, but the law asks for a new invoice."),
    ),
    remedies=(("New invoices", True), ("A letter to the tax adviser", False)),
)
TO_ANSWER = [
    (
        Story(
            "Elena Moretti",
            ELENA,
            "it",
            "L'assistenza ha riaperto per errore l'ultimo mese e abbiamo inviato dati sbagliati.",
            "Il ripristino dei dati e una spiegazione scritta.",
            points=(("Un mese chiuso è stato riaperto.", "", ""), ("Nessuno ci ha avvertiti.", "", "")),
        ),
        0,
        "manager",
    ),
    (
        Story(
            "Anouk Smit",
            ANOUK,
            "nl",
            "Drie keer is een sessie door u verzet, de laatste keer op de avond ervoor.",
            "Een sessie die doorgaat.",
            points=(("Drie sessies zijn verzet.", "", ""),),
        ),
        1,
        "manager",
    ),
    (
        Story(
            "Helen Okafor",
            HELEN,
            "en",
            "The clinic was without the appointment list for a morning. Nobody could tell us how long it would take.",
            "A number to call that somebody answers.",
            spoken_with="Priya",
            points=(("No appointment list for a morning.", UPHELD, "The backup took three hours to come back."),),
        ),
        2,
        "manager2",
    ),
    (
        Story(
            "Ottavia Neri",
            "ottavia@neri-tessuti.example",
            "it",
            "Il prezzo è aumentato senza preavviso e la mia domanda è rimasta senza risposta.",
            "Il vecchio prezzo fino a fine anno.",
        ),
        3,
        "senior2",
    ),
    (
        Story(
            "Pieter de Vries",
            PIETER,
            "nl",
            "De derde gemiste sessie staat op mijn naam, maar de link in de bevestiging opende een lege pagina.",
            "Dat de sessie niet meetelt.",
            about=About.MEASURE,
        ),
        5,
        None,
    ),
]
ANSWER_LATE = [
    (
        Story(
            "Gareth Pugh",
            "gareth@pughprint.example",
            "en",
            "Our rights for colleagues were reset over a weekend. Everybody could see the payroll on Monday.",
            "To know who looked at it.",
            about=About.DATA,
            points=(("Everybody could see the payroll.", UPHELD, "A release set the rights back."),),
        ),
        -1,
        "manager2",
    ),
    (
        Story(
            "Silvia Donati",
            "silvia@donati-vini.example",
            "it",
            "Dopo l'aggiornamento mancano i documenti di trasporto del mese scorso.",
            "I documenti mancanti.",
        ),
        -4,
        None,
    ),
]

# -- about somebody of ours -------------------------------------------------------------------------------------------

ABOUT_AGENT = Story(
    "Robin Ashdown",
    "robin@ashdownhouse.example",
    "en",
    "The agent spoke over me for most of the session, then told me that people of my age had better let somebody "
    "younger do it.",
    "An apology in writing.",
    about=About.STAFF,
    complained_about="Elisa Conti",
    points=(("I was spoken over.", "", ""), ("A remark about my age.", "", "")),
)
ABOUT_MANAGER = Story(
    "Caspar Dekker",
    "caspar@dekkerdruk.example",
    "nl",
    "De manager beloofde mij een creditnota en ontkende dat een week later.",
    "De creditnota die mij is beloofd.",
    about=About.STAFF,
    complained_about="Nadia Haddad",
)
ABOUT_ANOTHER = Story(
    "Ornella Villa",
    "ornella@villafiori.example",
    "it",
    "L'operatore non conosceva il programma e ha chiuso la chiamata mentre stavo ancora parlando.",
    "Un'altra sessione, con un'altra persona.",
    about=About.STAFF,
    complained_about="Daan Vos",
    points=(("La chiamata è stata chiusa mentre parlavo.", "", ""),),
)
