"""Asking the engine, with its answer as plain rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from logstore.model.schema import MORE, Column, Kind
from query.engine import Engine, Request
from query.results.facts import Notice
from tests.query.differential.expressions_model import Row
from tests.query.differential.stages_model import SHOWN_FIRST
from tests.query.differential.values import Json, Time, Value, from_json


@dataclass(frozen=True, slots=True)
class Asked:
    """What the engine answered.

    Attributes:
        columns: fields, in order.
        rows: in order, without missing values.
        cut: whether the answer says that there were more rows.
        failures: how many values could not be computed.
        notices: remarks on the query.
    """

    columns: tuple[str, ...]
    rows: list[Row]
    cut: bool
    failures: int
    notices: tuple[Notice, ...]

    def shown_columns(self) -> tuple[str, ...]:
        """The columns with the fields that rows keep in `_more`: those of event rows, so in the order of events."""
        more = {name for row in self.rows for name in row} - set(self.columns)
        if not more:
            return self.columns
        first = [name for name in SHOWN_FIRST if name in self.columns]
        return (*first, *sorted({*self.columns, *more} - set(first)))


def ask(engine: Engine, request: Request) -> Asked:
    """The whole answer."""
    with engine.query(request) as answer:
        table = answer.table()
        facts = answer.facts()
        rows = plain_rows(table, answer.columns)
    assert facts.rows == len(rows)
    columns = tuple(dict.fromkeys(column.field for column in answer.columns))
    return Asked(columns, rows, facts.cut, facts.could_not_compute, facts.notices)


def plain_rows(table: pa.Table, columns: Sequence[Column]) -> list[Row]:
    """Rows of values, the columns of one field brought together, the fields of `_more` put beside them."""
    rows: list[Row] = [{} for _ in range(table.num_rows)]
    for place, column in enumerate(columns):
        for row, value in zip(rows, _values(table.column(place), column.kind), strict=True):
            _put(row, [(column.field, value)])
    if MORE in table.column_names:
        for row, more in zip(rows, table.column(MORE).to_pylist(), strict=True):
            _put(row, _from_more(more or ()))
    return rows


def _values(column: pa.ChunkedArray, kind: Kind) -> list[Value]:
    if kind is Kind.TIME:
        return [None if ns is None else Time(ns) for ns in column.cast(pa.int64()).to_pylist()]
    values: list[Value] = column.to_pylist()
    return [None if value is None else Json(str(value)) for value in values] if kind is Kind.JSON else values


def _from_more(more: Iterable[tuple[str, str]] | Mapping[str, str]) -> list[tuple[str, Value]]:
    return [
        (field, Json(text) if text[:1] in ("[", "{") else from_json(json.loads(text)))
        for field, text in dict(more).items()
    ]


def _put(row: Row, pairs: Iterable[tuple[str, Value]]) -> None:
    """Adds what is present; a field must not be there twice."""
    for field, value in pairs:
        if value is not None:
            assert field not in row, f"{field} is both {row[field]!r} and {value!r}"
            row[field] = value
