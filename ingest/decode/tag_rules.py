"""Rewritten tags of messages that name their tags in the payload: laid over the decoded column, as their rule says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from ingest.decode.seq_ranges import row_counts, spread
from logstore.model.batch import EventBatch
from logstore.model.chunk import Entry, Mode
from logstore.model.schema import TAG

_AS_SENT = "\0"


def rewrite_tags(batch: EventBatch, entries: Sequence[Entry]) -> EventBatch:
    """The events, decoded from `entries` (ascending by `seq`), with their tags as `Chunk.tag_rule` has them."""
    rules = [entry.chunk.tag_rule if entry.chunk.mode is Mode.MESSAGES else "" for entry in entries]
    if not any(rules) or not batch.rows:
        return batch
    tags = batch.table.column(TAG).cast(pa.string())
    of_row = spread([rule or None for rule in rules], row_counts(batch, entries))
    for rule in sorted({rule for rule in rules if rule}):
        tags = pc.if_else(pc.fill_null(pc.equal(of_row, rule), fill_value=False), _by(rule, tags), tags)
    place = batch.table.column_names.index(TAG)
    return replace(batch, table=batch.table.set_column(place, TAG, pa.chunked_array(tags.chunks, pa.string())))


def _by(rule: str, tags: pa.ChunkedArray) -> pa.ChunkedArray | pa.Scalar:
    before, is_mentioned, after = rule.partition(_AS_SENT)
    if not is_mentioned:
        return pa.scalar(rule, pa.string())
    return pc.binary_join_element_wise(before, tags, after, "")
