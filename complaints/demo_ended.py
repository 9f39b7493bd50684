"""The demo's complaints that have been answered or closed, those appealed against, and what came of it."""

from .demo_told import ELENA, PARTLY, UPHELD, About, Story
from .models import Complaint

NOT_UPHELD = Complaint.Outcome.NOT_UPHELD

# -- answered: (story, workdays since, workdays from the update to the answer, reviewer) -----------------------------

ANSWERED = [
    (
        Story(
            "Nora Fitzgerald",
            "nora@fitzgeraldlaw.example",
            "en",
            "Nobody called back for three days, although the page promised the same afternoon.",
            points=(("No call for three days.", UPHELD, "The list of calls shows none: it stood in the wrong queue."),),
            remedies=(("A call at an hour of your choice", True), ("The queue is checked each morning", False)),
            outcome=UPHELD,
            root_cause="Calls in the wrong queue",
        ),
        2,
        5,
        "manager",
    ),
    (
        Story(
            "Willemijn Postma",
            "willemijn@postma-tuinen.example",
            "nl",
            "Ik kreeg twee herinneringen voor een factuur die betaald was, en een derde met kosten.",
            points=(
                ("Herinneringen voor een betaalde factuur.", UPHELD, "De betaling stond op een oude rekening."),
                ("Kosten bij de derde herinnering.", NOT_UPHELD, "De kosten waren al teruggenomen voor uw klacht."),
            ),
            remedies=(("Betalingen op de oude rekening worden dagelijks verwerkt", False),),
            outcome=PARTLY,
            root_cause="Payments to an old account",
        ),
        6,
        6,
        "manager",
    ),
    (
        Story(
            "Fabio Testa",
            "fabio@testa-impianti.example",
            "it",
            "La sessione prenotata è stata rifiutata perché ero in ritardo di dodici minuti.",
            points=(("La sessione è stata chiusa.", NOT_UPHELD, "Dopo dieci minuti l'operatore può chiuderla."),),
            outcome=NOT_UPHELD,
            root_cause="Rules not seen when booking",
            about=About.MEASURE,
        ),
        11,
        4,
        "manager2",
    ),
    (
        Story(
            "Judith Marlow",
            "judith@marlowbooks.example",
            "en",
            "The fee for a missed session was charged although I had cancelled the day before.",
            points=(("A fee despite the cancellation.", UPHELD, "The cancellation came in time, by mail."),),
            remedies=(("The fee was paid back", True),),
            outcome=UPHELD,
            root_cause="Mail not read in time",
        ),
        19,
        7,
        "senior",
    ),
    (
        Story(
            "Teun Scholten",
            "teun@scholtenjacht.example",
            "nl",
            "De handleiding bestaat alleen in het Engels.",
            points=(("Geen Nederlandse handleiding.", PARTLY, "De helft is vertaald, de rest volgt."),),
            remedies=(("De overige hoofdstukken worden vertaald", False),),
            outcome=PARTLY,
            root_cause="Guide not translated",
        ),
        34,
        9,
        "manager",
    ),
    (
        Story(
            "Beatrice Fontana",
            "beatrice@fontanalegno.example",
            "it",
            "Per una settimana le fatture elettroniche sono state respinte.",
            points=(("Fatture respinte.", UPHELD, "Il certificato era scaduto per colpa nostra."),),
            remedies=(("Il certificato è rinnovato con un mese di anticipo", True),),
            outcome=UPHELD,
            root_cause="Certificate out of date",
        ),
        70,
        6,
        "manager2",
    ),
]

# -- closed otherwise -------------------------------------------------------------------------------------------------

WITHDRAWN = Story(
    "Grace Adeyemi",
    "twice@demo.example",
    "en",
    "I was charged for a session that I had moved in time. I have found the mail now: it was my mistake.",
)
DUPLICATE = Story(
    "Elena Moretti",
    ELENA,
    "it",
    "Scrivo di nuovo: l'ultimo mese è stato riaperto per errore e nessuno ci ha avvertiti.",
)
NOT_A_COMPLAINT = Story(
    "Sem de Wit",
    "sem@dewit-hoveniers.example",
    "nl",
    "Kunt u mij zeggen hoe ik een tweede kostenplaats toevoeg?",
)

# -- appealed, and what came of it ------------------------------------------------------------------------------------

APPEALED = [
    (
        Story(
            "Leonora Rossetti",
            "leonora@rossetti-moda.example",
            "it",
            "La migrazione ha perso gli sconti di duecento clienti.",
            points=(("Sconti persi.", PARTLY, "Il file che ci è stato dato non conteneva tutti gli sconti."),),
            outcome=PARTLY,
            root_cause="Incomplete migration",
        ),
        "manager",
        "Il file era completo: allego la copia che avevo inviato.",
    ),
    (
        Story(
            "Isaac Trent",
            "isaac@trentmarine.example",
            "en",
            "The training was held for a version of the product that we do not have.",
            points=(("The wrong version.", NOT_UPHELD, "The invitation named the version."),),
            outcome=NOT_UPHELD,
            root_cause="Training not matched to the plan",
        ),
        "manager2",
        "The invitation came after I had booked. It does not answer what I complained of.",
    ),
]
FINAL = (
    Story(
        "Hester Blom",
        "hester@blomkwekerij.example",
        "nl",
        "De toegang tot de chat is zonder waarschuwing afgesloten.",
        about=About.MEASURE,
        points=(("Toegang afgesloten.", NOT_UPHELD, "De waarschuwing is per e-mail verstuurd."),),
        outcome=NOT_UPHELD,
        root_cause="Warning not received",
    ),
    "manager",
    "De waarschuwing ging naar een adres dat ik niet meer gebruik.",
)
REFERRED = (
    Story(
        "Arthur Penrose",
        "arthur@penrosegarages.example",
        "en",
        "You refuse to give back the fee of a year that we could not use.",
        points=(("The fee of a year.", NOT_UPHELD, "The contract has no such right."),),
        outcome=NOT_UPHELD,
        root_cause="Contract terms",
    ),
    "manager2",
    "A contract cannot be right where nothing was delivered.",
)
