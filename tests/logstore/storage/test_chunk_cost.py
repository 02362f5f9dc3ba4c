"""What chunks count before they are decoded."""

from __future__ import annotations

from logstore.model.chunk import Compression, Entry
from logstore.storage.chunk_cost import ENTRY_BYTES, EXPECTED_INFLATION, chunk_bytes
from logstore.storage.decoding import split_runs
from logstore.storage.wal.format import LoggedEntry
from tests.logstore.storage.lines import chunk

PLAIN = chunk(b"x" * 100)
PACKED = chunk(b"x" * 100, compression=Compression.GZIP)


def test_compressed_chunks_count_as_what_they_become():
    """A queue of them must not hold the budget many times over once it is decoded."""
    assert chunk_bytes(PLAIN) == 100 + ENTRY_BYTES
    assert chunk_bytes(PACKED) == 100 * EXPECTED_INFLATION + ENTRY_BYTES


def test_runs_are_as_large_as_what_they_become():
    """A run of compressed chunks is shorter; every chunk is in one run, in order."""
    for one, per_run in ((PLAIN, 8), (PACKED, 1)):
        entries = [LoggedEntry(Entry(seq, one), 0) for seq in range(16)]
        runs = list(split_runs(entries, 800))
        assert [len(run) for run in runs] == [per_run] * (16 // per_run)
        assert [logged for run in runs for logged in run] == entries
