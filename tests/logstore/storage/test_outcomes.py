"""What became of a chunk, told to whoever waits for it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.errors import StorageError
from logstore.model.chunk import Entry
from logstore.storage.decoding import UNDECODABLE, decode_all, decode_run
from logstore.storage.ledger.accounts import MOST_REJECTIONS, account
from logstore.storage.wal.format import LoggedEntry
from tests.logstore.storage.lines import LineDecoder, chunk, ids, lines
from tests.logstore.storage.test_store import opened

PAYLOADS = st.lists(st.sampled_from([b"poison", b"", lines("a"), b"bad\n", lines("ab") + b"bad\nworse\n"]), min_size=1)


def test_rows_and_rejections_are_told_when_the_events_are_visible(tmp_path):
    """The outcome has the seq, the rows and each rejection with its place; a snapshot taken then has the rows."""
    with opened(tmp_path) as store:
        store.submit(chunk(lines("xyz"))).result(10)
        outcome = store.submit_for_outcome(chunk(lines("a") + b"bad\n" + lines("b") + b"bad\n")).result(10)
        with store.snapshot() as snapshot:
            assert ids(snapshot) == ["x", "y", "z", "a", "b"]
    assert (outcome.seq, outcome.rows, outcome.rejected) == (4, 2, {"not a line": 2})
    assert [one.seq - outcome.seq for one in outcome.rejections] == [1, 3]


def test_the_same_chunk_may_be_handed_over_twice(tmp_path):
    """Each call has an outcome of its own."""
    one = chunk(lines("a"))
    with opened(tmp_path) as store:
        futures = [store.submit_for_outcome(one) for _ in range(50)]
        assert [future.result(10).seq for future in futures] == list(range(1, 51))


def test_what_the_decoder_fails_on_is_told(tmp_path):
    """Its bytes are kept, and the outcome says why nothing of it is stored."""
    with opened(tmp_path) as store:
        outcome = store.submit_for_outcome(chunk(b"poison")).result(10)
    assert (outcome.rows, outcome.rejected) == (0, {UNDECODABLE: 1})


def test_a_refused_chunk_fails_like_any_other(tmp_path):
    """The store's refusals reach whoever waits for an outcome."""
    with opened(tmp_path) as store, pytest.raises(ValueError, match="tenant"):
        store.submit_for_outcome(chunk(b"", tenant="other")).result(10)
    with pytest.raises(StorageError, match="closed"):
        store.submit_for_outcome(chunk(lines("a"))).result(10)


def test_rejections_are_counted_all_and_kept_in_part(tmp_path):
    """However many there are."""
    with opened(tmp_path) as store:
        outcome = store.submit_for_outcome(chunk(b"bad\n" * 1000)).result(10)
    assert outcome.rejected == {"not a line": 1000}
    assert len(outcome.rejections) == MOST_REJECTIONS


@settings(max_examples=50)
@given(PAYLOADS)
def test_a_run_is_accounted_for_entry_by_entry(payloads):
    """Decoded together or one by one, each entry has the same rows and rejections."""
    decoder, run, seq = LineDecoder(), [], 1
    for payload in payloads:
        run.append(LoggedEntry(Entry(seq, chunk(payload)), 0))
        seq = run[-1].entry.end
    together = [
        accounts.outcome(place, logged.entry.seq)
        for part, decoded in decode_all(decoder, run, 1 << 20)
        for accounts in [account(part, decoded)]
        for place, logged in enumerate(part)
    ]
    alone = [account([logged], decode_run(decoder, [logged])).outcome(0, logged.entry.seq) for logged in run]
    assert together == alone
