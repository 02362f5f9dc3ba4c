"""Counting rows and values."""

from __future__ import annotations

from logstore.model.schema import Kind
from query.plan.expressions import Condition
from query.plan.logical import Aggregation
from query.sql import quote
from query.sql.aggregates.gathering import Entry, Gathering, of_value
from query.sql.expressions import Expressions
from query.sql.identity import identity_key
from query.sql.typed import Typed, present


def _count(gathering: Gathering, expressions: Expressions, aggregation: Aggregation) -> Typed:
    if aggregation.argument is None:
        return Typed({Kind.INT: gathering.count()})
    return _count_present(gathering, expressions, aggregation)


_count_present = of_value(lambda gathering, value, _: Typed({Kind.INT: gathering.count(present(value))}))


def _countif(gathering: Gathering, expressions: Expressions, aggregation: Aggregation) -> Typed:
    argument: Condition = aggregation.argument  # type: ignore[assignment]
    condition = expressions.condition(argument)
    return Typed({Kind.INT: gathering.count(condition)})


def _distinct(gathering: Gathering, value: Typed, _: Aggregation) -> Typed:
    counts = [gathering.collect_distinct("count", key) for key in identity_key(value)]
    return Typed({Kind.INT: " + ".join(counts) if counts else "0::BIGINT"})


def _rate(gathering: Gathering, _expressions: Expressions, _aggregation: Aggregation) -> Typed:
    seconds = quote.double(float(gathering.seconds or 0))
    return Typed({Kind.FLOAT: f"{gathering.count()} / nullif({seconds}, 0)"})


ENTRIES: dict[str, Entry] = {
    "count": _count,
    "countif": _countif,
    "distinct": of_value(_distinct),
    "exact_distinct": of_value(_distinct),
    "rate": _rate,
}
