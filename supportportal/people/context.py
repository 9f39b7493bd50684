"""What every page shows of the firm, read once per request at the most."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .models import Firm


def firm_of(request: HttpRequest) -> Firm:
    if not hasattr(request, "firm"):
        request.firm = SimpleLazyObject(Firm.current)
    return request.firm


def firm(request: HttpRequest) -> dict[str, Firm]:
    return {"firm": firm_of(request)}
