"""People found by words, with an index; on PostgreSQL alone (see ``supportportal.longlists``)."""

from typing import Any

from django.db.models import Q

from supportportal.longlists import HasWords, pks

from .models import Account, User


def people(words: str) -> Q:
    """The condition for people whose name, address or number has words that begin so, or whose account's name has."""
    of_accounts = pks(Account.objects.filter(HasWords("name", words=words)))
    return Q(HasWords("name", "email", "phone", words=words)) | Q(account__in=of_accounts)


def found(words: str) -> Any:
    """Their ids, by which another list is searched."""
    return pks(User.objects.filter(people(words)))
