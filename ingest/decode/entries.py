"""The events of a chunk, in order, for each way in which a chunk is laid out.

Every value in the payload counts as one event's place, also what is no event (a malformed entry, the mark of a log
group), so an event's index, and with it its `_seq`, depends on the bytes alone.

Fluent Bit's log groups: an entry with the EventTime ff ff ff ff opens a group, one with ff ff ff fe closes it. The
marks are no events. What the opening mark carries belongs to every event up to the closing one, in the same chunk: the
members of its body become fields under their own names (OTLP's `resource` and `scope`, so
`resource.attributes.service.name`), its metadata stands under `group`. An event's own metadata stands under `metadata`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ingest.decode.changes import METADATA_IGNORED, OPTION_IGNORED
from ingest.decode.copies import weight
from ingest.decode.read import read_values
from ingest.decode.reasons import (
    BAD_RECORD,
    BAD_TAG,
    LEFTOVER,
    NOT_A_MESSAGE,
    NOT_AN_ENTRY,
    NOT_AN_ENTRY_LIST,
    TRUNCATED,
    RejectedError,
)
from ingest.decode.scan import Malformed, read_head
from ingest.decode.texts import EVENT_TIME_CODE
from ingest.decode.values import Ext, Pairs, lookup
from logstore.model.chunk import Chunk, Mode

METADATA_PREFIX = "metadata"
GROUP_PREFIX = "group"

_GROUP_START = Ext(EVENT_TIME_CODE, b"\xff\xff\xff\xff\0\0\0\0")
_GROUP_END = Ext(EVENT_TIME_CODE, b"\xff\xff\xff\xfe\0\0\0\0")


class Source(NamedTuple):
    """Members that become fields of an event, besides its record; under `prefix` unless that is empty."""

    prefix: str
    members: Pairs


class Event(NamedTuple):
    """An event as it stands in the payload, its shape checked, its values not.

    Attributes:
        time: as sent; see `event_time`.
        tag: as sent; the chunk's tag where the payload names none.
        record: its map.
        sources: what else becomes fields of it, in order of precedence.
        changes: phrases of `changes` that apply.
        group_bytes: what its group's opening mark carries weighs so much; the event has a copy of it.
    """

    time: Any
    tag: str | bytes
    record: Pairs
    sources: tuple[Source, ...] = ()
    changes: tuple[str, ...] = ()
    group_bytes: int = 0


class NoEvent(NamedTuple):
    """A place that holds no event; with a reason when it should have."""

    reason: str = ""


def events_of(chunk: Chunk, data: bytes, max_depth: int) -> Iterator[Event | NoEvent]:
    """The events of `chunk`, whose decompressed payload is `data`; the index of an event is its place here.

    Raises:
        RejectedError: nothing of the chunk can be used.
    """
    if chunk.mode is Mode.FORWARD:
        return _entries(_array_items(data, max_depth), chunk.tag)
    return single_events(chunk, data, max_depth)


def single_events(chunk: Chunk, data: bytes, max_depth: int) -> Iterator[Event | NoEvent]:
    """As `events_of`, for events of `chunk` that were cut out of its payload and joined."""
    if chunk.mode is Mode.MESSAGES:
        return map(_message, read_values(data, 0, max_depth))
    return _entries(read_values(data, 0, max_depth), chunk.tag)


def _message(item: Any) -> Event | NoEvent:
    """One Message-mode message `[tag, time, record, option?]`."""
    if type(item) is not list or len(item) < 3:  # noqa: PLR2004 - tag, time and record
        return NoEvent(item.reason if type(item) is Malformed else NOT_A_MESSAGE)
    tag, time, record, *rest = item
    if type(tag) is not str and type(tag) is not bytes:
        return NoEvent(BAD_TAG)
    if type(record) is not tuple:
        return NoEvent(BAD_RECORD)
    option = rest[0] if rest else None
    if not option:
        ignored = option is not None and option != ()
        return Event(time, tag, record, changes=(OPTION_IGNORED,) if ignored else ())
    if type(option) is not tuple:
        return Event(time, tag, record, changes=(OPTION_IGNORED,))
    return Event(time, tag, record, *_metadata(lookup(option, METADATA_PREFIX)))


def _entries(items: Iterator[Any], tag: str) -> Iterator[Event | NoEvent]:
    """Entries `[time, record]` or `[[time, metadata], record]`."""
    group: tuple[Source, ...] = ()
    group_bytes = 0
    for item in items:
        if type(item) is not list or len(item) < 2:  # noqa: PLR2004 - time and record
            yield NoEvent(item.reason if type(item) is Malformed else NOT_AN_ENTRY)
            continue
        time, record = item[0], item[1]
        metadata = None
        if type(time) is list and len(time) > 1:
            time, metadata = time[0], time[1]
        if time == _GROUP_START:
            group = _group(record, metadata)
            group_bytes = sum(weight(source.members) for source in group)
            yield NoEvent("" if type(record) is tuple else BAD_RECORD)
        elif time == _GROUP_END:
            group, group_bytes = (), 0
            yield NoEvent()
        elif type(record) is not tuple:
            yield NoEvent(BAD_RECORD)
        elif metadata or group:
            own, changes = _metadata(metadata)
            yield Event(time, tag, record, own + group, changes, group_bytes)
        else:
            yield Event(time, tag, record)


def _group(body: Any, metadata: Any) -> tuple[Source, ...]:
    """What every event of a group has from its opening mark."""
    sources = (Source("", body), Source(GROUP_PREFIX, metadata))
    return tuple(source for source in sources if type(source.members) is tuple and source.members)


def _metadata(metadata: Any) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """What an event has from its own metadata, and the changes that this means."""
    if type(metadata) is tuple:
        return ((Source(METADATA_PREFIX, metadata),) if metadata else ()), ()
    return (), (() if metadata is None else (METADATA_IGNORED,))


def _array_items(data: bytes, max_depth: int) -> Iterator[Any]:
    """The items of the one array in `data`."""
    head, count, offset = read_head(data, 0)
    if head.form != "array":
        raise RejectedError(NOT_AN_ENTRY_LIST)
    return _exactly(read_values(data, offset, max_depth), count)


def _exactly(items: Iterator[Any], count: int) -> Iterator[Any]:
    """The first `count` items; a `Malformed` at the end when there are fewer, or more."""
    for _ in range(count):
        item = next(items, Malformed(TRUNCATED, final=True))
        yield item
        if type(item) is Malformed and item.final:
            return
    if next(items, None) is not None:
        yield Malformed(LEFTOVER, final=True)
