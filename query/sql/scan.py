"""The scan: files and batches of many shapes become one relation with the same columns.

Pieces in which the needed fields have the same columns form a group; a group of files is one `read_parquet` of an
explicit list, a batch is a registered Arrow table. Each group is one SELECT, joined by position. Type unification is
never left to DuckDB: it would turn a number next to a text into text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from logstore.model.batch import EventBatch
from logstore.model.schema import FIXED_COLUMNS, LEVEL, MORE, SEQ, TIME, Column, Kind
from logstore.model.snapshot import Part, PartRead, RowGroup
from query.plan.erased import Erased, Missing, missing_of
from query.plan.logical import Scan
from query.plan.prune import NO_BOUNDS, Bounds, Piece, Pruned, covered, row_groups_within, untested
from query.sql import quote
from query.sql.deleted import tested_fields, without_matches, without_rows
from query.sql.flat import Flat
from query.sql.more import MORE_KINDS, MORE_SQL_TYPE, from_json_text, lookup, without_names
from query.sql.row_ranges import Ranges, row_ranges
from query.sql.rows import UNSHOWN, Address, Rows
from query.sql.statement import HeadTable, Statement
from query.sql.typed import SQL_TYPES, Typed

_FIXED = frozenset(column.field for column in FIXED_COLUMNS)

_FEW_COLUMNS = 8

# TIMESTAMPTZ_NS literals are only written well inside the range of the type (1677 to 2262).
_LITERAL_MIN_NS, _LITERAL_MAX_NS = -9_223_286_400 * 10**9, 9_223_286_400 * 10**9


@dataclass(frozen=True, slots=True)
class _Slot:
    """A column of the relation: a field's values of one kind."""

    name: str
    field: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Layout:
    """The columns of the whole relation, the same for every group."""

    address: Address
    slots: tuple[_Slot, ...]
    more: str | None
    promoted: tuple[str, ...]
    """Fields that are looked up in `_more`, and that the map column therefore leaves out."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Pieces that one SELECT reads.

    Attributes:
        source: how to name it.
        columns: its columns by (field, kind).
        has_more: whether it has `_more`.
        bounds: those beyond which some of its events may lie.
        without: a condition that its deleted rows do not meet; empty for none.
        tests: deletions whose events are to be left out.
        ranges: the rows of each of its files, by number, that it reads; empty: all of them.
        is_of_files: whether it is files, which have each kind of value in one type.
    """

    source: str
    columns: Mapping[tuple[str, Kind], str]
    has_more: bool
    bounds: Bounds = NO_BOUNDS
    without: str = ""
    tests: tuple[Erased, ...] = ()
    ranges: Ranges = ()
    is_of_files: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """What to read.

    Attributes:
        whole: the pieces whose columns the relation has.
        pruned: the pieces to read: all of those, or fewer.
        bounds: which of their events.
    """

    whole: Pruned
    pruned: Pruned
    bounds: Bounds


def scan(statement: Statement, node: Scan, reading: Reading, named: frozenset[str]) -> Rows:
    """The events that a scan yields, as a relation.

    The fields that the plan above names (`named`) are looked up in `_more` too.
    """
    whole, pruned, bounds = reading.whole, reading.pruned, reading.bounds
    layout = _layout(statement, node, whole.shaping, named)
    fields = {slot.field for slot in layout.slots}
    missing = missing_of(pruned.pieces, pruned.deletions)
    # What is not left out by its number is checked before it is read: not worth it for all columns of all rows.
    ranges = row_ranges(pruned, by_tag=len(layout.slots) <= _FEW_COLUMNS or bounds.only is not None)
    statement.reads += (
        _read_of(part, layout, bounds, lacks, ranges.get(part.path, ()))
        for part, lacks in zip(pruned.parts, missing, strict=False)
    )
    files = [_File(*each, ranges.get(each[0].path, ())) for each in zip(pruned.parts, missing, strict=False)]
    groups = [
        *_file_groups(statement, files, fields, bounds),
        *_head_groups(statement, pruned.head, missing[len(pruned.parts) :], fields, bounds),
    ]
    selects = [_undeleted(statement, group, layout) for group in groups] or [_nothing(layout)]
    relation = statement.define("\nUNION ALL ".join(selects))
    if len(groups) == 1 and _is_plain(groups[0], layout):
        statement.flat[relation] = _flat(groups[0], layout, relation)
    return Rows(
        relation,
        _typed(layout.slots),
        layout.address,
        order=layout.address.newest_first(),
        more=layout.more,
        hidden=UNSHOWN,
        known=_known(whole),
        least=_least(layout, pruned),
        more_within=any(piece.has_more for piece in whole.within),
    )


