"""Keeping the head few batches, however small the messages are. Pure.

Batches are merged like the tiers of a log-structured merge tree: a new batch is joined with its smaller or equal
neighbours, so every event is copied a logarithmic number of times, and the head holds a logarithmic number of batches.
"""

from __future__ import annotations

from dataclasses import replace

from logstore.model.batch import EventBatch
from logstore.model.merge import concat_batches

MAX_COALESCED_BYTES = 16 << 20
"""Batches that are larger are left alone: copying them again and again would cost more than scanning them apart."""


def coalesce(batches: tuple[EventBatch, ...], new: EventBatch) -> tuple[EventBatch, ...]:
    """The batches and the new one, which comes after them, as few batches with the same events, in the same order."""
    if not new.rows:
        return batches
    kept, rows, size = len(batches), new.rows, new.nbytes
    while kept and batches[kept - 1].rows <= rows and batches[kept - 1].nbytes + size <= MAX_COALESCED_BYTES:
        kept -= 1
        rows += batches[kept].rows
        size += batches[kept].nbytes
    return (*batches[:kept], _join((*batches[kept:], new)))


def _join(batches: tuple[EventBatch, ...]) -> EventBatch:
    joined = concat_batches(batches)
    # One piece of memory per column: scans are faster, and the pieces it was made of can go.
    return replace(joined, table=joined.table.combine_chunks())
