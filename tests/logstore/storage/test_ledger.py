"""The chunk ledger of a store: what became of each chunk, now and after any restart."""

from __future__ import annotations

import dataclasses

from logstore.model.chunk import Mode
from logstore.model.timespan import TimeSpan
from logstore.storage.ledger.search import LedgerQuery
from logstore.storage.read_only import open_read_only
from tests.logstore.model.batches import plain_times
from tests.logstore.storage.lines import START_NS, LineDecoder, chunk, lines
from tests.logstore.storage.test_store import opened

MINUTE_NS = 60 * 10**9


def told(store, **query):
    """The rows that a query of the ledger finds."""
    with store.ledger() as ledger:
        return plain_times(ledger.search(LedgerQuery(**query)).rows).to_pylist()


def message(number, tag="app", payload=None):
    """A message of its own on connection 7, one a second."""
    fields = {"received_ns": START_NS + number * 10**9, "connection": 7, "ordinal": number, "peer": "10.0.0.1:5"}
    one = chunk(payload or lines([number], tag=tag), f"m{number}".encode())
    return dataclasses.replace(one, mode=Mode.MESSAGES, tag="", **fields)


def test_a_chunk_has_a_row_from_the_moment_it_is_decoded(tmp_path):
    """It says who sent it, what was stored, what was not and why; a seal adds the generation and nothing else."""
    with opened(tmp_path) as store:
        store.submit_for_outcome(
            chunk(lines("ab") + b"bad\n", b"an-id", tag="app", peer="10.0.0.1:99", listener="forward", connection=3)
        ).result(10)
        (before,) = told(store)
        store.seal()
        (after,) = told(store)
        with store.ledger() as ledger:
            ((part,),) = ledger.search(LedgerQuery()).parts
        assert part.rows == 2
    assert (before.pop("generation"), after.pop("generation")) == (None, 1)
    assert before == after
    assert (after["status"], after["chunk_id"], after["tags"], after["sender"]) == (
        "stored", b"an-id", ["app"], "10.0.0.1:99",
    )  # fmt: skip
    assert (after["rows"], after["rejected"], dict(after["reasons"])) == (2, 1, {"not a line": 1})
    assert (after["seq"], after["end_seq"], after["connection"], after["mode"]) == (1, 4, 3, "packed")


def test_single_messages_are_told_by_connection_and_minute(tmp_path):
    """However many runs they were decoded in; their tags are named, their rejections counted."""
    with opened(tmp_path) as store:
        for number in range(70):
            store.submit_for_outcome(message(number, f"tag-{number % 3}")).result(10)
        store.submit_for_outcome(message(70, payload=b"bad\n")).result(10)
        later, earlier = told(store)
        assert (earlier["chunks"], earlier["rows"], earlier["rejected"]) == (60, 60, 0)
        assert (later["chunks"], later["rows"], later["rejected"]) == (11, 10, 1)
        assert sorted(earlier["tags"]) == ["tag-0", "tag-1", "tag-2"]
        assert (earlier["chunk_id"], earlier["sender"], earlier["mode"]) == (None, "10.0.0.1:5", "messages")
        assert earlier["until"] - earlier["received"] == 59 * 10**9
        store.seal()
        assert [row["chunks"] for row in told(store)] == [11, 60]


def test_copies_are_told_with_the_key_of_what_they_are_copies_of(tmp_path):
    """They outlive a restart once a seal has written them."""
    with opened(tmp_path) as store:
        first = chunk(lines("ab"), b"an-id", received_ns=START_NS)
        store.submit_for_outcome(first).result(10)
        (key,) = [row["key"] for row in told(store)]
        store.note_copy(dataclasses.replace(first, received_ns=START_NS + 5, peer="10.0.0.2:1"), key)
        store.note_copy(message(1), b"k" * 16)
        store.note_copy(message(2), b"l" * 16)
        assert [row["chunks"] for row in told(store, only_copies=True)] == [2, 1]
    with opened(tmp_path) as store:
        tally, copy = told(store, only_copies=True)
        assert (copy["key"], copy["rows"], copy["sender"]) == (key, 0, "10.0.0.2:1")
        assert (tally["chunks"], tally["mode"]) == (2, "messages")
        assert len(told(store)) == 3


