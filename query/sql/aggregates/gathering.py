"""Collecting what one GROUP BY has to compute for several aggregates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from query.plan.expressions import Value
from query.plan.logical import Aggregation
from query.sql.aggregates.terms import Term
from query.sql.bench import Bench
from query.sql.expressions import Expressions
from query.sql.typed import Typed


class Gathering:
    """Aggregates of one stage: the same one is computed once.

    Attributes:
        bench: the rows that are grouped.
        seconds: what a rate is per.
        terms: the SQL aggregates so far.
    """

    def __init__(self, bench: Bench, seconds: float | None) -> None:
        self.bench = bench
        self.seconds = seconds
        self.terms: list[Term] = []
        self._names: dict[str, str] = {}

    def collect(self, aggregate: str) -> str:
        """The name under which an SQL aggregate is to be found once the rows are grouped."""
        return self._collect(aggregate)

    def count(self, condition: str | None = None) -> str:
        """Likewise, of the number of rows (where a condition holds)."""
        return self._collect("count(*)" if condition is None else f"count(*) FILTER (WHERE {condition})", counts=True)

    def collect_distinct(self, function: str, value: str, condition: str | None = None) -> str:
        """Likewise, of a function that takes each different value once, with a condition on the values."""
        value = self.bench.column(value)
        where = "" if condition is None else f" FILTER (WHERE {condition.format(value)})"
        return self._collect(f"{function}(DISTINCT {value}){where}", distinct=value)

    def _collect(self, aggregate: str, *, counts: bool = False, distinct: str | None = None) -> str:
        if aggregate not in self._names:
            self._names[aggregate] = self.bench.statement.fresh("a")
            self.terms.append(Term(self._names[aggregate], aggregate, counts, distinct))
        return self._names[aggregate]


Entry: TypeAlias = Callable[[Gathering, Expressions, Aggregation], Typed]
"""Gives the value of an aggregate in terms of what it has collected."""


def of_value(make: Callable[[Gathering, Typed, Aggregation], Typed]) -> Entry:
    """An aggregate of one value, which is worked out first."""

    def entry(gathering: Gathering, expressions: Expressions, aggregation: Aggregation) -> Typed:
        argument: Value = aggregation.argument  # type: ignore[assignment]
        return make(gathering, gathering.bench.keep_all(expressions.value(argument)), aggregation)

    return entry


def literal(aggregation: Aggregation, place: int, default: float) -> float:
    """A further argument, which is a number."""
    if place >= len(aggregation.constants):
        return default
    value = aggregation.constants[place].value
    return value if isinstance(value, (int, float)) else default
