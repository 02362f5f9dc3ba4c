"""Merging parts into new ones, in bounded memory: one slice of time after the other is read, sorted and written.

Row groups are read when the first slice needs them, and kept as long as later ones do unless memory gets short: then
they are read again. Only times are read of all rows beforehand, to know which slice each row belongs to. Where parts
follow each other in time rather than overlap, and are too large to be in memory together, rows keep their order.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logstore.model.batch import EventBatch
from logstore.model.merge import Key, conform
from logstore.model.more_column import MoreEntries, columns_from, read_more
from logstore.model.row_set import union
from logstore.model.schema import ARROW_TYPES, DICTIONARY_TYPE, MORE, MORE_TYPE, TIME, Column, Kind
from logstore.model.snapshot import Part
from logstore.storage.index.build import IndexBuilder, IndexShape
from logstore.storage.layout import spanning_name
from logstore.storage.part.files import publish_part
from logstore.storage.part.load import PartFile
from logstore.storage.part.order import Integers, order_of_merged
from logstore.storage.part.overlap import follow_each_other, most_at_a_time
from logstore.storage.part.sample import SAMPLE_ROWS
from logstore.storage.part.shape import PartShape
from logstore.storage.part.slices import Mask, NewPart, Numbers, SliceRules, Slices, deal_out, keep_order
from logstore.storage.part.stream import Heading, PartStream
from logstore.storage.part.union import Present, keys_to_count, merged_columns
from logstore.storage.publish import Publisher
from logstore.storage.steps import Steps

_SLICE_SHARE = 4
"""A slice is at most this part of the memory, and takes as much again while it is sorted and written."""

_KEPT_SHARE = 2
"""This part of the memory is for row groups that slices have in common: all of a part as it was sealed, whose rows are
sorted by tag. With less room they would be read again for each slice."""


_GROUPS = 2
"""Days of few rows share a part until they have so many times the rows of an average part that is merged: so what
cannot be split into days becomes about half as many parts."""


_SAMPLED_GROUPS = 4
"""More row groups tell more surely how columns are written best. They are read for it alone."""


@dataclass(frozen=True, slots=True)
class MergeLimits:
    """How large things become.

    Attributes:
        part_rows: most rows of a new part.
        day_rows: a day gets parts of its own when it has so many rows.
        memory_bytes: about as much memory is used.
    """

    part_rows: int
    day_rows: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Merging:
    """What is merged.

    Attributes:
        parts: parts of a snapshot, at least one.
        erased: numbers of the deletions whose rows are left out, as far as they are known.
        number: the generation's number of the new parts.
        level: of the new parts.
    """

    parts: tuple[Part, ...]
    erased: frozenset[int]
    number: int
    level: int


class Merger:
    """Merges parts.

    Args:
        publisher: puts new files into the data directory.
        shape: how they are written.
        limits: how large things become.
        new_ulid: makes names unique.
        index: how word indexes of them are made; None: none are.
    """

    def __init__(
        self,
        publisher: Publisher,
        shape: PartShape,
        limits: MergeLimits,
        new_ulid: Callable[[], str],
        index: IndexShape | None = None,
    ) -> None:
        self._index = index
        self._publisher = publisher
        self._shape = shape
        self._limits = limits
        self._new_ulid = new_ulid

    def merge(self, work: Merging) -> Steps[tuple[Part, ...]]:
        """Makes new parts, durable but not listed, of what is merged; their paths are names in the data directory.

        A step is a row group read for the first time, or one written. When the work fails, or is given up, no new
        file stays.

        Raises:
            StorageError: a file could not be written.
            CorruptionError: a part is not what is known of it.
        """
        made: list[Part] = []
        with contextlib.ExitStack() as files:
            try:
                inputs = [_Input(part, files, work.erased) for part in sorted(work.parts, key=_by_time)]
                columns = yield from _columns(inputs)
                layout = _layout(inputs, columns)
                keeps_order = self._keeps_order(inputs)
                # Slices that keep their order are each of a few tags: no single one is like the others.
                sampled = (yield from _sampled(inputs, layout)) if keeps_order else None
                slices = yield from self._deal_out(inputs, keeps_order=keeps_order)
                row_groups = _RowGroups(inputs, slices, layout, self._kept_bytes)
                for new in slices.parts:
                    part = yield from self._write(new, row_groups, replace(layout, sampled=sampled), work)
                    made.append(replace(part, level=work.level))
            except BaseException:
                self._publisher.discard(file for part in made for file in (part.path, part.index) if file is not None)
                raise
        return tuple(made)

    @property
    def _slice_bytes(self) -> int:
        return self._limits.memory_bytes // _SLICE_SHARE

    @property
    def _kept_bytes(self) -> int:
        return self._limits.memory_bytes // _KEPT_SHARE

    def _keeps_order(self, inputs: Sequence[_Input]) -> bool:
        """Whether rows cannot all be sorted by time without reading row groups again, and need not be."""
        parts = [each.part for each in inputs]
        room = self._kept_bytes // max(each.file.row_bytes for each in inputs)
        return most_at_a_time(parts) > room and follow_each_other(parts)

    def _deal_out(self, inputs: Sequence[_Input], *, keeps_order: bool) -> Steps[Slices]:
        row_bytes = max(each.file.row_bytes for each in inputs)
        slice_rows = max(1, min(self._shape.sort_bucket_rows, self._slice_bytes // row_bytes))
        # Few days of many parts: not more parts than before, or it would go on for ever.
        group_rows = _GROUPS * sum(each.part.rows for each in inputs) // len(inputs)
        limits = self._limits
        rules = SliceRules(
            limits.part_rows,
            slice_rows,
            limits.day_rows,
            max(limits.day_rows, group_rows),
            self._shape.row_group_rows,
        )
        kept = [each.kept for each in inputs]
        if keeps_order:
            return keep_order([each.part.row_groups for each in inputs], kept, rules)
        times: list[Integers] = []
        for each in inputs:
            times.append(each.file.read([TIME]).column(TIME).cast(pa.int64()).to_numpy())
            yield
        return deal_out(times, kept, rules)

    def _write(self, new: NewPart, row_groups: _RowGroups, layout: _Layout, work: Merging) -> Steps[Part]:
        tenant = work.parts[0].tenant
        builder = None if self._index is None else IndexBuilder(self._index)
        watch = None if builder is None else builder.add
        heading = Heading(layout.columns, work.number, tenant)
        stream = PartStream(heading, self._shape, self._slice_bytes, watch, layout.sampled)
        name = spanning_name(tenant, new.time_min_ns, new.time_max_ns, work.number, self._new_ulid())
        part = yield from publish_part(self._publisher, name, _bytes(new, row_groups, stream), stream.part, builder)
        return part


def _by_time(part: Part) -> tuple[int, int, str]:
    return part.time_min_ns, part.seq_min, part.path


def _bytes(new: NewPart, row_groups: _RowGroups, stream: PartStream) -> Iterator[Sequence[bytes]]:
    for number in range(new.first, new.end):
        for table, rows in row_groups.of_slice(number):
            if table is None:
                yield ()
            else:
                yield from stream.write(table, order_of_merged(table, rows))
    yield stream.finish()


class _Input:
    """A part that is merged: its open file, and which of its rows are not deleted."""

    def __init__(self, part: Part, files: contextlib.ExitStack, erased: Collection[int]) -> None:
        self.part = part
        self.file = files.enter_context(PartFile(part.path, part))
        gone = union(found.rows for found in part.deleted if found.deletion in erased)
        self.kept: Mask | None = None
        if len(gone):
            self.kept = np.ones(part.rows, bool)
            self.kept[gone] = False

    @property
    def present(self) -> Present:
        """The fields and kinds that are columns in it."""
        return Present(self.part.rows, frozenset((column.field, column.kind) for column in self.part.columns))

    def read(self, row_group: int, columns: Collection[str] | None = None) -> pa.Table:
        """One row group."""
        return self.file.read(columns, [row_group])


def _columns(inputs: Sequence[_Input]) -> Steps[tuple[Column, ...]]:
    """The columns of the new parts."""
    present = [each.present for each in inputs]
    fields = {field for each in present for field, _ in each.keys}
    in_more: Counter[Key] = Counter()
    for each in inputs:
        for row_group in range(len(each.part.row_groups)) if each.part.has_more else ():
            in_more += _count_more(each.read(row_group, [MORE]).column(MORE), fields)
            yield
    disputed = {field for field, _ in in_more}
    wanted = keys_to_count(present) | {key for each in present for key in each.keys if key[0] in disputed}
    counts = Counter(in_more)
    for each in inputs:
        found = {column.name: (column.field, column.kind) for column in each.part.columns}
        names = [name for name, key in found.items() if key in wanted]
        for row_group in range(len(each.part.row_groups)) if names else ():
            table = each.read(row_group, names)
            counts.update({found[name]: table.num_rows - table.column(name).null_count for name in names})
            yield
    return merged_columns(present, {key: counts[key] for key in wanted | in_more.keys()}, in_more.keys())


def _count_more(column: pa.ChunkedArray, fields: Collection[str]) -> Counter[Key]:
    """How many rows have a value in `_more` of each kind of some fields."""
    entries = read_more(column)
    mask = pc.is_in(entries.fields, pa.array(sorted(fields), pa.string()))
    rows = entries.rows[mask.to_numpy(zero_copy_only=False)]
    found = columns_from(MoreEntries(rows, entries.fields.filter(mask), entries.texts.filter(mask)))
    return Counter({(column.field, column.kind): len(column.rows) for column in found})


@dataclass(frozen=True, slots=True)
class _Layout:
    """What all slices look like.

    Attributes:
        columns: the columns but `_more`.
        dictionaries: names of those that have dictionaries.
        has_more: whether there is a column `_more`.
        sampled: rows from everywhere, as slices look, when the first slice is not like the others.
    """

    columns: tuple[Column, ...]
    dictionaries: frozenset[str]
    has_more: bool
    sampled: pa.Table | None = None


def _layout(inputs: Sequence[_Input], columns: tuple[Column, ...]) -> _Layout:
    """What slices look like: texts have dictionaries when most of them come with some."""
    votes: Counter[Key] = Counter()
    for each in inputs:
        for column in each.part.columns:
            votes[column.field, column.kind] += each.part.rows * (1 if column.name in each.file.dictionaries else -1)
    texts = [column for column in columns if ARROW_TYPES[column.kind] == ARROW_TYPES[Kind.TEXT]]
    dictionaries = frozenset(column.name for column in texts if votes[column.field, column.kind] > 0)
    kept = {(column.field, column.kind) for column in columns}
    has_more = any(each.part.has_more or not each.present.keys <= kept for each in inputs)
    return _Layout(columns, dictionaries, has_more)


def _sampled(inputs: Sequence[_Input], layout: _Layout) -> Steps[pa.Table]:
    """Some rows of row groups here and there."""
    places = [(each, place) for each in inputs for place in range(len(each.part.row_groups))]
    tables = []
    for number in range(_SAMPLED_GROUPS):
        source, place = places[len(places) * (2 * number + 1) // (2 * _SAMPLED_GROUPS)]
        table = source.read(place)
        rows = np.arange(0, table.num_rows, max(1, table.num_rows * _SAMPLED_GROUPS // SAMPLE_ROWS))
        tables.append(_laid_out(table.take(pa.array(rows)), source.part, layout))
        yield
    return pa.concat_tables(tables)


def _laid_out(table: pa.Table, part: Part, layout: _Layout) -> pa.Table:
    """Rows of a part as all slices look."""
    table = conform(EventBatch(table, part.columns, 0, -1, 0, -1), layout.columns).table
    arrays = [_typed(table.column(column.name), column, layout) for column in layout.columns]
    names = [column.name for column in layout.columns]
    if layout.has_more:
        is_there = MORE in table.schema.names
        arrays.append(table.column(MORE) if is_there else pa.chunked_array([pa.nulls(table.num_rows, MORE_TYPE)]))
        names.append(MORE)
    return pa.table(arrays, names=names)


def _typed(array: pa.ChunkedArray, column: Column, layout: _Layout) -> pa.ChunkedArray:
    if column.name in layout.dictionaries:
        return array if array.type == DICTIONARY_TYPE else array.dictionary_encode()
    return array if array.type == ARROW_TYPES[column.kind] else array.cast(ARROW_TYPES[column.kind])


@dataclass(frozen=True, slots=True)
class _RowGroup:
    """A row group of an input: the slice of each of its rows, and the first and last of them."""

    source: int
    place: int
    slices: Numbers
    first: int
    last: int


class _RowGroups:
    """The rows of inputs, a slice after the other.

    Args:
        inputs: what is merged.
        slices: where each row goes.
        layout: what all slices look like.
        kept_bytes: row groups of so many bytes are kept for later slices.
    """

    def __init__(self, inputs: Sequence[_Input], slices: Slices, layout: _Layout, kept_bytes: int) -> None:
        self._inputs = inputs
        self._layout = layout
        self._kept_bytes = kept_bytes
        self._kept: dict[tuple[int, int], pa.Table] = {}
        self._sizes: dict[tuple[int, int], int] = {}
        self._all = sorted(_row_groups(inputs, slices), key=lambda one: one.first)
        self._next = 0
        self._active: list[_RowGroup] = []

    def of_slice(self, number: int) -> Iterator[tuple[pa.Table | None, Integers]]:
        """The rows of the next slice: at last a table, and the numbers of its rows that are meant.

        Before that come steps without a table, one for each row group that was read.
        """
        while self._next < len(self._all) and self._all[self._next].first <= number:
            self._active.append(self._all[self._next])
            self._next += 1
        nothing = np.empty(0, np.int64)
        tables, rows, offset = [], [], 0
        for one in self._active:
            wanted = np.flatnonzero(one.slices == number)
            if not len(wanted):
                continue
            table = self._kept.get((one.source, one.place))
            if table is None:
                table, wanted = self._read(one, wanted)
                yield None, nothing
            tables.append(table)
            rows.append(wanted + offset)
            offset += table.num_rows
        self._forget(number)
        yield pa.concat_tables(tables), np.concatenate(rows)

    def _read(self, one: _RowGroup, wanted: Integers) -> tuple[pa.Table, Integers]:
        """A row group and its wanted rows; of one for which there is no room nothing but these."""
        source = self._inputs[one.source]
        table = _laid_out(source.read(one.place), source.part, self._layout)
        size = table.nbytes
        if one.first < one.last and sum(self._sizes.values()) + size > self._kept_bytes:
            return table.take(pa.array(wanted)), np.arange(len(wanted), dtype=np.int64)
        self._kept[one.source, one.place] = table
        self._sizes[one.source, one.place] = size
        return table, wanted

    def _forget(self, number: int) -> None:
        """Lets go what no later slice needs."""
        for one in self._active:
            if one.last <= number:
                self._kept.pop((one.source, one.place), None)
                self._sizes.pop((one.source, one.place), None)
        self._active = [one for one in self._active if one.last > number]


def _row_groups(inputs: Sequence[_Input], slices: Slices) -> Iterator[_RowGroup]:
    """The row groups that have rows in any slice."""
    for source, of_row in enumerate(slices.of_row):
        for place, group in enumerate(inputs[source].part.row_groups):
            numbers = of_row[group.first_row : group.first_row + group.rows]
            kept = numbers[numbers >= 0]
            if len(kept):
                yield _RowGroup(source, place, numbers, int(kept.min()), int(kept.max()))
