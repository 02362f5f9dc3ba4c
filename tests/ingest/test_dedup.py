"""Which copies of a chunk are dropped, joined and stored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.dedup import Dedup, Drop, Join, Store, is_random, key_of
from ingest.sink import Origin
from logstore.model.chunk import Chunk, Mode
from tests.ingest.fake_sink import FakeSink

RANDOM = b"Zg4pjgy1CrKZCRkggSCk9w==\n"
CONTENT = b"c29tZSAxNiBieXRlcyBoZXJl"
FIRST_CONNECTION = 1000
WINDOW_NS = 100


def chunk(chunk_id: bytes | None = CONTENT, **changes: object) -> Chunk:
    """A chunk, differing from the usual one as told."""
    base = Chunk(Mode.FORWARD, b"\x90", 1, 0, wire_tag=b"t", tag="t", connection=FIRST_CONNECTION, chunk_id=chunk_id)
    return replace(base, **changes)


class Story:
    """A dedup with its store, told what happens to one chunk."""

    def __init__(self, chunk_id: bytes) -> None:
        self.sink = FakeSink()
        self.dedup = Dedup[str](self.sink, FIRST_CONNECTION, started_ns=0, resend_window_ns=WINDOW_NS)
        self.chunk = chunk(chunk_id)
        self.key = key_of(self.chunk)

    def judge(self, now_ns: int = 0) -> object:
        """The verdict over a copy that comes now."""
        return self.dedup.judge(self.key, self.chunk.chunk_id, now_ns)

    def begins(self) -> None:
        """It is being stored."""
        self.dedup.started(self.key, "flight")

    def stored(self) -> None:
        """It is durable."""
        self.sink.remember(self.chunk, Origin(self.chunk.connection, self.chunk.ordinal))
        self.dedup.stored(self.key, self.chunk.chunk_id)

    def acked(self, connection: int) -> None:
        """Its ack is written to a connection."""
        self.dedup.ack_written(connection, self.key)


@pytest.fixture(params=[RANDOM, CONTENT], ids=["random", "content"])
def any_story(request):
    """A chunk of either kind of id."""
    return Story(request.param)


@pytest.fixture
def story():
    """A chunk whose id may be derived from its content."""
    return Story(CONTENT)


def test_ids_are_told_apart_by_shape():
    """Only 25 bytes that end in a newline are Fluentd's random ids."""
    assert is_random(RANDOM)
    for other in (CONTENT, RANDOM[:-1], RANDOM[:-1] + b"=", b"\n" + RANDOM[:-1], b"", b"0" * 32, RANDOM + b"\n"):
        assert not is_random(other)


def test_the_key_covers_tag_id_and_payload():
    """An id used again under another tag, or for other bytes, is another chunk."""
    keys = {
        key_of(chunk()),
        key_of(chunk(wire_tag=b"u")),
        key_of(chunk(RANDOM)),
        key_of(chunk(payload=b"\x91\x90")),
        key_of(chunk(tenant="other")),
        key_of(chunk(b"")),
    }
    assert len(keys) == 6
    assert key_of(chunk(connection=7, ordinal=3, received_ns=5)) == key_of(chunk())
    assert key_of(chunk(None)) is None


def test_a_new_chunk_is_stored(any_story):
    """Nothing is known of it."""
    assert any_story.judge() == Store()


def test_a_copy_in_flight_joins(any_story):
    """While the first is being stored, any copy shares its fate."""
    any_story.begins()
    assert any_story.judge() == Join("flight")


def test_a_failed_chunk_is_forgotten(any_story):
    """What was not stored is new when it comes again."""
    any_story.begins()
    any_story.dedup.failed(any_story.key)
    assert any_story.judge() == Store()


def test_a_stored_chunk_that_was_never_acked_is_dropped(any_story):
    """Its connection broke before the ack was written: the copy is the resend."""
    any_story.begins()
    any_story.stored()
    any_story.dedup.connection_lost(1000)
    assert any_story.judge() == Drop()


def test_an_ack_that_may_be_unread_proves_nothing(any_story):
    """The ack was written, nothing came after: it may have been lost with the connection."""
    any_story.begins()
    any_story.stored()
    any_story.acked(1000)
    assert any_story.judge() == Drop()
    any_story.dedup.connection_lost(1000)
    assert any_story.judge() == Drop()


