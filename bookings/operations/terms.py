"""The support terms: booking, waiting and asking for a call all need the version in force, accepted once (B-3)."""

from datetime import datetime

from supportportal.people.models import User

from ..models import TermsAcceptance, TermsVersion
from ..refusals import TermsNotAccepted


def accept_terms(client: User, terms: TermsVersion | None, *, at: datetime) -> None:
    """Keep that ``client`` accepts ``terms`` now. Raises TermsNotAccepted unless the version in force is accepted then."""
    current = TermsVersion.current(at)
    if current is None:
        return
    if terms == current:
        TermsAcceptance.objects.get_or_create(terms=current, user=client, defaults={"accepted_at": at})
    elif not client.terms_acceptances.filter(terms=current).exists():
        raise TermsNotAccepted
