"""SQL aggregates, and how each is made of what it is over portions of the rows.

A count adds up. Any other aggregate is kept as the database's own *state* of it, which combines with other states; see
https://duckdb.org/docs/stable/sql/functions/aggregates. What takes each different value once cannot be combined: there
the portions are grouped by the value too, and the aggregate itself is computed over those groups.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Term:
    """An aggregate in a GROUP BY.

    Attributes:
        name: under which its result is to be found.
        sql: the aggregate.
        counts: whether it is a number of rows.
        distinct: the column whose different values it takes, each once; None: it takes all rows.
    """

    name: str
    sql: str
    counts: bool = False
    distinct: str | None = None

    def whole(self) -> str:
        """Over all rows at once."""
        return f"{self.sql} AS {self.name}"

    def of_portion(self) -> str:
        """Over a portion of the rows; not of one that takes different values."""
        return self.whole() if self.counts else f"{self.sql} EXPORT_STATE AS {self.name}"

    def of_portions(self) -> str:
        """Over what all portions gave."""
        if self.distinct is not None:
            return self.whole()
        if self.counts:
            return f"coalesce(sum({self.name}), 0)::BIGINT AS {self.name}"
        return f"finalize(combine_aggr({self.name})) AS {self.name}"


Spell: TypeAlias = Callable[[Term], str]
"""Says how a term is written."""


def different_values(terms: Sequence[Term]) -> tuple[str, ...]:
    """The columns whose different values some terms take."""
    return tuple(dict.fromkeys(term.distinct for term in terms if term.distinct is not None))
