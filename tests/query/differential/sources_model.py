"""Stages that take further rows from elsewhere, one plain loop each."""

from __future__ import annotations

from dataclasses import replace

from tests.query.differential.rows_model import Rows


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
