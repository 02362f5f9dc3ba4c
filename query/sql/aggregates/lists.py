"""Aggregates that give JSON: lists of values and histograms."""

from __future__ import annotations

from logstore.model.schema import Kind
from query.plan.logical import Aggregation
from query.sql.aggregates.gathering import Entry, Gathering, literal, of_value
from query.sql.identity import identity_key
from query.sql.numbers import numbers_of
from query.sql.order import CLASSES, sort_expressions
from query.sql.spelling import as_json
from query.sql.typed import Typed, present, typed

_VALUES_BY_DEFAULT = 100


def _values(gathering: Gathering, value: Typed, aggregation: Aggregation) -> Typed:
    most = int(literal(aggregation, 0, _VALUES_BY_DEFAULT))
    lists = [_sorted_texts(gathering, value.only(kinds)) for kinds in CLASSES if value.only(kinds).kinds]
    joined = f"list_concat({', '.join(lists)})" if len(lists) > 1 else lists[0] if lists else "[]::VARCHAR[]"
    return typed({Kind.JSON: f"'[' || array_to_string(list_slice({joined}, 1, {most}), ',') || ']'"})


def _sorted_texts(gathering: Gathering, value: Typed) -> str:
    """The distinct values of one class as JSON texts, in order.

    Distinct entries are (sort keys, identity keys, text); of equal numbers spelled twice (1 and 1.0) the integer stays.
    """
    value = _unsigned_zero(gathering, value)
    parts = [*sort_expressions(value), *identity_key(value)]
    integer = any(kind in (Kind.INT, Kind.UINT) for kind in value.kinds) and Kind.FLOAT in value.kinds
    if integer:
        parts.append(f"{value.kinds[Kind.FLOAT]} IS NOT NULL")
    keys = ", ".join(f"k{place} := {key}" for place, key in enumerate(parts))
    entry = gathering.bench.keep(f"CASE WHEN {present(value)} THEN struct_pack({keys}, json := {as_json(value)}) END")
    found = gathering.collect_distinct("list", entry, "{} IS NOT NULL")
    ordered = f"coalesce(list_sort({found}, 'ASC', 'NULLS LAST'), [])"
    if integer:
        same = f"e['k0'] = {ordered}[i - 1]['k0'] AND e['k1'] = {ordered}[i - 1]['k1']"
        ordered = f"list_filter({ordered}, lambda e, i: i = 1 OR NOT ({same}))"
    return f"list_transform({ordered}, lambda e: e.json)"


def _unsigned_zero(gathering: Gathering, value: Typed) -> Typed:
    """0.0 and -0.0 are one value, and so must be spelled alike."""
    plain = {kind: f"({sql} + 0.0)" if kind is Kind.FLOAT else sql for kind, sql in value.items()}
    return gathering.bench.keep_all(Typed(plain, value.severity))


def _histogram(gathering: Gathering, value: Typed, _: Aggregation) -> Typed:
    number = numbers_of(value).rounded
    if number is None:
        return typed({Kind.JSON: "'{}'"})
    number = gathering.bench.keep(number)
    bucket = gathering.bench.keep(_bucket(gathering, number))
    counts = gathering.collect(f"histogram({bucket}) FILTER (WHERE {bucket} IS NOT NULL)")
    entries = f"list_transform(map_entries({counts}), lambda e: '\"' || e.key.label || '\":' || e.value)"
    return typed({Kind.JSON: f"'{{' || coalesce(array_to_string({entries}, ','), '') || '}}'"})


def _bucket(gathering: Gathering, number: str) -> str:
    """(lower bound, label) of the bucket [lower, upper) of a finite number; mirrored below zero.

    Bounds are 1, 2, 5 times powers of ten, made from their decimal spelling so that they are the nearest doubles.
    """
    keep = gathering.bench.keep
    size = keep(f"CASE WHEN isfinite({number}) AND {number} <> 0 THEN abs({number}) END")
    guess = keep(f"floor(log10({size}))::INTEGER")
    over = keep(f"('1e' || ({guess} + 1))::DOUBLE")
    under = keep(f"('1e' || {guess})::DOUBLE")
    power = keep(f"CASE WHEN {size} >= {over} THEN {guess} + 1 WHEN {size} < {under} THEN {guess} - 1 ELSE {guess} END")
    low = keep(
        f"CASE WHEN {size} >= ('5e' || {power})::DOUBLE THEN ('5e' || {power})::DOUBLE"
        f" WHEN {size} >= ('2e' || {power})::DOUBLE THEN ('2e' || {power})::DOUBLE ELSE ('1e' || {power})::DOUBLE END"
    )
    high = keep(
        f"CASE WHEN {low} = ('5e' || {power})::DOUBLE THEN TRY_CAST('1e' || ({power} + 1) AS DOUBLE)"
        f" WHEN {low} = ('2e' || {power})::DOUBLE THEN ('5e' || {power})::DOUBLE ELSE ('2e' || {power})::DOUBLE END"
    )
    lower, upper = (
        keep(f"CASE WHEN {number} < 0 THEN -{far} ELSE {near} END") for far, near in ((high, low), (low, high))
    )
    spelled = [f"regexp_replace({bound}::VARCHAR, '\\.0$', '')" for bound in (lower, upper)]
    labelled = f"struct_pack(lower := {lower}, label := {spelled[0]} || '..' || {spelled[1]})"
    zero = "struct_pack(lower := 0.0::DOUBLE, label := '0..0')"
    return f"CASE WHEN {number} = 0 THEN {zero} WHEN {size} IS NOT NULL THEN {labelled} END"


ENTRIES: dict[str, Entry] = {"values": of_value(_values), "histogram": of_value(_histogram)}
