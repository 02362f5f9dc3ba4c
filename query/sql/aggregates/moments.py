"""Sums, means, deviations and quantiles: of the numbers; other values are left out."""

from __future__ import annotations

from logstore.model.schema import Kind
from query.plan.logical import Aggregation
from query.sql import quote
from query.sql.aggregates.gathering import Entry, Gathering, literal, of_value
from query.sql.numbers import is_nan, numbers_of
from query.sql.typed import Typed, typed

# Squares of larger numbers leave the range of doubles (and DuckDB raises then): those are scaled down first.
_LARGE, _SCALE = "1e150", "1e-160"


def _sum(gathering: Gathering, value: Typed, _: Aggregation) -> Typed:
    numbers = numbers_of(value)
    whole = None if numbers.whole is None else gathering.collect(f"sum({numbers.wide})")
    if numbers.double is None:
        exact = None if whole is None else f"TRY_CAST({whole} AS BIGINT)"
        return typed({Kind.INT: exact, Kind.FLOAT: whole and f"CASE WHEN {exact} IS NULL THEN {whole}::DOUBLE END"})
    double = gathering.collect(f"sum({numbers.double})")
    if whole is None:
        return typed({Kind.FLOAT: double})
    exact = f"CASE WHEN {double} IS NULL THEN TRY_CAST({whole} AS BIGINT) END"
    both = f"coalesce({whole}::DOUBLE + {double}, {double}, {whole}::DOUBLE)"
    return typed({Kind.INT: exact, Kind.FLOAT: f"CASE WHEN ({exact}) IS NULL THEN {both} END"})


def _avg(gathering: Gathering, value: Typed, _: Aggregation) -> Typed:
    number = numbers_of(value).rounded
    return typed({Kind.FLOAT: None if number is None else gathering.collect(f"avg({number})")})


def _stddev(gathering: Gathering, value: Typed, _: Aggregation) -> Typed:
    rounded = numbers_of(value).rounded
    if rounded is None:
        return Typed()
    number = gathering.bench.keep(rounded)
    count, odd = (
        gathering.count(f"{number} IS NOT NULL"),
        gathering.count(f"NOT isfinite({number})"),
    )
    largest = gathering.collect(f"max(abs({number}))")
    plain = gathering.collect(f"stddev_samp({number}) FILTER (WHERE isfinite({number}) AND abs({number}) < {_LARGE})")
    scaled = gathering.collect(f"stddev_samp({number} * {_SCALE}) FILTER (WHERE isfinite({number}))")
    result = f"CASE WHEN {largest} < {_LARGE} THEN {plain} ELSE {scaled} / {_SCALE} END"
    cases = f"WHEN {count} < 2 THEN NULL WHEN {odd} > 0 THEN {quote.double(float('nan'))} ELSE {result}"
    return typed({Kind.FLOAT: f"CASE {cases} END"})


def _quantile(gathering: Gathering, value: Typed, aggregation: Aggregation) -> Typed:
    rounded = numbers_of(value).rounded
    if rounded is None:
        return Typed()
    number, share = gathering.bench.keep(rounded), literal(aggregation, 0, 0.5)
    quantile = f"quantile_cont({number}, {quote.double(float(share))}) FILTER (WHERE NOT {is_nan(number)})"
    return typed({Kind.FLOAT: gathering.collect(quantile)})


ENTRIES: dict[str, Entry] = {
    "sum": of_value(_sum),
    "avg": of_value(_avg),
    "stddev": of_value(_stddev),
    "quantile": of_value(_quantile),
}
