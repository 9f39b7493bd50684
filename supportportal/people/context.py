"""What every page shows of the firm."""

from django.utils.functional import SimpleLazyObject

from .models import Firm


def firm(request):
    return {"firm": SimpleLazyObject(Firm.current)}
