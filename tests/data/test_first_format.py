"""The data of the first released format opens, with everything that is in it."""

import json
import sqlite3
from contextlib import closing, contextmanager

import pytest

from logstore.app.answers import encode
from logstore.app.chunks import list_chunks
from logstore.app.decoding import make_decoder
from logstore.app.formats.jsonl import JsonlWriter
from logstore.errors import StorageError
from logstore.model.timespan import EVERYTHING
from logstore.storage.ledger.search import LedgerQuery
from logstore.storage.read_only import open_read_only
from tests.data.kept import Kept, asking, bag, opened

KEPT = Kept("first-format")
SEARCHES = (
    ("*", lambda row: "time" in row),
    ("level:error", lambda row: row.get("level") == "error"),
    ("tag:app.rare", lambda row: row["tag"] == "app.rare"),
    ("odd:18446744073709551615", lambda row: row.get("odd") == 2**64 - 1),
    ("number:>=200", lambda row: row.get("number", 0) >= 200),
    ("Name:1", lambda row: row.get("Name") == 1),
    ("rare.12.29:348", lambda row: row.get("rare.12.29") == 348),
    ('kubernetes.pod.name:"pod-3"', lambda row: row.get("kubernetes.pod.name") == "pod-3"),
)
"""Searches, and which of the rows they must find."""


@pytest.fixture
def data(tmp_path):
    """The directory, as its server was killed."""
    path = tmp_path / "data"
    KEPT.unpack(path)
    return path


def check(store, searches=SEARCHES):
    """Every event is there, once, with all its fields, whatever is asked."""
    rows = KEPT.told("events")
    with asking(store, KEPT.clock) as ask:
        for text, is_meant in searches:
            expected = [row for row in rows if is_meant(row)]
            assert expected, text
            assert bag(ask(text)) == bag(expected), text
        assert ask("* | stats count()") == [{"count": len(rows)}]


@contextmanager
def decoded(data):
    """A store that has decoded its log."""
    with opened(data, KEPT.clock) as store:
        with store.snapshot():
            pass
        yield store


def test_a_reader_is_told_what_to_do_before_the_first_start(data):
    """Only a server may bring the catalog up to date; until then nothing is changed or guessed."""
    with pytest.raises(StorageError, match="version 2") as raised:
        open_read_only(str(data), make_decoder)
    assert "start the server" in raised.value.hint
    with closing(sqlite3.connect(data / "catalog.sqlite")) as catalog:
        assert catalog.execute("SELECT max(version) FROM schema_migrations").fetchone() == (2,)


def test_every_event_is_found(data):
    """In parts, in the log, in both; after the first start, after the seal, and after another start."""
    with opened(data, KEPT.clock) as store:
        assert store.recovery.is_clean
        assert store.recovery.replayed > 0
        check(store)
        store.seal()
        check(store, SEARCHES[:3])
    with opened(data, KEPT.clock) as store:
        assert store.recovery.replayed == 0
        check(store, SEARCHES[:1])
    with closing(open_read_only(str(data), make_decoder, KEPT.clock)) as store:
        check(store, SEARCHES[:1])


def test_the_ledger_tells_what_it_told(data):
    """Each chunk and each copy with all that was known of it, sealed or not."""
    with decoded(data) as store, store.ledger() as ledger:
        listing = list_chunks(ledger, LedgerQuery(window=EVERYTHING))
        told = [json.loads(line) for line in b"".join(encode(listing, JsonlWriter())).splitlines()]
    kept = KEPT.told("chunks")
    for now, then in zip(told, kept, strict=True):
        # That version named all parts that might hold a chunk's events, this one those that do.
        assert set(now.pop("parts", ())) <= set(then.pop("parts", ()))
    assert told == kept


def test_the_quarantine_holds_what_it_held(data):
    """Each chunk, with its bytes."""
    with decoded(data) as store, store.quarantine() as quarantine:
        held = {item.seq: len(quarantine.read(item).entry.chunk.payload) for item in quarantine.items}
    assert held == {int(one["id"]): one["bytes"] for one in KEPT.told("quarantine")}


def test_copies_of_its_chunks_are_recognised(data):
    """Those in files of chunk ids, and those in the log."""
    keys = [bytes.fromhex(row["key"]) for row in KEPT.told("chunks") if "id" in row and "key" in row]
    assert len(keys) > 20
    with opened(data, KEPT.clock) as store:
        assert all(store.origin(key) is not None for key in keys)


def test_its_parts_are_listed_for_other_engines(data):
    """With what is sealed by now; the old code had no such list."""
    with opened(data, KEPT.clock):
        pass
    told = json.loads((data / "parts.json").read_text())
    assert told["rows"] == len(KEPT.told("events"))
    assert {part["path"].split("/")[2] for part in told["parts"]} >= {"mixed", "1975-12-07", "2025-11-24"}