def test_a_random_id_is_dropped_for_ever():
    """Even after its ack was surely read, and from whatever process the first copy is."""
    story = Story(RANDOM)
    story.begins()
    story.stored()
    story.acked(1000)
    story.dedup.message_begun(1000)
    assert story.judge(now_ns=WINDOW_NS * 10) == Drop()
    old = Story(RANDOM)
    old.sink.remember(old.chunk, Origin(1, 0))
    assert old.judge(now_ns=WINDOW_NS * 10) == Drop()


def test_a_read_ack_makes_the_copy_a_chunk_of_its_own(story):
    """Something came on the connection after the ack was written, be it the copy itself."""
    story.begins()
    story.stored()
    story.acked(1000)
    story.dedup.message_begun(1000)
    assert story.judge() == Store(repeat=True)


def test_messages_before_the_ack_prove_nothing(story):
    """A pipelining sender's next message came before the ack was written."""
    story.begins()
    story.dedup.message_begun(1000)
    story.stored()
    story.dedup.message_begun(1000)
    story.acked(1000)
    assert story.judge() == Drop()


def test_other_connections_prove_nothing(story):
    """Only the connection that carried the ack tells that it was read."""
    story.begins()
    story.stored()
    story.acked(1000)
    story.dedup.message_begun(1001)
    assert story.judge() == Drop()


def test_the_ack_of_a_copy_proves_as_well(story):
    """The resend's ack was read, so the next copy is a chunk of its own."""
    story.begins()
    story.stored()
    story.acked(1000)
    story.dedup.connection_lost(1000)
    assert story.judge() == Drop()
    story.acked(1001)
    assert story.judge() == Drop()
    story.dedup.message_begun(1001)
    assert story.judge() == Store(repeat=True)


def test_a_repeat_has_resends_of_its_own(story):
    """A repeat is remembered like a first copy: its resend is dropped."""
    story.begins()
    story.stored()
    story.acked(1000)
    story.dedup.message_begun(1000)
    assert story.judge() == Store(repeat=True)
    story.begins()
    assert story.judge() == Join("flight")
    story.stored()
    assert story.judge() == Drop()


def test_a_resend_after_our_restart_is_dropped(story):
    """An earlier process stored the chunk, and was killed before its ack got out."""
    story.sink.remember(story.chunk, Origin(7, 0))
    assert story.judge(now_ns=WINDOW_NS - 1) == Drop()


def test_long_after_our_restart_a_copy_is_a_chunk_of_its_own(story):
    """No sender waits that long with its resend."""
    story.sink.remember(story.chunk, Origin(7, 0))
    assert story.judge(now_ns=WINDOW_NS) == Store(repeat=True)


def test_an_old_chunk_is_taken_for_a_resend_once(story):
    """After the sender read the ack of the resend, the same bytes are a new chunk."""
    story.sink.remember(story.chunk, Origin(7, 0))
    assert story.judge() == Drop()
    assert story.judge() == Drop()
    story.acked(1000)
    story.dedup.message_begun(1000)
    assert story.judge() == Store(repeat=True)


def test_only_the_last_chunk_of_an_old_connection_can_be_a_resend(story):
    """A later chunk of the same connection proves that this one had been acked before we were killed."""
    later = chunk(b"later")
    story.sink.remember(story.chunk, Origin(7, 0))
    story.sink.remember(later, Origin(7, 1))
    assert story.dedup.judge(key_of(later), b"later", 0) == Drop()
    assert story.judge() == Store(repeat=True)


def test_memory_of_unproven_acks_is_bounded():
    """The oldest is taken as read: a resend of it would be stored twice rather than lost."""
    sink = FakeSink()
    dedup = Dedup[str](sink, FIRST_CONNECTION, started_ns=0, max_unproven=2)
    chunks = [chunk(b"%d" % number) for number in range(3)]
    for each in chunks:
        sink.remember(each, Origin(FIRST_CONNECTION, 0))
        dedup.stored(key_of(each), each.chunk_id)
    verdicts = [dedup.judge(key_of(each), each.chunk_id, 0) for each in chunks]
    assert verdicts == [Store(repeat=True), Drop(), Drop()]


def test_what_is_remembered_of_written_acks_is_bounded():
    """A sender that is always amid a message never proves that it read an ack, and is not remembered without end."""
    sink = FakeSink()
    dedup = Dedup[str](sink, FIRST_CONNECTION, started_ns=0, max_unproven=10)
    for number in range(1000):
        key = number.to_bytes(16, "big")
        dedup.stored(key, CONTENT)
        for _ in range(3):
            dedup.ack_written(FIRST_CONNECTION, key)
        assert dedup._acked_total <= 20
    dedup.connection_lost(FIRST_CONNECTION)
    assert dedup._acked_total == 0
