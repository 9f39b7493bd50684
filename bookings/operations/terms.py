"""The support terms: booking, waiting and asking for a call all need the version in force, accepted once (B-3)."""

from datetime import datetime

from supportportal.people.models import User

from ..models import TermsAcceptance, TermsVersion
from ..refusals import TermsNotAccepted, TermsNotAcceptedByClient


def accept_terms(client: User, terms: TermsVersion | None, *, at: datetime, by: User | None = None) -> None:
    """Keep that ``client`` accepts ``terms`` now. Raises TermsNotAccepted unless the version in force is accepted then.

    Only the client accepts: where ``by`` is somebody else (a coordinator, staff), it must have been done before.
    """
    current = TermsVersion.current(at)
    if current is None:
        return
    if by is not None and by.pk != client.pk:
        if not client.terms_acceptances.filter(terms=current).exists():
            raise TermsNotAcceptedByClient(client)
    elif terms == current:
        TermsAcceptance.objects.get_or_create(terms=current, user=client, defaults={"accepted_at": at})
    elif not client.terms_acceptances.filter(terms=current).exists():
        raise TermsNotAccepted
