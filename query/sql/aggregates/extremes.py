"""`min` and `max` in the total order of values: within each class of kinds first, then the first or last class."""

from __future__ import annotations

from logstore.model.schema import LEVELS, Kind
from query.plan.logical import Aggregation
from query.sql import quote
from query.sql.aggregates.gathering import Entry, Gathering, of_value
from query.sql.numbers import Numbers, compares, is_nan, numbers_of
from query.sql.order import CLASSES, severity
from query.sql.typed import NUMBER_KINDS, Typed, all_of, any_of


def _extreme(function: str) -> Entry:
    def make(gathering: Gathering, value: Typed, _: Aggregation) -> Typed:
        classes = [_of_class(gathering, value.only(kinds), function) for kinds in CLASSES if value.only(kinds).kinds]
        return _first_present(classes if function == "min" else classes[::-1])

    return of_value(make)


def _first_present(classes: list[Typed]) -> Typed:
    kinds: dict[Kind, str] = {}
    before: list[str] = []
    for part in classes:
        absent = all_of(f"{sql} IS NULL" for sql in before)
        for kind, sql in part.items():
            kinds[kind] = f"CASE WHEN {absent} THEN {sql} END" if before else sql
        before += part.kinds.values()
    return Typed(kinds)


def _of_class(gathering: Gathering, value: Typed, function: str) -> Typed:
    if set(value.kinds) & set(NUMBER_KINDS):
        return _of_numbers(gathering, value, function)
    ((kind, sql),) = value.items()
    if value.severity and kind is Kind.TEXT:
        return Typed({kind: _of_levels(gathering, sql, function)})
    return Typed({kind: gathering.collect(f"{function}({sql})")})


def _of_levels(gathering: Gathering, text: str, function: str) -> str:
    """By severity; texts that are no level come after all levels."""
    rank = gathering.bench.keep(severity(text))
    found = gathering.collect(f"{function}({rank})")
    other = gathering.collect(f"{function}({text}) FILTER (WHERE {rank} = {len(LEVELS)})")
    names = " ".join(f"WHEN {place} THEN {quote.text(level)}" for place, level in enumerate(LEVELS))
    return f"CASE {found} {names} ELSE {other} END"


def _of_numbers(gathering: Gathering, value: Typed, function: str) -> Typed:
    found = {kind: gathering.collect(f"{function}({_unsigned_zero(kind, sql)})") for kind, sql in value.items()}
    # Each kind has an extreme of its own now. The integers' is settled first: then at most one of them is non-null.
    integers = _of_integers({kind: sql for kind, sql in found.items() if kind is not Kind.FLOAT}, function)
    double, wide = found.get(Kind.FLOAT), numbers_of(integers).wide
    if double is None or wide is None:
        return Typed(found) if wide is None else integers
    # The double wins where it lies beyond the integer; NaN lies beyond all of them.
    beyond = compares(Numbers(double=double), ">" if function == "max" else "<", Numbers(wide, huge=True))
    nan = is_nan(double) if function == "max" else "false"
    double_wins = any_of([f"{wide} IS NULL", beyond, nan])
    kept = {kind: f"CASE WHEN ({double_wins}) IS NOT TRUE THEN {sql} END" for kind, sql in integers.items()}
    return Typed({**kept, Kind.FLOAT: f"CASE WHEN {double_wins} THEN {double} END"})


def _unsigned_zero(kind: Kind, sql: str) -> str:
    return f"{sql} + 0.0" if kind is Kind.FLOAT else sql


def _of_integers(kinds: dict[Kind, str], function: str) -> Typed:
    """The extreme of the integers: every UINT is larger than every INT."""
    if Kind.INT not in kinds or Kind.UINT not in kinds:
        return Typed(kinds)
    first, second = (Kind.UINT, Kind.INT) if function == "max" else (Kind.INT, Kind.UINT)
    chosen = {first: kinds[first], second: f"CASE WHEN {kinds[first]} IS NULL THEN {kinds[second]} END"}
    return Typed({kind: chosen[kind] for kind in (Kind.INT, Kind.UINT)})


ENTRIES: dict[str, Entry] = {"min": _extreme("min"), "max": _extreme("max")}
