"""Tests of logstore.app.own_log.keeping."""

import logging
import threading
from concurrent.futures import Future

import msgpack
import pytest

from logstore.app.own_log.allowance import KIND_AT_ONCE
from logstore.app.own_log.keeping import TAG, KeptLog
from logstore.app.own_log.output import listening
from logstore.clock import SystemClock
from logstore.errors import StorageError

log = logging.getLogger("logstore.test")


class FakeStore:
    """Takes chunks, and says so in a thread of its own, as a store does."""

    decode_settings = 7

    def __init__(self, *, echo=0, error=None, room=True):
        self.chunks = []
        self.arrived = threading.Semaphore(0)
        self._echo, self._error, self._room = echo, error, room

    def has_room(self):
        """Whether it takes more."""
        return self._room

    def submit(self, chunk):
        """Logs `echo` lines for each line that it is given."""
        future = Future()
        threading.Thread(target=self._complete, args=(chunk, future)).start()
        return future

    def _complete(self, chunk, future):
        self.chunks.append(chunk)
        for _ in range(self._echo * chunk.rows_bound):
            log.warning("stored %s", chunk.rows_bound)
        if self._error:
            future.set_exception(self._error)
        else:
            future.set_result(1)
        self.arrived.release()

    @property
    def lines(self):
        """The records of all chunks."""
        return [record for chunk in self.chunks for _, record in entries(chunk)]


def entries(chunk):
    """The entries of a chunk."""
    unpacker = msgpack.Unpacker(timestamp=3)
    unpacker.feed(chunk.payload)
    return list(unpacker)


@pytest.fixture
def kept(caplog):
    """A handler that hears everything, and does not wait between chunks."""
    caplog.set_level(logging.INFO)
    handler = KeptLog(SystemClock(), interval_s=0)
    with listening(handler):
        yield handler


def test_lines_are_stored_as_events_under_a_tag_of_their_own(kept):
    """With the time at which they were logged, also those from before the store was open."""
    log.info("before")
    store = FakeStore()
    with kept.storing(store):
        log.warning("disk %s is slow", "a")
        assert store.arrived.acquire(timeout=20)
    assert [line["message"] for line in store.lines] == ["before", "disk a is slow"]
    assert [line["level"] for line in store.lines] == ["info", "warn"]
    chunk = store.chunks[0]
    assert (chunk.tag, chunk.wire_tag, chunk.settings) == (TAG, TAG.encode(), 7)
    assert chunk.rows_bound == len(entries(chunk))
    assert abs(entries(chunk)[0][0].timestamp() * 1e9 - chunk.received_ns) < 60 * 10**9


def test_what_is_left_at_the_end_is_stored(kept):
    """Whoever leaves the context finds all lines in the store."""
    store = FakeStore()
    with kept.storing(store):
        for number in range(10):
            log.info("line %s of %s", number, "the end")
    assert [line["message"] for line in store.lines] == [f"line {number} of the end" for number in range(10)]


def test_what_storing_lines_logs_does_not_multiply(kept):
    """A store that logs three lines for each that it is given ends up with the allowance of that kind."""
    store = FakeStore(echo=3)
    with kept.storing(store):
        log.warning("once")
        # It goes on as long as lines are allowed, and then it is quiet.
        while store.arrived.acquire(timeout=0.5):
            pass
        assert len(store.lines) == 1 + KIND_AT_ONCE
    assert kept.dropped["too many"] == 3 * len(store.lines) - KIND_AT_ONCE


def test_a_store_without_room_is_given_nothing(kept):
    """Intake comes first; what is lost is counted."""
    store = FakeStore(room=False)
    with kept.storing(store):
        log.warning("once")
    assert store.chunks == []
    assert kept.dropped["no room"] == 1


@pytest.mark.parametrize("error", [StorageError("disk full"), ValueError("too long")])
def test_lines_that_cannot_be_stored_are_counted(kept, error):
    """They are on stderr in any case, and nothing is tried again."""
    store = FakeStore(error=error)
    with kept.storing(store):
        log.warning("once")
    assert len(store.chunks) == 1
    assert kept.dropped["not stored"] == 1


def test_long_lines_are_cut_and_many_are_left_out(kept):
    """What waits for the store takes little memory, whatever is logged."""
    for number in range(600):
        logging.getLogger(f"logstore.test.{number}").info("x" * 100_000)
    assert kept._held <= 4 * 1024 * 1024
    assert kept.dropped["too many"] > 300
    assert max(len(line.fields["message"]) for line in kept._lines) < 20_000


def test_a_line_that_cannot_be_written_harms_nobody(kept, capsys):
    """A wrong number of arguments is told on stderr, as `logging` does."""
    kept.handle(logging.LogRecord("x", logging.INFO, "x.py", 1, "%s %s", ("one",), None))
    assert kept._lines == []
    assert "Logging error" in capsys.readouterr().err