def test_copies_outlive_a_stop_though_nothing_else_came(tmp_path):
    """They are sealed with a generation of no entries, and nothing is sealed where there is nothing to tell."""
    with opened(tmp_path) as store:
        store.submit_for_outcome(chunk(lines("ab"), b"an-id")).result(10)
    with opened(tmp_path) as store:
        store.note_copy(chunk(lines("ab"), b"an-id"), b"k" * 16)
    with opened(tmp_path) as store:
        assert [row["generation"] for row in told(store, only_copies=True)] == [2]
        assert store.submit(chunk(lines("c"))).result(10) == 3
    with opened(tmp_path) as store:
        assert store.stats().generation == 3
        assert len(told(store)) == 3


def test_copies_beyond_the_room_for_them_are_counted(tmp_path):
    """A storm of resends takes no memory without end."""
    with opened(tmp_path) as store:
        store._machinery.copies._most = 3
        for number in range(5):
            store.note_copy(chunk(b"x", str(number).encode()), b"k" * 16)
        assert len(told(store)) == 3
        assert store.stats().ledger.unlisted_copies == 2


def test_a_killed_server_has_the_same_ledger_again(tmp_path):
    """What was not sealed is told again from the log, by a server and by a reader beside it."""
    with opened(tmp_path) as store:
        store.submit_for_outcome(chunk(lines("ab"), b"an-id", tag="app")).result(10)
        store.seal()
        store.submit_for_outcome(chunk(lines("cd") + b"bad\n", b"another", tag="app")).result(10)
        before = told(store)
        reader = open_read_only(str(tmp_path), LineDecoder)
        assert told(reader) == before
        reader.close()


def test_filters(tmp_path):
    """By id in any form, tag, sender, time, copies and rejections; the newest rows up to the limit."""
    with opened(tmp_path) as store:
        for number in range(12):
            one = chunk(
                lines([number]) + (b"bad\n" if number == 5 else b""),
                f"id{number:04d}==\n".encode(),
                tag=f"app.{number % 2}",
                peer=f"10.0.{number % 3}.1:7",
            )
            store.submit_for_outcome(dataclasses.replace(one, received_ns=START_NS + number * MINUTE_NS)).result(10)
            if number % 4 == 3:
                store.seal()
        times = [row["received"] for row in told(store)]
        assert times == sorted(times, reverse=True)
        assert len(times) == 12
        assert [row["received"] for row in told(store, limit=5)] == times[:5]
        assert [row["seq"] for row in told(store, chunk_id="id0004==")] == [5]
        assert len(told(store, chunk_id="id00")) == 12
        assert len(told(store, tag="app.*")) == 12
        assert len(told(store, tag="app.1")) == 6
        assert len(told(store, tag="ap?.1", sender="10.0.1.")) == 2
        assert [row["rejected"] for row in told(store, only_rejected=True)] == [1]
        assert len(told(store, window=TimeSpan(START_NS + MINUTE_NS, START_NS + 3 * MINUTE_NS))) == 2
        with store.ledger() as ledger:
            assert ledger.search(LedgerQuery(limit=11)).cut
            assert not ledger.search(LedgerQuery(limit=12)).cut


def test_old_ledgers_go_by_age_and_by_size(tmp_path):
    """The newest stay; the files that go are removed."""
    with opened(tmp_path, max_ledger_bytes=15_000, removal_grace_s=0.0) as store:
        for number in range(10):
            store.submit_for_outcome(chunk(lines([number]))).result(10)
            store.seal()
        kept = sorted(int(path.stem) for path in (tmp_path / "ledger").iterdir())
        rows = told(store)
    assert kept[-1] == 10
    assert 1 <= len(kept) < 10
    assert sorted(row["generation"] for row in rows) == kept


def test_a_damaged_ledger_is_told_and_the_rest_is_served(tmp_path):
    """At a start it goes to quarantine; one that breaks later is named in the answer."""
    with opened(tmp_path) as store:
        for number in range(3):
            store.submit_for_outcome(chunk(lines([number]))).result(10)
            store.seal()
        path = tmp_path / "ledger/2.parquet"
        path.write_bytes(path.read_bytes()[:40])
        with store.ledger() as ledger:
            answer = ledger.search(LedgerQuery())
        assert answer.unreadable == ("ledger/2.parquet",)
        assert answer.rows.num_rows == 2
    with opened(tmp_path) as store:
        assert store.recovery.quarantined == ("quarantine/ledger_2.parquet",)
        assert len(told(store)) == 2
