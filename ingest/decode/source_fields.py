"""Where an event came from, as fields of it: the address and the host name of its sender.

They stand in the chunk, not in its payload, so they are laid over the decoded columns, a whole chunk at a time and
whatever decoder made them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from ingest.decode.seq_ranges import row_counts, spread
from ingest.decode.settings import DecodeSettings
from logstore.model.batch import EventBatch
from logstore.model.chunk import Chunk, Entry
from logstore.model.merge import overlay_texts

_Value = Callable[[Chunk], str]


def address_of(chunk: Chunk) -> str:
    """The sender's address without the port; `unix` for a local one, empty when it is not known."""
    if ":" not in chunk.peer:
        return chunk.peer
    return chunk.peer.rpartition(":")[0].removeprefix("[").removesuffix("]")


def host_of(chunk: Chunk) -> str:
    """The sender's host name; its address when no name was found, empty when nobody looked for one."""
    return chunk.source_host


def source_bytes(chunk: Chunk, settings: DecodeSettings) -> int:
    """What the fields about its source cost each event of a chunk."""
    return sum(len(value(chunk).encode()) for _, value in _wanted(settings))


def add_source_fields(
    batch: EventBatch, entries: Sequence[Entry], settings: Mapping[int, DecodeSettings]
) -> EventBatch:
    """The events with the fields about their source that the settings of their entry ask for.

    Args:
        batch: decoded from `entries`.
        entries: ascending by `seq`.
        settings: for every id that the entries bear.
    """
    numbers = {entry.chunk.settings for entry in entries}
    wanted = dict.fromkeys(one for number in sorted(numbers) for one in _wanted(settings[number]))
    if not wanted or not batch.rows:
        return batch
    counts = row_counts(batch, entries)
    for field, value in wanted:
        askers = {number for number in numbers if (field, value) in _wanted(settings[number])}
        values = [(value(entry.chunk) or None) if entry.chunk.settings in askers else None for entry in entries]
        batch = overlay_texts(batch, field, spread(values, counts))
    return batch


def _wanted(settings: DecodeSettings) -> Iterable[tuple[str, _Value]]:
    fields = ((settings.source_address_key, address_of), (settings.source_hostname_key, host_of))
    return tuple((field, value) for field, value in fields if field)
