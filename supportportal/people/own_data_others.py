"""Other people's names in texts about a person: blanked, for the archive is about that person alone."""

import re
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from .models import User

BLANK = "[…]"


class Others:
    """Knows full names and addresses. A name of one word is left: too many words are somebody's name."""

    def __init__(self, called: Iterable[str], *, sparing: Iterable[str] = ()) -> None:
        spared = {_key(one) for one in sparing}
        self._by_first: defaultdict[str, list[re.Pattern[str]]] = defaultdict(list)
        for one in {" ".join(one.split()) for one in called}:
            words = re.findall(r"\w+", one)
            if len(words) > 1 and _key(one) not in spared:
                self._by_first[words[0].casefold()].append(_pattern(one))

    @classmethod
    def around(cls, person: User, *, staff: bool = False) -> "Others":
        """The colleagues of the same account; with ``staff``, our own people too. One query."""
        there = Q(account__isnull=False, account=person.account_id) | (Q(is_staff=True) if staff else Q())
        people = User.objects.filter(there).exclude(pk=person.pk).values_list("name", "email")
        return cls((called for both in people.iterator() for called in both), sparing=[person.name, person.email])

    def blank(self, text: str) -> str:
        for word in {found.casefold() for found in re.findall(r"\w+", text)}:
            for pattern in self._by_first.get(word, ()):
                text = pattern.sub(BLANK, text)
        return text


def _key(called: str) -> str:
    return " ".join(called.casefold().split())


def _pattern(called: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, called.split()))
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
