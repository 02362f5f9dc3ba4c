"""Columns: how fields of any name and any mix of types become columns that every Parquet reader accepts.

A *field* is what the query language names, case-sensitive (`kubernetes.pod_name`, `Status`). A field's values keep the
type they were sent with, so one field may need several *columns*, one per *kind*; at most one of them is non-null in a
row. A column's name on disk is ours: unique ignoring case, never empty, never a name that DuckDB gives a meaning to.
The way from column to field is always the map carried in `EventBatch.columns`, the catalog and the Parquet metadata,
never the name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import pyarrow as pa


class Kind(str, Enum):
    """Type of a value, as sent. The strings are on disk and in column names: never rename one."""

    BOOL = "bool"
    INT = "int"
    """-2^63 to 2^63-1."""
    UINT = "uint"
    """2^63 to 2^64-1 only; smaller integers are INT, however the sender wrote them."""
    FLOAT = "float"
    TEXT = "text"
    JSON = "json"
    """An array, or an empty map, as compact JSON text."""
    TIME = "time"
    """UTC nanoseconds; only the field `time`, and results of expressions."""


ARROW_TYPES: dict[Kind, pa.DataType] = {
    Kind.BOOL: pa.bool_(),
    Kind.INT: pa.int64(),
    Kind.UINT: pa.uint64(),
    Kind.FLOAT: pa.float64(),
    Kind.TEXT: pa.string(),
    Kind.JSON: pa.string(),
    Kind.TIME: pa.timestamp("ns", "UTC"),
}

DICTIONARY_TYPE = pa.dictionary(pa.int32(), pa.string())
"""What a column of texts may be instead of `ARROW_TYPES` says: its values repeat, so each is held once."""

TIME, SEQ, TAG, MESSAGE, LEVEL, MORE = "time", "_seq", "tag", "message", "level", "_more"

BUILT_IN_FIELDS = (TIME, TAG, MESSAGE, LEVEL)
"""Fields of our own; a sender's key of such a name is kept under `record.<key>`."""

RESERVED_FIELDS = frozenset({*BUILT_IN_FIELDS, SEQ, MORE})

# DuckDB's read_parquet adds virtual columns of these names; a sender's column would shadow them on its part alone.
RESERVED_COLUMNS = frozenset({*RESERVED_FIELDS, "file_row_number", "filename", "file_index"})

LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")
"""Values of `level`, by rising severity."""

MORE_TYPE = pa.map_(pa.string(), pa.string())
"""`_more`: field name to the value's JSON text (NaN, Infinity and -Infinity as those bare words)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One physical column: its name in the file or table, the field it serves and the kind of value it holds."""

    name: str
    field: str
    kind: Kind


FIXED_COLUMNS = (
    Column(TIME, TIME, Kind.TIME),
    Column(SEQ, SEQ, Kind.INT),
    Column(TAG, TAG, Kind.TEXT),
    Column(MESSAGE, MESSAGE, Kind.TEXT),
    Column(LEVEL, LEVEL, Kind.TEXT),
)
"""The columns that every batch and part has, in this order, before all others. `time`, `_seq`, `tag` are never null."""


def name_columns(wanted: Iterable[tuple[str, Kind, int]]) -> tuple[Column, ...]:
    """Names columns for fields, in the order given.

    Args:
        wanted: (field, kind, number of non-null values) for each column, without the fixed ones; no pair twice.

    Returns:
        A column for each, in the same order. A field's commonest kind gets the field's name, its other kinds
        `field#kind`; a name that is empty, reserved, or taken ignoring case gets `~2`, `~3`, ... appended. Names
        depend on the input alone.
    """
    rows = list(wanted)
    plain: dict[str, tuple[int, Kind]] = {}
    for field, kind, count in rows:
        if field not in plain or count > plain[field][0]:
            plain[field] = (count, kind)
    taken = {fold(name) for name in RESERVED_COLUMNS}
    columns = []
    for field, kind, _ in rows:
        base = field if plain[field][1] is kind else f"{field}#{kind.value}"
        columns.append(Column(_free_name(base, taken), field, kind))
    return tuple(columns)


def _free_name(base: str, taken: set[str]) -> str:
    name, suffix = base, 1
    while not name or fold(name) in taken:
        suffix += 1
        name = f"{base}~{suffix}"
    taken.add(fold(name))
    return name


def fold(name: str) -> str:
    """The form of a column name under which two names are the same to case-blind engines."""
    return name.casefold()


def columns_of(columns: Sequence[Column], field: str) -> tuple[Column, ...]:
    """The columns that hold values of `field`, in their order; empty when there are none (see `_more` then)."""
    return tuple(column for column in columns if column.field == field)
