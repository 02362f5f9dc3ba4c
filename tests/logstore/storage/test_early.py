"""Events of a time to come."""

from __future__ import annotations

import logging

from logstore.storage.store import Store
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.lines import HOUR_NS, START_NS, chunk, events, lines
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.sender import open_store


def send(store: Store, name: str, ahead_ns: int, count: int = 1, peer: str = "10.0.0.1:5") -> None:
    """A chunk of some events, which were received now and are so much ahead of that."""
    payload = lines([f"{name}{place}" for place in range(count)], START_NS + ahead_ns, f"tag-{name}", step_ns=0)
    store.submit(chunk(payload, settings=store.decode_settings, peer=peer)).result(20)


def test_early_events_are_stored_counted_and_told_of(tmp_path, caplog):
    """Events far ahead are stored, found and counted; the log names the one that is furthest ahead, and its sender."""
    store = open_store(FaultyDirectory(tmp_path / "data"))
    with caplog.at_level(logging.WARNING):
        send(store, "right", 599 * 10**9)
        send(store, "late", -(10**18))
        send(store, "early", 2 * HOUR_NS, 3, "10.0.0.7:9")
        with store.snapshot() as snapshot:
            assert len(events(snapshot)) == 5
    assert store.stats().head.early_events == 3
    (told,) = [record.getMessage() for record in caplog.records if "time to come" in record.getMessage()]
    assert told.startswith("3 events bear a time to come, such as one of tag tag-early from 10.0.0.7:9 that is 7200 s")
    store.close()


def test_the_log_tells_of_them_once_a_minute(tmp_path, caplog):
    """In between they are counted, and the next line has the sum."""
    store = open_store(FaultyDirectory(tmp_path / "data"))
    clock = store._machinery.clock
    assert isinstance(clock, ManualClock)
    with caplog.at_level(logging.WARNING):
        for number in range(4):
            if number == 3:
                clock.move(60)
            send(store, f"n{number}", HOUR_NS)
            with store.snapshot():
                pass
    told = [record.getMessage().split(" ")[0] for record in caplog.records if "time to come" in record.getMessage()]
    assert told == ["1", "3"]
    store.close()
