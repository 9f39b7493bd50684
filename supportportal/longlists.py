"""The staff's long lists: a page costs the same among ten thousand rows and among a million.

Rows are counted up to a limit, behind which nobody turns pages: they filter, search, or turn the order round. On
PostgreSQL words are found by their beginnings, with an index over the words; on SQLite anywhere in the text.
"""

import re
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import BooleanField, Exists, Func, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

MOST = 2_000  # rows that are counted, and paged through
MOST_FOUND = 5_000  # rows of another table by which a list is searched quickly; with more it takes longer
SEPARATORS = "@._-+/'\"(),;:&#"  # part words; a migration's index knows them too
BLANKS = " " * len(SEPARATORS)


class CountedUpTo(Paginator):
    """Counts no further than ``MOST``; ``is_cut`` says that there is more."""

    @cached_property
    def _counted(self) -> int:
        return self.object_list.order_by().values("pk")[: MOST + 1].count()

    @property
    def count(self) -> int:
        return min(self._counted, MOST)

    @property
    def is_cut(self) -> bool:
        return self._counted > MOST


class LongListAdmin(admin.ModelAdmin):
    """A list that may grow without end. ``word_fields`` are those that have an index over their words."""

    paginator = CountedUpTo
    show_full_result_count = False
    word_fields: Sequence[str] = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if connection.vendor != "postgresql" or not search_term.strip():
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(self.found_by_words(search_term)), False

    def found_by_words(self, search_term: str) -> Q:
        """The condition for rows that hold all words of ``search_term``, on PostgreSQL."""
        # As values: of the beginning of a word, PostgreSQL always expects that one row in fifty has it.
        return Q(pk__in=pks(self.model._default_manager.filter(HasWords(*self.word_fields, words=search_term))))


class HasWords(Func):
    """Whether the fields together hold words that begin like each of ``words``: with an index, on PostgreSQL."""

    output_field = BooleanField()

    def __init__(self, *fields: str, words: str, **extra: Any) -> None:
        super().__init__(*fields, **extra)
        self.words = words

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        fields = [compiler.compile(field)[0] for field in self.source_expressions]
        return f"{words_of(fields)} @@ to_tsquery('simple', %s)", [_asked(self.words)]


def words_of(columns: Sequence[str]) -> str:
    """The words of some columns in SQL, as an index keeps them."""
    text = " || ' ' || ".join(columns)
    return "to_tsvector('simple', translate({}, '{}', '{}'))".format(text, SEPARATORS.replace("'", "''"), BLANKS)


def _asked(words: str) -> str:
    """All of these beginnings; what begins with nothing is found nowhere."""
    found = re.split(f"[{re.escape(SEPARATORS)}\\s\\\\]+", words.replace("\0", ""))
    return " & ".join(f"'{word}':*" for word in found if word)


def among(rows: QuerySet[Any], field: str) -> Exists:
    """Whether the row that ``field`` names is one of ``rows``: looked up for each row that is shown or counted.

    "In" would have PostgreSQL collect all of them first, a million for a page of fifty. So would an equality alone:
    the second condition says nothing more, but cannot be turned into that.
    """
    return Exists(rows.filter(pk=OuterRef(field), pk__lte=OuterRef(field)))


def pks(rows: QuerySet[Any]) -> Any:
    """Those by which another list is searched: as values, so that it uses its own index, unless they are very many."""
    asked = rows.order_by().values_list("pk", flat=True)
    found = list(asked[: MOST_FOUND + 1])
    return found if len(found) <= MOST_FOUND else asked


def values_of(model: type[Model], field: str) -> list[str]:
    """The different values of an indexed column, from one to the next in the index; not by reading every row."""
    table, column = (connection.ops.quote_name(name) for name in (model._meta.db_table, field))
    following = f"(SELECT MIN({column}) FROM {table} WHERE {column} > each.one)"  # noqa: S608  (names of our own)
    first = f"SELECT MIN({column}) FROM {table}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE each(one) AS ({first} UNION ALL"  # noqa: S608
            f" SELECT {following} FROM each WHERE each.one IS NOT NULL) SELECT one FROM each WHERE one IS NOT NULL"
        )
        return [row[0] for row in cursor.fetchall()]
