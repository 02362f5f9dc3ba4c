"""Made-up events whose newest are asked for, laid down in all the ways that rows are taken from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa

from logstore.model.batch import EventBatch
from logstore.model.chunk import DEFAULT_TENANT
from logstore.model.merge import concat_batches
from logstore.model.row_set import pack
from logstore.model.schema import MORE, MORE_TYPE
from logstore.model.snapshot import DeletedRows, Deletion, Part, Snapshot
from logstore.model.timespan import EVERYTHING, TimeSpan
from logstore.storage.index.build import IndexBuilder, IndexShape
from logstore.storage.index.codec import best_codec
from logstore.storage.part.encode import encode_part
from logstore.storage.part.footer import read_part
from logstore.storage.part.shape import PartShape
from tests.logstore.model.batches import with_dictionaries
from tests.query.differential.events import BASE_NS, FIELDS, HOUR, NOW_NS, TAGS, Event, any_event
from tests.query.differential.placement import batch_of
from tests.query.differential.searches import any_term, sent_fields
from tests.query.differential.spelling import field, quoted, search_field, search_value
from tests.query.differential.values import LEVEL_NAMES, Time, Value

FIELDS_PER_CASE = 6
LAST_NS = 2**63 - 2
"""Of the last and, with the opposite sign, of the first instant that DuckDB tells from those that never come."""

_FAR_TIMES = (LAST_NS, LAST_NS - 1, -LAST_NS, -LAST_NS + 1, 0, -1)
_TEXTS = ("", "\0", "a\0b", "\u212a", "\u017f", "\xc9RROR", "error\xe9", "xerror", "error x", "K", "s", "x" * 300)
_PHRASES = ("error x", "K", "\xe9", "took 12ms", ":", "\u212a")
_ORDERS = ("<", "<=", ">", ">=")
_NUMBERS = ("5", "43", "0.1", "9007199254740993", "9223372036854775808", "1e400", "-1e400", "-0.5")
_JOINED = ("({0}) ({1})", "({0}) OR ({1})", "-({0})", "-({0}) ({1})", "-({0}) OR -({1})")
_CONDITIONS = (
    '{0} == "alice"',
    '{0} in ("alice", "5", "bob")',
    "{0} is not null",
    "{0} is null",
    "{0} > 5",
    "{0} != 200",
)
_WORDS = ("error", "ERR", "k", "s", "x", "connection", "\xe9", "took", "a_b", "0")


def any_events(rng: Random, at_most: int) -> list[Event]:
    """Events ascending by `_seq`: some at equal times, some as far away as times go, some with odd texts."""
    fields = rng.sample(sorted(FIELDS), FIELDS_PER_CASE)
    events, seq = [], rng.choice((0, 1000, 2**40))
    for _ in range(rng.randint(0, at_most)):
        event = any_event(rng, seq, fields)
        if rng.random() < 0.05:
            event["time"] = Time(rng.choice(_FAR_TIMES))
        if rng.random() < 0.2:
            event[rng.choice(("message", *fields))] = rng.choice(_TEXTS)
        events.append(event)
        seq += rng.choice((1, 1, 1, 7))
    return events


def any_snapshot(events: Sequence[Event], folder: Path, rng: Random) -> Snapshot:
    """Events in parts and batches of few rows each, the last of them not to be seen yet, some of them deleted."""
    pieces = _dealt(events, rng.randint(1, 4), rng)
    parts_end = rng.randint(0, len(pieces))
    parts = [any_part(piece, folder / f"{place}.parquet", rng) for place, piece in enumerate(pieces[:parts_end])]
    head = [_batch(piece, rng) for piece in pieces[parts_end:]]
    seqs = [seq for event in events if isinstance(seq := event["_seq"], int)] or [0]
    seen = seqs[-1] if rng.random() < 0.5 else rng.choice(seqs)
    snapshot = Snapshot(seen, tuple(parts), tuple(head))
    return with_deletions(snapshot, rng) if rng.random() < 0.4 else snapshot


def any_part(events: Sequence[Event], path: Path, rng: Random) -> Part:
    """A file of small row groups and pages, written in one of the ways that files are, perhaps with a word index."""
    rows = rng.choice((3, 7, 20))
    shape = PartShape(rows, 20, rng.choice((0, 1)), max_listed_tags=4, page_rows=rng.choice((2, 5, 8192)))
    cut = rng.randint(0, len(events))
    batches = [_batch(half, rng) for half in (events[:cut], events[cut:]) if half]
    index = IndexBuilder(IndexShape(best_codec())) if rng.random() < 0.4 else None
    content = encode_part(concat_batches(batches), 1, DEFAULT_TENANT, shape, None if index is None else index.add)
    path.write_bytes(content)
    part = read_part(content, str(path), content.size)
    if index is None:
        return part
    words = path.with_suffix(".words")
    words.write_bytes(b"".join(index.finish()))
    return replace(part, index=str(words), index_bytes=words.stat().st_size)


def _batch(events: Sequence[Event], rng: Random) -> EventBatch:
    more_share = rng.choice((0, 0, 0.3))
    fields = {name for event in events for name in event if name in FIELDS}
    batch = _without_empty_maps(batch_of(events, frozenset(f for f in sorted(fields) if rng.random() < more_share)))
    return with_dictionaries(batch, [name for name in batch.table.column_names if rng.random() < 0.5])


def _without_empty_maps(batch: EventBatch) -> EventBatch:
    """Where nothing is kept in `_more` it is missing, as the store has it."""
    if not batch.has_more:
        return batch
    more = pa.array([each or None for each in batch.table.column(MORE).to_pylist()], MORE_TYPE)
    return replace(batch, table=batch.table.set_column(batch.table.column_names.index(MORE), MORE, more))


def with_deletions(snapshot: Snapshot, rng: Random) -> Snapshot:
    """Some rows of files that were looked up, and what meets a search and was not."""
    known = Deletion(1, "-*", EVERYTHING, snapshot.seq, NOW_NS)
    parts = []
    for part in snapshot.parts:
        rows = np.array(sorted(rng.sample(range(part.rows), rng.randint(0, part.rows))), np.int64)
        parts.append(replace(part, deleted=(DeletedRows(1, len(rows), pack(rows)),)))
    search = rng.choice(("error", "tag:app.web", "status:500", "-message:*", "level:>=warn took", "user:alice"))
    window = rng.choice((EVERYTHING, TimeSpan(BASE_NS, None), TimeSpan(None, BASE_NS + HOUR // 2)))
    other = Deletion(2, search, window, snapshot.seq - rng.choice((0, 5)), NOW_NS)
    return replace(snapshot, parts=tuple(parts), deletions=(known, other))


def _dealt(events: Sequence[Event], pieces: int, rng: Random) -> list[Sequence[Event]]:
    borders = [0, *sorted(rng.randint(0, len(events)) for _ in range(pieces - 1)), len(events)]
    found = [events[start:end] for start, end in pairwise(borders)]
    return [piece for piece in found if piece]


def any_question(rng: Random, events: Sequence[Event]) -> str:
    """A search, mostly of what single columns tell, and perhaps stages that leave out columns or rows."""
    text = any_search(rng, events, 3)
    names = (*sent_fields(events), "time", "tag", "message", "level", "_seq", "absent")
    if rng.random() < 0.3:
        text += f" | where {_where(rng, events)}"
    if rng.random() < 0.3:
        text += f" | fields {', '.join(map(field, rng.sample(names, rng.randint(1, 3))))}"
    elif rng.random() < 0.2:
        text += f" | drop {field(rng.choice(names[:-3]))}"
    if rng.random() < 0.3:
        text += f" | limit {rng.choice((0, 1, 3, 10_000))}"
    return text


def any_search(rng: Random, events: Sequence[Event], depth: int) -> str:
    """Terms joined in all ways."""
    if not depth or rng.random() < 0.3:
        return rng.choice(_TERMS)(rng, events)
    left, right = any_search(rng, events, depth - 1), any_search(rng, events, depth - 1)
    return rng.choice(_JOINED).format(left, right)


def _a_name(rng: Random, events: Sequence[Event]) -> str:
    return rng.choice([*sent_fields(events), "tag", "message", "_seq", "absent"])


def _in_message(rng: Random, _: Sequence[Event]) -> str:
    part = f"{rng.choice(('', '*'))}{rng.choice(('rr', 'k', 's', 'e', 'no'))}*"
    return rng.choice((rng.choice(_WORDS), part, quoted(rng.choice(_PHRASES))))


def _level(rng: Random, _: Sequence[Event]) -> str:
    return f"level:{rng.choice(('', *_ORDERS))}{rng.choice(LEVEL_NAMES)}"


def _tags(rng: Random, _: Sequence[Event]) -> str:
    return f"tag:({', '.join(rng.sample(TAGS, 2))})"


def _present(rng: Random, events: Sequence[Event]) -> str:
    return f"{search_field(_a_name(rng, events))}:*"


def _order(rng: Random, events: Sequence[Event]) -> str:
    return f"{search_field(_a_name(rng, events))}:{rng.choice(_ORDERS)}{rng.choice(_NUMBERS)}"


def _time(rng: Random, _: Sequence[Event]) -> str:
    return f"time:{rng.choice(_ORDERS)}2026-11-22T10:{rng.randrange(60):02}:00Z"


def _equals(rng: Random, events: Sequence[Event]) -> str:
    name = _a_name(rng, events)
    return f"{search_field(name)}:{_value_of(rng, events, name)}"


def _any(rng: Random, events: Sequence[Event]) -> str:
    return any_term(rng, list(events))


def _all(_: Random, __: Sequence[Event]) -> str:
    return "*"


_TERMS = (_in_message, _in_message, _level, _tags, _present, _order, _time, _equals, _equals, _any, _all)


def _value_of(rng: Random, events: Sequence[Event], name: str) -> str:
    held: list[Value] = [event[name] for event in events if name in event]
    text = search_value(rng.choice(held)) if held else None
    return text if text is not None and "\0" not in text else rng.choice(("43", '"43"', "true", "alice"))


def _where(rng: Random, events: Sequence[Event]) -> str:
    name = field(rng.choice([*sent_fields(events), "tag", "message"]))
    return rng.choice(_CONDITIONS).format(name)
