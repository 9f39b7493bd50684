"""Amounts of money in the reader's way of writing them."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}


def with_vat(net: Decimal, rate: Decimal) -> Decimal:
    """The amount with ``rate`` per cent of VAT, to the cent."""
    return (net * (100 + rate) / 100).quantize(CENT, ROUND_HALF_UP)


def written(amount: Decimal, currency: str, language: str) -> str:
    """Return "€90" or "€109.80", in Italian "109,80 €", in Dutch "€ 109,80"; whole amounts without their noughts."""
    whole, cents = divmod(amount.quantize(CENT, ROUND_HALF_UP), 1)
    digits = f"{int(whole):,}" + (f".{int(cents * 100):02}" if cents else "")
    sign = SIGNS.get(currency, currency)
    if language[:2] == "en":
        return f"{sign}{digits}" if len(sign) == 1 else f"{sign} {digits}"
    digits = digits.translate(str.maketrans(",.", ".,"))
    return f"{digits} {sign}" if language[:2] == "it" else f"{sign} {digits}"