def _known(pruned: Pruned) -> dict[str, frozenset[Kind]]:
    """The fields of the pieces within the bounds, and the kinds that they have there."""
    kinds: dict[str, set[Kind]] = defaultdict(set)
    for piece in pruned.within:
        for column in piece.columns:
            kinds[column.field].add(column.kind)
    return {field: frozenset(found) for field, found in kinds.items()}


def _least(layout: _Layout, pruned: Pruned) -> dict[str, int]:
    """The earliest time of what is read, by the name of the column that holds times."""
    earliest = min((piece.time_min_ns for piece in pruned.pieces), default=0)
    return {slot.name: earliest for slot in layout.slots if (slot.field, slot.kind) == (TIME, Kind.TIME)}


def _layout(statement: Statement, node: Scan, pieces: Sequence[Piece], named: frozenset[str]) -> _Layout:
    named = (named if node.fields is None else node.fields) - _FIXED
    kinds = _kinds_of(pieces, named)
    kinds = {field: kinds[field] for field in kinds if node.fields is None or field in node.fields}
    slots = tuple(
        _Slot(statement.fresh("f"), field, kind) for field in sorted(kinds) for kind in Kind if kind in kinds[field]
    )
    more = statement.fresh("m") if node.fields is None and any(piece.has_more for piece in pieces) else None
    return _Layout(Address(statement.fresh("t"), statement.fresh("s")), slots, more, tuple(sorted(named)))


def _kinds_of(pieces: Sequence[Piece], named: Iterable[str]) -> dict[str, set[Kind]]:
    """The kinds that each field may have; `named` fields also from `_more`."""
    kinds: dict[str, set[Kind]] = {column.field: {column.kind} for column in FIXED_COLUMNS}
    for piece in pieces:
        for column in piece.columns:
            kinds.setdefault(column.field, set()).add(column.kind)
    for field in named:
        if any(piece.has_more and not any(c.field == field for c in piece.columns) for piece in pieces):
            kinds.setdefault(field, set()).update(MORE_KINDS)
    return kinds


def _typed(slots: Sequence[_Slot]) -> dict[str, Typed]:
    kinds: dict[str, dict[Kind, str]] = {}
    for slot in slots:
        kinds.setdefault(slot.field, {})[slot.kind] = slot.name
    return {field: Typed(columns, severity=field == LEVEL) for field, columns in kinds.items()}


@dataclass(frozen=True, slots=True)
class _File:
    """A part, what of it is left out, and the only rows that are read; empty: all."""

    part: Part
    lacks: Missing
    ranges: Ranges


def _file_groups(statement: Statement, files: Sequence[_File], fields: set[str], bounds: Bounds) -> list[_Group]:
    """Parts with the same columns for the needed fields, and equally covered by the bounds, are read together.

    So are those of which rows are left out, and those that are tested for the same deletions. They must have the same
    rows to read, too: the database looks at the rows of a file only, not at those of which file, to leave out row
    groups.
    """
    groups: dict[tuple[object, ...], list[_File]] = {}
    # Of ten thousand parts most have the very same columns, and are tested for nothing.
    shapes: dict[tuple[object, ...], frozenset[Column]] = {}
    for file in files:
        part, lacks = file.part, file.lacks
        numbers = tuple(test.deletion.number for test in lacks.tests)
        known = id(part.columns), numbers
        if known not in shapes:
            needed = fields | tested_fields(lacks.tests)
            shapes[known] = frozenset(column for column in part.columns if column.field in needed)
        key = (shapes[known], part.has_more, covered(part, bounds), bool(lacks.rows), numbers, file.ranges)
        groups.setdefault(key, []).append(file)
    return [_file_group(statement, members, bounds) for members in groups.values()]


def _file_group(statement: Statement, members: Sequence[_File], bounds: Bounds) -> _Group:
    first = members[0]
    is_numbered = bool(first.ranges or first.lacks.rows)
    return _Group(
        _source([each.part for each in members], is_numbered=is_numbered),
        _names(first.part.columns),
        first.part.has_more,
        untested([each.part for each in members], bounds),
        without_rows(statement, [each.lacks.rows for each in members]) if first.lacks.rows else "",
        first.lacks.tests,
        first.ranges,
    )


def _read_of(part: Part, layout: _Layout, bounds: Bounds, lacks: Missing, ranges: Ranges) -> PartRead:
    """What DuckDB may read of a part: perhaps less, for it knows more of its row groups."""
    fields = {slot.field for slot in layout.slots} | {TIME, SEQ} | tested_fields(lacks.tests)
    columns = {column.name for column in part.columns if column.field in fields}
    own = {column.field for column in part.columns}
    if part.has_more and (layout.more is not None or not own.issuperset(layout.promoted)):
        columns.add(MORE)
    places = row_groups_within(part, bounds)
    if ranges:
        places = tuple(place for place in places if _is_read(part.row_groups[place], ranges))
    return PartRead(part, frozenset(columns), places)


