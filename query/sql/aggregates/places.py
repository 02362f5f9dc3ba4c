"""`first` and `last`: the value of the oldest and the newest row that has one; of other rows by their order."""

from __future__ import annotations

from query.plan.logical import Aggregation
from query.sql.aggregates.gathering import Entry, Gathering, of_value
from query.sql.order import order_by
from query.sql.typed import Typed, present


def _place(function: str) -> Entry:
    def make(gathering: Gathering, value: Typed, _: Aggregation) -> Typed:
        if not value.kinds:
            return Typed()
        alternatives = ", ".join(f"{kind.value} := {sql}" for kind, sql in value.items())
        place = _position(gathering)
        chosen = f"{function}(struct_pack({alternatives}), {place}) FILTER (WHERE {present(value)})"
        found = gathering.collect(chosen)
        return Typed({kind: f"{found}['{kind.value}']" for kind in value.kinds}, value.severity)

    return of_value(make)


def _position(gathering: Gathering) -> str:
    rows = gathering.bench.rows
    if rows.address is not None:
        keys = (rows.address.time, rows.address.seq, *rows.address.ties)
        return f"struct_pack({', '.join(f'a{place} := {key}' for place, key in enumerate(keys))})"
    return gathering.bench.keep(f"row_number() OVER ({order_by(rows.order)})")


ENTRIES: dict[str, Entry] = {"first": _place("arg_min"), "last": _place("arg_max")}
