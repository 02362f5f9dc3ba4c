"""Runs of log entries, of which a decoder may leave some."""

from __future__ import annotations

import dataclasses
from contextlib import closing

from logstore.model.chunk import Entry
from logstore.storage.decoding import decode_all
from logstore.storage.directory import PosixDirectory
from logstore.storage.settings import StorageSettings
from logstore.storage.store import Store
from logstore.storage.wal.format import LoggedEntry
from tests.logstore.storage.lines import LINES, LineDecoder, chunk, ids, lines
from tests.logstore.storage.manual_clock import ManualClock


class Modest(LineDecoder):
    """Takes two entries at once."""

    def decode(self, entries):
        """See `logstore.storage.decoder.Decoder`."""
        return dataclasses.replace(super().decode(entries[:2]), left=max(0, len(entries) - 2))


class Counting(LineDecoder):
    """Counts its calls."""

    calls = 0

    def decode(self, entries):
        """See `logstore.storage.decoder.Decoder`."""
        self.calls += 1
        return super().decode(entries)


def log_of(payloads):
    """Entries of a log."""
    return [LoggedEntry(Entry(seq, chunk(payload)), 0) for seq, payload in enumerate(payloads, 1)]


def test_what_a_decoder_leaves_is_handed_over_again(tmp_path):
    """No event is lost or doubled, whatever it takes at once."""
    decoding = dataclasses.replace(LINES, make_decoder=Modest)
    with closing(Store.open(PosixDirectory(tmp_path), decoding, StorageSettings(), ManualClock())) as store:
        for future in [store.submit_for_outcome(chunk(lines(name))) for name in "abcdefghijk"]:
            assert future.result(10).rows == 1
        with store.snapshot() as snapshot:
            assert ids(snapshot) == list("abcdefghijk")


def test_one_entry_that_the_decoder_fails_on_costs_few_calls():
    """Of thousands it alone is given up, and the others are not decoded one by one."""
    log = log_of([lines("a")] * 700 + [b"poison"] + [lines("a")] * 300)
    decoder = Counting()
    runs = list(decode_all(decoder, log, 1 << 20))
    assert [logged for run, _ in runs for logged in run] == log
    assert [logged for _, decoded in runs for logged in decoded.undecodable] == [log[700]]
    assert sum(decoded.decoded.batch.rows for _, decoded in runs) == 1000
    assert decoder.calls < 100