def _is_read(group: RowGroup, ranges: Ranges) -> bool:
    return any(first < group.first_row + group.rows and last >= group.first_row for first, last in ranges)


def _source(parts: Sequence[Part], *, is_numbered: bool) -> str:
    """Files as a table.

    With a column of row numbers only where one is asked for. That it is asked for here is because the same column comes
    by itself otherwise, and a statement that has it and a small limit fails then.
    """
    numbered = ", file_row_number = true" if is_numbered else ""
    return f"read_parquet({quote.texts(part.path for part in parts)}{numbered})"


def _names(columns: Iterable[Column]) -> dict[tuple[str, Kind], str]:
    return {(column.field, column.kind): quote.identifier(column.name) for column in columns}


def _head_groups(
    statement: Statement, batches: Sequence[EventBatch], missing: Sequence[Missing], fields: set[str], bounds: Bounds
) -> list[_Group]:
    """Batches are registered under our own names, with columns of our own names: only those that are needed.

    Those with the same columns, equally covered by the bounds and tested for the same deletions, are one table.
    """
    groups: dict[tuple[object, ...], list[tuple[EventBatch, Missing, list[Column]]]] = {}
    for batch, lacks in zip(batches, missing, strict=True):
        read = fields | tested_fields(lacks.tests) | {TIME, SEQ}
        needed = [column for column in batch.columns if column.field in read]
        types = frozenset((column, batch.table.schema.field(column.name).type) for column in needed)
        key = types, batch.has_more, covered(batch, bounds), tuple(test.deletion.number for test in lacks.tests)
        groups.setdefault(key, []).append((batch, lacks, needed))
    return [_head_group(statement, members, bounds) for members in groups.values()]


def _head_group(
    statement: Statement, members: Sequence[tuple[EventBatch, Missing, list[Column]]], bounds: Bounds
) -> _Group:
    batches = tuple(batch for batch, _, _ in members)
    first, lacks, needed = members[0]
    aliases = {(column.field, column.kind): f"c{place}" for place, column in enumerate(needed)}
    names = [(f"c{place}", column.name) for place, column in enumerate(needed)]
    if first.has_more:
        names.append((MORE, MORE))
    table = HeadTable(statement.fresh("h"), batches, tuple(names))
    statement.tables.append(table)
    return _Group(table.name, aliases, first.has_more, untested(batches, bounds), tests=lacks.tests, is_of_files=False)


def _undeleted(statement: Statement, group: _Group, layout: _Layout) -> str:
    """What `_select` gives, but for what the group is tested for."""
    if not group.tests:
        return _select(statement, group, layout)
    # What a test looks at are columns of its own: those of the layout leave out what the query does not name.
    looked_at = sorted(tested_fields(group.tests))
    known = {field: [kind for name, kind in group.columns if name == field] for field in looked_at}
    kinds = {field: found or (MORE_KINDS if group.has_more else ()) for field, found in known.items()}
    tested = tuple(_Slot(statement.fresh("q"), field, kind) for field in looked_at for kind in kinds[field])
    relation = statement.define(_select(statement, group, layout, tested))
    rows = Rows(relation, _typed(tested), layout.address)
    names = [layout.address.time, layout.address.seq, *(slot.name for slot in layout.slots)]
    names += [] if layout.more is None else [layout.more]
    return f"SELECT {', '.join(names)} FROM {without_matches(statement, rows, group.tests)}"


def _select(statement: Statement, group: _Group, layout: _Layout, tested: tuple[_Slot, ...] = ()) -> str:
    """The columns of the layout, and behind them those that are `tested`."""
    time, seq = group.columns[TIME, Kind.TIME], group.columns[SEQ, Kind.INT]
    texts = {field: statement.fresh("j") for field in layout.promoted if _in_more(field, group)}
    tested_in_more = {slot.field for slot in tested if _in_more(slot.field, group)}
    tested_texts = {field: statement.fresh("j") for field in sorted(tested_in_more)}
    terms = [f"{time} AS {layout.address.time}", f"{seq} AS {layout.address.seq}"]
    terms += [f"{_column(slot, group)} AS {slot.name}" for slot in layout.slots if slot.field not in texts]
    terms += [f"{_column(slot, group)} AS {slot.name}" for slot in tested if slot.field not in tested_texts]
    terms += [f"{lookup(MORE, field)} AS {text}" for field, text in (*texts.items(), *tested_texts.items())]
    if layout.more is not None:
        terms.append(f"{_rest_of_more(group, layout.promoted)} AS {layout.more}")
    conditions = [*_within_bounds(group, time, seq), *_within_ranges(group)]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    source = f"SELECT {', '.join(terms)} FROM {group.source}{where}"
    if not texts and not tested_texts:
        return source
    slots = [(slot, texts.get(slot.field)) for slot in layout.slots]
    slots += [(slot, tested_texts.get(slot.field)) for slot in tested]
    return _typed_back(source, layout, slots)


