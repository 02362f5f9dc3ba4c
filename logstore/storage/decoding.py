"""Decoding log entries in runs, so that one poisonous entry can never hold up the others."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from logstore.model.batch import DecodedEntries
from logstore.model.merge import concat_batches, empty_batch
from logstore.storage.chunk_cost import payload_bytes
from logstore.storage.decoder import Decoder
from logstore.storage.wal.format import LoggedEntry

_log = logging.getLogger(__name__)

UNDECODABLE = "decoder failed"
"""The reason under which the events of an entry are counted that the decoder itself failed on."""


@dataclass(frozen=True, slots=True)
class DecodedRun:
    """What a run of log entries became; `undecodable` are the entries that the decoder raised on."""

    decoded: DecodedEntries
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
    """Decodes a run; when the decoder breaks its contract and raises, entry by entry.

    Returns:
        All events that can be had, and the entries that cannot; their bytes must be kept for when the decoder is
        mended.
    """
    try:
        return DecodedRun(decoder.decode([logged.entry for logged in run]))
    except Exception:  # noqa: BLE001 - a decoder of another package: no failure of it may lose events
        if len(run) == 1:
            _log.exception("the decoder failed on the log entry with seq %d; its bytes are kept", run[0].entry.seq)
            return DecodedRun(DecodedEntries(empty_batch()), (run[0],))
    return _join([decode_run(decoder, [logged]) for logged in run])


def _join(runs: Sequence[DecodedRun]) -> DecodedRun:
    changes: dict[str, int] = {}
    for run in runs:
        for change, count in run.decoded.changes.items():
            changes[change] = changes.get(change, 0) + count
    decoded = DecodedEntries(
        batch=concat_batches([run.decoded.batch for run in runs]),
        rejections=tuple(one for run in runs for one in run.decoded.rejections),
        changes=changes,
    )
    return DecodedRun(decoded, tuple(one for run in runs for one in run.undecodable))
