"""Stages that take further rows from elsewhere, one plain loop each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.query.differential.aggregates import representative
from tests.query.differential.expressions_model import Row
from tests.query.differential.rows_model import Rows, present
from tests.query.differential.search_model import same
from tests.query.differential.values import identity, is_number, sort_key


def union(rows: Rows, other: Rows) -> Rows:
    """The rows of both: events newest first, others one after the other."""
    columns = None
    if rows.columns is not None and other.columns is not None:
        columns = (*rows.columns, *(name for name in other.columns if name not in rows.columns))
    both, shaped = [*rows.rows, *other.rows], rows.shaped and other.shaped
    if rows.origins is None or other.origins is None:
        return Rows(both, None, columns, shaped=True)
    sides = ((0, rows.origins), (1, other.origins))
    origins = [replace(each, tie=(side, *each.tie)) for side, found in sides for each in found]
    made = Rows(both, origins, columns, shaped)
    return made.chosen(sorted(range(len(both)), key=lambda place: origins[place].newest_first()))


def join(rows: Rows, other: Rows, names: Sequence[str], *, keep_all: bool) -> Rows:
    """Each row with every row of the other query that has equal values, those in their order."""
    assert other.columns is not None
    added = [name for name in other.columns if name not in names]
    made: list[Row] = []
    places: list[int] = []
    ties: list[int] = []
    for place, row in enumerate(rows.rows):
        kept = {name: value for name, value in row.items() if name not in added}
        found = [at for at, their in enumerate(other.rows) if all(_equal(row, their, name) for name in names)]
        made += [{**kept, **{name: other.rows[at][name] for name in added if name in other.rows[at]}} for at in found]
        if keep_all and not found:
            made.append(kept)
        ties += found or [0] * keep_all
        places += [place] * (len(found) or keep_all)
    columns = None if rows.columns is None else tuple(dict.fromkeys((*rows.columns, *added)))
    if rows.origins is None:
        return Rows(made, None, columns, rows.shaped)
    origins = [
        replace(rows.origins[place], tie=(*rows.origins[place].tie, tie))
        for place, tie in zip(places, ties, strict=True)
    ]
    return Rows(made, origins, columns, rows.shaped)


def _equal(row: Row, other: Row, name: str) -> bool:
    return same(row.get(name), other.get(name))


def compare(rows: Rows, before: Rows, by: Sequence[str], values: Sequence[str], numeric: Sequence[str]) -> Rows:
    """The groups of both sides, each once, with the values of either."""
    groups: dict[object, list[tuple[int, Row]]] = {}
    for side, made in enumerate((rows, before)):
        for row in made.rows:
            groups.setdefault(tuple(identity(row.get(name)) for name in by), []).append((side, row))
    merged = [_side_by_side(found, by, values, numeric) for found in groups.values()]
    merged.sort(key=lambda row: [sort_key(name)(row.get(name)) for name in by])
    of_value = ([name, f"{name}_before", *([f"{name}_change"] if name in numeric else ())] for name in values)
    columns = (*by, *(column for several in of_value for column in several))
    return Rows(merged, None, columns, shaped=True)


def _side_by_side(
    found: Sequence[tuple[int, Row]], by: Sequence[str], values: Sequence[str], numeric: Sequence[str]
) -> Row:
    made: Row = {name: representative([row.get(name) for _, row in found]) for name in by}
    sides = dict(found)
    for name in values:
        now, then = (sides.get(side, {}).get(name) for side in range(2))
        made[name], made[f"{name}_before"] = now, then
        if name in numeric and is_number(now) and is_number(then):
            made[f"{name}_change"] = _change(float(now), float(then))  # type: ignore[arg-type]
    return present(made)


def _change(now: float, then: float) -> float | None:
    return (now - then) / then if then != 0 else None
