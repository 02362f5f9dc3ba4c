"""Decoding log entries in runs, so that one poisonous entry can never hold up the others."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from logstore.model.batch import DecodedEntries
from logstore.model.merge import empty_batch
from logstore.storage.chunk_cost import payload_bytes
from logstore.storage.decoder import Decoder
from logstore.storage.wal.format import LoggedEntry

_log = logging.getLogger(__name__)

UNDECODABLE = "decoder failed"
"""The reason under which the events of an entry are counted that the decoder itself failed on."""


@dataclass(frozen=True, slots=True)
class DecodedRun:
    """What the first `count` entries of a run became; `undecodable` are those of them that the decoder raised on."""

    decoded: DecodedEntries
    count: int
    undecodable: tuple[LoggedEntry, ...] = ()


def split_runs(entries: Iterable[LoggedEntry], max_bytes: int) -> Iterator[list[LoggedEntry]]:
    """Entries in runs of about `max_bytes` each when decompressed, in order; none of the runs is empty."""
    run: list[LoggedEntry] = []
    size = 0
    for logged in entries:
        run.append(logged)
        size += payload_bytes(logged.entry.chunk)
        if size >= max_bytes:
            yield run
            run, size = [], 0
    if run:
        yield run


def decode_run(decoder: Decoder, run: Sequence[LoggedEntry]) -> DecodedRun:
    """Decodes the first entries of a run: all that the decoder takes; fewer when it breaks its contract and raises.

    Returns:
        All events that can be had of these entries, and the entry that the decoder fails on even alone; its bytes must
        be kept for when the decoder is mended. The caller comes again with what follows.
    """
    count = len(run)
    while True:
        try:
            decoded = decoder.decode([logged.entry for logged in run[:count]])
            return DecodedRun(decoded, count - decoded.left)
        except Exception:  # noqa: BLE001 - a decoder of another package: no failure of it may lose events
            if count == 1:
                _log.exception("the decoder failed on the log entry with seq %d; its bytes are kept", run[0].entry.seq)
                return DecodedRun(DecodedEntries(empty_batch()), 1, (run[0],))
        # Halves, so that one bad entry among thousands costs some calls and not thousands.
        count //= 2


def decode_all(
    decoder: Decoder, entries: Iterable[LoggedEntry], max_bytes: int
) -> Iterator[tuple[list[LoggedEntry], DecodedRun]]:
    """Runs of entries of about `max_bytes` or fewer, and what each became."""
    for run in split_runs(entries, max_bytes):
        rest = run
        while rest:
            decoded = decode_run(decoder, rest)
            yield rest[: decoded.count], decoded
            rest = rest[decoded.count :]
