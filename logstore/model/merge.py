"""The algebra of batches: joining, sorting, choosing rows, and moving rare fields to `_more`.

Every function takes immutable batches and returns new ones. Columns come out in one canonical order (the fixed ones,
then by field and kind), so that two batches with the same rows, made in different ways, are equal tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logstore.model.batch import EventBatch
from logstore.model.more_column import (
    NO_ENTRIES,
    MoreEntries,
    Sparse,
    build_more,
    columns_from,
    entries_of,
    read_more,
    scatter,
)
from logstore.model.schema import (
    ARROW_TYPES,
    DICTIONARY_TYPE,
    FIXED_COLUMNS,
    MORE,
    MORE_TYPE,
    RESERVED_FIELDS,
    SEQ,
    TIME,
    Column,
    Kind,
    name_columns,
)

MAX_COLUMNS = 500
"""More make every reader slow at opening a part; fewer send common fields to `_more`, which no statistics cover."""

MIN_SHARE = 0.001
"""Fields in a smaller share of the rows cost more as columns (a chunk in every row group) than they give."""

MIN_ROWS_FOR_SHARE = 4096
"""Below this many rows a share says nothing: a field met once or twice may be common in the next minute, and small
parts are compacted soon, where the same decision is taken again on more rows."""

MAX_CELLS_PER_VALUE = 32
"""A column has a cell in every row, so hundreds of fields of which each row has one or two take hundreds of times the
room of their values. Where there are more cells than this for each value, fields in fewer than one of so many rows are
not spread over columns. Smaller would send common fields to `_more`; larger lets a megabyte become a gigabyte."""

MAX_SPELLED_OUT_BYTES = 64 << 20
"""Texts that repeat, joined with such that do not, lose their dictionaries up to so many bytes. Larger takes that much
more memory, for a few columns at once, and an Arrow array of texts ends at 2 GiB. Smaller spends time on dictionaries
of texts that hardly repeat."""

Key = tuple[str, Kind]
Arrays = dict[Key, pa.ChunkedArray]

_FIXED_KEYS = tuple((column.field, column.kind) for column in FIXED_COLUMNS)
_KIND_ORDER = {kind: place for place, kind in enumerate(Kind)}


def empty_batch() -> EventBatch:
    """A batch without events: the fixed columns only."""
    schema = pa.schema([(column.name, ARROW_TYPES[column.kind]) for column in FIXED_COLUMNS])
    return batch_from_table(schema.empty_table(), FIXED_COLUMNS)


def batch_from_table(table: pa.Table, columns: Sequence[Column]) -> EventBatch:
    """The batch of `table`, whose columns but `_more` are `columns`, with its spans computed."""
    time_min, time_max = _span(table.column(TIME).cast(pa.int64()))
    seq_min, seq_max = _span(table.column(SEQ))
    return EventBatch(table, tuple(columns), time_min, time_max, seq_min, seq_max)


def batch_from_columns(
    num_rows: int, columns: Iterable[Sparse], max_columns: int = MAX_COLUMNS, more: Sequence[MoreEntries] = ()
) -> EventBatch:
    """The batch of sparse columns, no field and kind twice, the fixed ones among them, rows ascending by `_seq`.

    Fields past `max_columns`, and rare ones where columns would be nearly empty (`MAX_CELLS_PER_VALUE`), join `more`
    (whose fields have no columns) without ever being spread over all rows, so many different keys cost no more memory
    than their values.
    """
    by_key = {(column.field, column.kind): column for column in columns}
    counts = {key: len(column.rows) for key, column in by_key.items()}
    folded = fields_to_fold(counts, num_rows, max_columns, _least_share(counts, num_rows))
    entries = [*more, *(entries_of(column) for column in by_key.values() if column.field in folded)]
    arrays = {
        key: pa.chunked_array([scatter(column, num_rows)], ARROW_TYPES[column.kind])
        for key, column in by_key.items()
        if column.field not in folded
    }
    for key in _FIXED_KEYS:
        arrays.setdefault(key, _nulls(num_rows, ARROW_TYPES[key[1]]))
    return _assemble(arrays, counts, build_more(num_rows, entries) if entries else None)


def batch_from_arrays(num_rows: int, arrays: Mapping[Key, pa.Array], max_columns: int = MAX_COLUMNS) -> EventBatch:
    """The same batch as `batch_from_columns` makes, of arrays as long as the batch, with nulls in them."""
    counts = {key: len(array) - array.null_count for key, array in arrays.items()}
    full = {key: pa.chunked_array([array], array.type) for key, array in arrays.items()}
    if fields_to_fold(counts, num_rows, max_columns, _least_share(counts, num_rows)):
        return batch_from_columns(num_rows, [_sparse(*item) for item in full.items()], max_columns)
    for key in _FIXED_KEYS:
        full.setdefault(key, _nulls(num_rows, ARROW_TYPES[key[1]]))
    return _assemble(full, counts, None)


def concat_batches(batches: Iterable[EventBatch]) -> EventBatch:
    """The events of all batches as one, ascending by `_seq`; no `_seq` may occur twice.

    A field that is a column in any of them is one in the result, also for rows that had it in `_more`; unless columns
    would be nearly empty then (`MAX_CELLS_PER_VALUE`).
    """
    batches = [batch for batch in batches if batch.rows]
    if len(batches) <= 1:
        return _by_seq(batches[0]) if batches else empty_batch()
    batches = _without_sparse(batches)
    fields = {column.field for batch in batches for column in batch.columns}
    opened = [_open(batch, fields) for batch in batches]
    keys = dict.fromkeys(key for arrays, _ in opened for key in arrays)
    sizes = [batch.rows for batch in batches]
    joined = {key: _concat([arrays.get(key) for arrays, _ in opened], sizes, key[1]) for key in keys}
    more = _concat_more([entries for _, entries in opened], sizes)
    return _by_seq(_assemble(joined, _counts(joined), more))


def fold_rare_columns(
    batch: EventBatch,
    max_columns: int = MAX_COLUMNS,
    min_share: float = MIN_SHARE,
    min_rows_for_share: int = MIN_ROWS_FOR_SHARE,
) -> EventBatch:
    """The same events with rare fields moved to `_more`, and columns without any value gone.

    A field moves with all its kinds when it is past `max_columns` (see `fields_to_fold`), or when it is in less than
    `min_share` of the rows of a batch of at least `min_rows_for_share`. Fields in `_more` already stay there.
    """
    counts = _counts(_arrays(batch))
    share = min_share if batch.rows >= min_rows_for_share else 0.0
    return _fold(batch, fields_to_fold(counts, batch.rows, max_columns, share))


def fields_to_fold(
    counts: Mapping[tuple[str, Any], int], num_rows: int, max_columns: int, min_share: float
) -> frozenset[str]:
    """The fields that belong in `_more`.

    Args:
        counts: number of values of each field and kind (or whatever else tells columns of a field apart).
        num_rows: rows of the batch.
        max_columns: how many columns there may be besides `_more`, the fixed ones included; the fields in most rows
            win, those of equal count by name, up to the first that no longer fits.
        min_share: fields in a smaller share of the rows go whatever their number.
    """
    room = max_columns - len(FIXED_COLUMNS)
    if len(counts) <= room and not min_share:
        return frozenset()
    totals: Counter[str] = Counter()
    widths: Counter[str] = Counter()
    for (field, _), count in counts.items():
        if count and field not in RESERVED_FIELDS:
            totals[field] += count
            widths[field] += 1
    ranked = sorted(totals, key=lambda field: (-totals[field], field))
    for place, field in enumerate(ranked):
        room -= widths[field]
        if room < 0 or totals[field] < min_share * num_rows:
            return frozenset(ranked[place:])
    return frozenset()


def overlay_texts(batch: EventBatch, field: str, texts: pa.ChunkedArray) -> EventBatch:
    """The same events, with the text of `texts` as the value of `field` where that is not null.

    Args:
        batch: its rows are those of `texts`.
        field: none of our own.
        texts: of type string. What a row had in `field` before, of any kind, makes way for its text.
    """
    arrays, more = _open(batch, {field})
    is_covered = texts.is_valid()
    for key in [key for key in arrays if key[0] == field]:
        plain = ARROW_TYPES[key[1]]
        arrays[key] = pc.if_else(is_covered, pa.scalar(None, plain), arrays[key].cast(plain))
    key = field, Kind.TEXT
    arrays[key] = pc.coalesce(texts, arrays[key]) if key in arrays else texts
    counts = _counts(arrays)
    kept = {key: array for key, array in arrays.items() if key in _FIXED_KEYS or key[0] != field or counts[key]}
    return _assemble(kept, counts, build_more(batch.rows, [more]) if len(more.rows) else None)


def conform(batch: EventBatch, columns: Sequence[Column]) -> EventBatch:
    """The same events with these columns and no others; fields that have none of them are kept in `_more`.

    Args:
        batch: any events.
        columns: the fixed ones first. Of a field that is among them, every kind of which the batch has values is too.
    """
    wanted = {(column.field, column.kind): column.name for column in columns}
    fields = {column.field for column in columns}
    arrays, more = _open(batch, fields)
    moved = [entries_of(_sparse(key, array)) for key, array in arrays.items() if key[0] not in fields]
    entries = [each for each in (more, *moved) if len(each.rows)]
    found = [arrays.get(key, _nulls(batch.rows, ARROW_TYPES[key[1]])) for key in wanted]
    lost = [key for key, array in arrays.items() if key[0] in fields and key not in wanted and _has_values(array)]
    if lost:
        raise ValueError(f"there are values of {lost} and no columns for them")
    names = [*wanted.values(), *([MORE] if entries else [])]
    table = pa.table([*found, *([build_more(batch.rows, entries)] if entries else [])], names=names)
    return replace(batch, table=table, columns=tuple(columns))


def take(batch: EventBatch, indices: pa.Array | np.ndarray[Any, np.dtype[np.int64]]) -> EventBatch:
    """The rows of `batch` at `indices`, in that order; columns left without a value stay."""
    return batch_from_table(batch.table.take(indices), batch.columns)


def sort_batch(batch: EventBatch, keys: Sequence[str | pa.Array | pa.ChunkedArray]) -> EventBatch:
    """The rows of `batch` by rising keys, the first key first: names of its columns, or arrays as long as the batch.

    For writing parts. Rows of the result no longer ascend by `_seq`, unless the keys say so: it must not be used where
    a batch in the order of `_seq` is expected.
    """
    columns = [batch.table.column(key) if isinstance(key, str) else key for key in keys]
    names = [str(place) for place in range(len(columns))]
    order = pc.sort_indices(pa.table(columns, names=names), [(name, "ascending") for name in names])
    return take(batch, order)


def _least_share(counts: Mapping[Key, int], num_rows: int) -> float:
    """The share of the rows below which a field gets no column in a new batch."""
    is_sparse = num_rows * len(counts) > MAX_CELLS_PER_VALUE * sum(counts.values())
    return 1 / MAX_CELLS_PER_VALUE if is_sparse and num_rows >= MIN_ROWS_FOR_SHARE else 0.0


def _without_sparse(batches: Sequence[EventBatch]) -> list[EventBatch]:
    """The batches, with those fields in `_more` that would make nearly empty columns when they are joined."""
    counts: Counter[Key] = Counter()
    for batch in batches:
        counts.update(_counts(_arrays(batch)))
    rows = sum(batch.rows for batch in batches)
    least_share = _least_share(counts, rows)
    if not least_share:
        return list(batches)
    folded = fields_to_fold(counts, rows, len(counts) + len(FIXED_COLUMNS), least_share)
    return [_fold(batch, folded) for batch in batches]


def _fold(batch: EventBatch, folded: frozenset[str]) -> EventBatch:
    """The same events with the fields `folded` in `_more`, and columns without any value gone."""
    arrays = _arrays(batch)
    counts = _counts(arrays)
    if folded.isdisjoint(field for field, _ in arrays) and all(counts[key] for key in arrays if key not in _FIXED_KEYS):
        return batch
    entries = [entries_of(_sparse(key, arrays[key])) for key in arrays if key[0] in folded and counts[key]]
    if batch.has_more:
        entries.append(read_more(batch.table.column(MORE)))
    kept = {key: array for key, array in arrays.items() if key in _FIXED_KEYS or (key[0] not in folded and counts[key])}
    more = build_more(batch.rows, entries) if any(len(part.rows) for part in entries) else None
    return _assemble(kept, counts, more)


def _assemble(arrays: Arrays, counts: dict[Key, int], more: pa.Array | pa.ChunkedArray | None) -> EventBatch:
    """The batch of the given columns in canonical order, named by how many values they have."""
    columns = columns_of_keys(arrays, counts)
    table = pa.table(
        [arrays[column.field, column.kind] for column in columns] + ([] if more is None else [more]),
        names=[column.name for column in columns] + ([] if more is None else [MORE]),
    )
    return batch_from_table(table, columns)


def columns_of_keys(keys: Iterable[Key], counts: Mapping[Key, int]) -> tuple[Column, ...]:
    """The columns of fields and kinds, and the fixed ones, in canonical order, named by how many values they have."""
    ordered = sorted((key for key in keys if key not in _FIXED_KEYS), key=lambda key: (key[0], _KIND_ORDER[key[1]]))
    return FIXED_COLUMNS + name_columns((field, kind, counts.get((field, kind), 0)) for field, kind in ordered)


def _has_values(array: pa.ChunkedArray) -> bool:
    return bool(array.null_count < len(array))


def _arrays(batch: EventBatch) -> Arrays:
    return {(column.field, column.kind): batch.table.column(column.name) for column in batch.columns}


def _open(batch: EventBatch, fields: set[str]) -> tuple[Arrays, MoreEntries]:
    """The columns of `batch`, those of `fields` that it has in `_more` too; and what is left of `_more`."""
    arrays = _arrays(batch)
    if not batch.has_more:
        return arrays, NO_ENTRIES
    entries = read_more(batch.table.column(MORE))
    promoted = pc.is_in(entries.fields, pa.array(sorted(fields), pa.string()))
    for column in columns_from(_where(entries, promoted)):
        arrays[column.field, column.kind] = pa.chunked_array([scatter(column, batch.rows)])
    return arrays, _where(entries, pc.invert(promoted))


def _where(entries: MoreEntries, mask: pa.Array) -> MoreEntries:
    return MoreEntries(
        entries.rows[mask.to_numpy(zero_copy_only=False)], entries.fields.filter(mask), entries.texts.filter(mask)
    )


def _concat_more(entries: Sequence[MoreEntries], rows: Sequence[int]) -> pa.ChunkedArray | None:
    if not any(len(part.rows) for part in entries):
        return None
    return pa.chunked_array(
        [build_more(count, [part]) for part, count in zip(entries, rows, strict=True)],
        MORE_TYPE,
    )


def _by_seq(batch: EventBatch) -> EventBatch:
    seqs = batch.table.column(SEQ).to_numpy()
    return batch if bool((seqs[1:] >= seqs[:-1]).all()) else sort_batch(batch, [SEQ])


def _counts(arrays: Arrays) -> dict[Key, int]:
    return {key: len(array) - array.null_count for key, array in arrays.items()}


def _sparse(key: Key, array: pa.ChunkedArray) -> Sparse:
    rows = np.flatnonzero(array.is_valid().to_numpy()).astype(np.int64)
    values = array.drop_null().cast(ARROW_TYPES[key[1]])
    return Sparse(*key, rows, pa.concat_arrays([*values.chunks, pa.nulls(0, values.type)]))


def _concat(pieces: Sequence[pa.ChunkedArray | None], sizes: Sequence[int], kind: Kind) -> pa.ChunkedArray:
    """One column of pieces of these sizes, None being nulls.

    With dictionaries if all pieces with values have them, or if some have them that would become too large without.
    """
    found = [array for array in pieces if array is not None]
    wanted = found[0].type if len({array.type for array in found}) == 1 else ARROW_TYPES[kind]
    if wanted == ARROW_TYPES[Kind.TEXT] and sum(map(_text_bytes, found)) > MAX_SPELLED_OUT_BYTES:
        wanted = DICTIONARY_TYPE
    arrays = [
        _nulls(size, wanted) if array is None else _cast(array, wanted)
        for array, size in zip(pieces, sizes, strict=True)
    ]
    return pa.chunked_array([chunk for array in arrays for chunk in array.chunks], wanted)


def _cast(array: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    if wanted == DICTIONARY_TYPE and array.type != wanted:
        return array.dictionary_encode()
    return array.cast(wanted)


def _text_bytes(array: pa.ChunkedArray) -> int:
    """How many bytes of text a column with dictionaries is without them; 0 for one that has none."""
    if not pa.types.is_dictionary(array.type):
        return 0
    return sum(
        pc.sum(pc.binary_length(chunk.dictionary).take(chunk.indices).cast(pa.int64())).as_py() or 0
        for chunk in array.chunks
    )


def _nulls(num_rows: int, kind: pa.DataType) -> pa.ChunkedArray:
    return pa.chunked_array([pa.nulls(num_rows, kind)], kind)


def _span(values: pa.ChunkedArray) -> tuple[int, int]:
    ends = pc.min_max(values)
    return (0, -1) if not len(values) else (int(ends["min"].as_py()), int(ends["max"].as_py()))