def _is_plain(group: _Group, layout: _Layout) -> bool:
    """Whether one SELECT makes its columns of those of the source."""
    return not group.tests and not any(_in_more(name, group) for name in layout.promoted)


def _flat(group: _Group, layout: _Layout, alias: str) -> Flat:
    """A plain group in terms of its source."""
    own = replace(group, columns={key: f"{alias}.{name}" for key, name in group.columns.items()})
    time, seq = own.columns[TIME, Kind.TIME], own.columns[SEQ, Kind.INT]
    columns = {layout.address.time: time, layout.address.seq: seq}
    columns |= {slot.name: _column(slot, own) for slot in layout.slots}
    if layout.more is not None:
        columns[layout.more] = f"({_rest_of_more(own, layout.promoted)})"
    conditions = (*_within_bounds(own, time, seq), *_within_ranges(own))
    return Flat(f"{group.source} AS {alias}", columns, conditions, is_typed=group.is_of_files)


def _in_more(field: str, group: _Group) -> bool:
    return group.has_more and not any(each == field for each, _ in group.columns)


def _column(slot: _Slot, group: _Group) -> str:
    column = group.columns.get((slot.field, slot.kind))
    if column is None:
        return f"NULL::{SQL_TYPES[slot.kind]}"
    return f"epoch_ns({column})" if slot.kind is Kind.TIME else column


def _rest_of_more(group: _Group, promoted: tuple[str, ...]) -> str:
    """The map of the fields that have no column of their own; null when it is empty."""
    if not group.has_more:
        return f"NULL::{MORE_SQL_TYPE}"
    if not promoted:
        return MORE
    return without_names(MORE, promoted)


def _typed_back(source: str, layout: _Layout, slots: Sequence[tuple[_Slot, str | None]]) -> str:
    """The second step of a group with lookups: from JSON texts, where a slot has one, to columns in their order."""
    terms = [layout.address.time, layout.address.seq]
    for slot, text in slots:
        terms.append(slot.name if text is None else f"{from_json_text(text).kinds[slot.kind]} AS {slot.name}")
    if layout.more is not None:
        terms.append(layout.more)
    return f"SELECT {', '.join(terms)} FROM ({source})"


def _within_ranges(group: _Group) -> list[str]:
    """Only these rows, so that no row group besides them is read."""
    if not group.ranges:
        return []
    within = [f"file_row_number BETWEEN {quote.integer(a)} AND {quote.integer(b)}" for a, b in group.ranges]
    return [f"({' OR '.join(within)})"]


def _within_bounds(group: _Group, time: str, seq: str) -> list[str]:
    """The bounds as conditions on the file's own columns, so that row groups are pruned by them."""
    conditions = [*_bounds(time, seq, group.bounds)]
    if group.without:
        conditions.append(group.without)
    return conditions


def _bounds(time: str, seq: str, bounds: Bounds) -> Iterator[str]:
    if bounds.seq is not None:
        yield f"{seq} <= {quote.integer(bounds.seq)}"
    if bounds.after_seq is not None:
        yield f"{seq} > {quote.integer(bounds.after_seq)}"
    if isinstance(bounds.only, range):
        yield f"{seq} BETWEEN {quote.integer(bounds.only[0])} AND {quote.integer(bounds.only[-1])}"
    elif bounds.only is not None:
        # Never negative; written with their types, thousands of them take the parser thrice as long.
        yield f"{seq} IN ({', '.join(map(str, bounds.only))})"
    for operator, bound in ((">=", bounds.window.start_ns), ("<", bounds.window.end_ns)):
        if bound is not None:
            yield time_bound(time, operator, bound)


def time_bound(time: str, operator: str, ns: int) -> str:
    """A condition on a column of times as files have them."""
    if _LITERAL_MIN_NS <= ns <= _LITERAL_MAX_NS:
        return f"{time} {operator} {quote.instant(ns)}"
    return f"epoch_ns({time}) {operator} {quote.integer(ns)}"


def _nothing(layout: _Layout) -> str:
    """A relation of the same columns without rows."""
    terms = [f"NULL::TIMESTAMPTZ_NS AS {layout.address.time}", f"NULL::BIGINT AS {layout.address.seq}"]
    terms += [f"NULL::{SQL_TYPES[slot.kind]} AS {slot.name}" for slot in layout.slots]
    if layout.more is not None:
        terms.append(f"NULL::{MORE_SQL_TYPE} AS {layout.more}")
    return f"SELECT {', '.join(terms)} WHERE false"
