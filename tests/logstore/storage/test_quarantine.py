"""The quarantine of a store: what cannot be decoded is kept as it was received, within bounds."""

from __future__ import annotations

import pytest

from logstore.errors import WorldError
from logstore.storage.read_only import open_read_only
from logstore.storage.wal.format import Record, SegmentHeader, encode_head, encode_header, make_record
from logstore.storage.wal.reader import scan_segment
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory
from tests.logstore.storage.lines import LineDecoder, chunk, lines
from tests.logstore.storage.sender import open_store
from tests.logstore.storage.test_store import opened

BAD = lines("a") + b"bad\nbad\n"


def told(store):
    """Each chunk in quarantine, newest first: its seq and its payload."""
    with store.quarantine() as quarantine:
        return [(item.seq, quarantine.read(item).entry.chunk.payload) for item in quarantine.items]


def submit(store, *payloads):
    """Stores chunks and waits for their decoding; their sequence numbers."""
    futures = [store.submit_for_outcome(chunk(payload, b"id-%d" % n)) for n, payload in enumerate(payloads)]
    return [future.result(10).seq for future in futures]


def test_a_chunk_with_any_rejected_event_is_kept_whole(tmp_path):
    """Before and after the seal, after a restart and for a reader beside: same bytes, same reasons."""
    with opened(tmp_path) as store:
        _, bad, poison = submit(store, lines("ok"), BAD, b"poison")
        before = told(store)
        store.seal()
        reader = open_read_only(str(tmp_path), LineDecoder)
        assert told(reader) == told(store) == before == [(poison, b"poison"), (bad, BAD)]
        reader.close()
    with opened(tmp_path) as store, store.quarantine() as quarantine:
        poisoned, half = quarantine.items
        assert told(store) == before
        assert (half.rows, half.reasons, half.chunk_id) == (1, {"not a line": 2}, b"id-1")
        assert (poisoned.rows, poisoned.reasons) == (0, {"decoder failed": 1})
        assert store.stats().quarantine.chunks == 2


def test_a_file_of_the_quarantine_is_a_log_segment(tmp_path):
    """Whatever reads the log reads it."""
    with opened(tmp_path) as store:
        submit(store, BAD, b"poison")
    (path,) = (tmp_path / "quarantine").iterdir()
    scan = scan_segment(path.read_bytes(), 10**9, 0, str(path))
    assert [logged.entry.chunk.payload for logged in scan.entries] == [BAD, b"poison"]


def test_what_a_payload_hides_is_not_taken_for_a_chunk(tmp_path):
    """A sender that knows the salt gains nothing by it: the catalog says where chunks lie."""
    record = make_record(99, chunk(b"forged"))
    forged = encode_header(SegmentHeader(99, 0, None)) + encode_head(Record(record.logged, record.meta), 0) + b"forged"
    with opened(tmp_path) as store:
        submit(store, forged.replace(b"\n", b"n"), b"bad\n")
        store.seal()
        assert len(told(store)) == 2


def test_dropped_chunks_are_gone_from_the_disk(tmp_path):
    """What stays in their file is written anew, and stays readable; what is in the log is sealed first."""
    with opened(tmp_path, removal_grace_s=0.0) as store:
        first, second, third = submit(store, b"bad one\n", b"bad two\n", b"bad three\n")
        assert store.drop_from_quarantine([second], []) == 1
        assert told(store) == [(third, b"bad three\n"), (first, b"bad one\n")]
        submit(store, lines("x"))
        store.seal()
        assert [path.name for path in (tmp_path / "quarantine").iterdir()] == ["1-1.wal"]
        assert b"bad two" not in (tmp_path / "quarantine/1-1.wal").read_bytes()
        assert store.drop_from_quarantine([first, third, 999], []) == 2
        assert told(store) == []
    with opened(tmp_path) as store:
        assert told(store) == []
        assert store.recovery.is_clean
    assert list((tmp_path / "quarantine").iterdir()) == []


def test_damaged_files_are_listed_and_dropped(tmp_path):
    """What a start set aside is told beside the chunks."""
    with opened(tmp_path) as store:
        submit(store, lines("a"))
    next((tmp_path / "parts").rglob("*.parquet")).write_bytes(b"PAR1")
    with opened(tmp_path) as store:
        with store.quarantine() as quarantine:
            (damaged,) = quarantine.damaged
            assert bytes(quarantine.read_damaged(damaged)) == b"PAR1"
        assert store.drop_from_quarantine([], [damaged.name]) == 1
        with store.quarantine() as quarantine:
            assert quarantine.damaged == ()


def test_chunks_that_are_too_large_are_counted_not_kept(tmp_path):
    """Their reasons are in the ledger all the same."""
    with opened(tmp_path, max_quarantined_chunk_bytes=100) as store:
        submit(store, b"bad\n" * 26, b"bad\n" * 25)
        assert [len(payload) for _, payload in told(store)] == [100]
        assert store.stats().quarantine.dropped["too large"] == 1
        assert store.stats().head.rejected == {"not a line": 51}


def test_a_flood_keeps_the_newest(tmp_path):
    """In memory and on disk there is never more than the bound; what goes is counted, oldest first."""
    settings = {"max_quarantine_bytes": 12_000, "max_quarantined_chunk_bytes": 1000, "removal_grace_s": 0.0}
    with opened(tmp_path, **settings) as store:
        for number in range(20):
            submit(store, *[b"bad %d.%d" % (number, place) + b"x" * 900 for place in range(3)])
            store.seal()
        kept = told(store)
        stats = store.stats().quarantine
        assert stats.bytes <= 12_000
        assert stats.chunks == len(kept)
        assert stats.dropped["expired"] == 60 - len(kept)
        assert kept[0][1].startswith(b"bad 19.2")
        submit(store, *[b"bad x.%d" % place + b"x" * 900 for place in range(30)])
        assert store.stats().quarantine.dropped["too many at once"] >= 20
        assert told(store)[0][1].startswith(b"bad x.29")


def test_old_chunks_expire(tmp_path):
    """By the time of their seal, also after some of their file were dropped."""
    with opened(tmp_path, quarantine_retention_s=-1.0, removal_grace_s=0.0) as store:
        submit(store, b"bad one\n", b"bad two\n")
        store.seal()
        assert len(told(store)) == 2
        submit(store, lines("a"))
        store.seal()
        assert told(store) == []


@pytest.mark.parametrize("fault", list(Fault))
def test_a_drop_that_fails_drops_nothing_or_all(tmp_path, fault):
    """Whatever call fails: the next start finds the chunks as before or as after the drop, and can drop again."""
    number = 0
    while True:
        number += 1
        directory = FaultyDirectory(tmp_path / f"{fault.value}{number}", number)
        store = open_store(directory)
        seqs = submit(store, b"bad one\n", b"bad two\n", b"bad three\n")
        store.seal()
        before = told(store)
        directory.fail_later(number, fault)
        calls = len(directory.calls)
        failed = False
        try:
            store.drop_from_quarantine(seqs[:2], [])
        except WorldError:
            failed = True
        was_reached = len(directory.calls) - calls > number
        directory.die()
        store.close()
        store = open_store(directory.crash())
        after = told(store)
        assert after in (before, before[:1])
        assert failed or after == before[:1]
        assert store.recovery.is_clean
        store.drop_from_quarantine(seqs, [])
        assert told(store) == []
        store.close()
        if not was_reached:
            return
