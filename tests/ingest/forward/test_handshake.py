"""Tests of ingest.forward.handshake, and of its place in a connection."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.forward.connection import ForwardConnection, State
from ingest.forward.events import ChunkReceived, ConnectionClosed, Event
from ingest.forward.handshake import (
    ANONYMOUS,
    INVALID_PING,
    MAX_SERVER_HOSTNAME_BYTES,
    WRONG_KEY,
    WRONG_USER,
    Accepted,
    Client,
    Handshake,
    Rejected,
    Security,
    digest,
    read_ping,
)
from ingest.forward.limits import Limits
from tests.ingest.forward.pings import KEY, NONCE, SALT, ping, sha512
from tests.ingest.forward.wire_samples import drain, forward, one_by_one, pack, text_forms

SECURITY = Security(b"logstore.here", KEY)
USERS = replace(SECURITY, users={b"alice": b"wonder", b"bob": b"builder"})
ALICE = {"user": b"alice", "password": b"wonder"}
FLUENTD_READ_BYTES = 512


def handshake(security: Security = SECURITY, source: str = "192.0.2.7", *, keepalive: bool = True) -> Handshake:
    """Our side, with what is random laid down."""
    return Handshake(security, source, NONCE, SALT, keepalive=keepalive)


def answered(security: Security, message: bytes, source: str = "192.0.2.7") -> object:
    """Accepted, or the reason why not."""
    verdict = handshake(security, source).answer(message)
    return verdict.reason if isinstance(verdict, Rejected) else type(verdict)


def events_of(security: Security, *reads: bytes) -> tuple[ForwardConnection, list[Event]]:
    """What a secured connection reports."""
    connection = ForwardConnection(Limits(), handshake(security))
    events = []
    for data in reads:
        connection.receive_data(data)
        events += drain(connection)
    return connection, events


def test_helo_is_byte_for_byte_that_of_fluentd():
    """Nonce and salt as bin, 65 bytes in all, as captured from a Fluentd server."""
    helo = handshake(USERS).helo()
    assert helo == (b"\x92\xa4HELO\x83\xa5nonce\xc4\x10" + NONCE + b"\xa4auth\xc4\x10" + SALT + b"\xa9keepalive\xc3")
    assert len(helo) == 65


def test_helo_asks_for_what_is_wanted():
    """No salt for passwords where there are no users; and whether a connection may be kept."""
    (_, said) = msgpack.unpackb(handshake(keepalive=False).helo())
    assert said == {"nonce": NONCE, "auth": "", "keepalive": False}


def test_pong_proves_that_we_know_the_key_too():
    """The digest is over the sender's salt, our name and the nonce."""
    verdict = handshake().answer(ping())
    assert isinstance(verdict, Accepted)
    proof = sha512(b"\xffsalt", b"logstore.here", NONCE, KEY)
    assert msgpack.unpackb(verdict.reply) == ["PONG", True, "", "logstore.here", proof]


@pytest.mark.parametrize(
    ("security", "message", "outcome"),
    [
        (SECURITY, ping(), Accepted),
        (SECURITY, ping(key=b"other"), WRONG_KEY),
        (SECURITY, ping(key=b""), WRONG_KEY),
        (SECURITY, ping(nonce=bytes(16)), WRONG_KEY),
        (SECURITY, ping(user=b"mallory", password=b"x"), Accepted),
        (USERS, ping(**ALICE), Accepted),
        (USERS, ping(), WRONG_USER),
        (USERS, ping(user=b"alice", password=b"builder"), WRONG_USER),
        (USERS, ping(user=b"mallory", password=b""), WRONG_USER),
        (USERS, ping(key=b"other", **ALICE), WRONG_KEY),
        (replace(SECURITY, allow_anonymous_source=False), ping(), ANONYMOUS),
    ],
)
def test_key_and_user_decide(security, message, outcome):
    """Right or wrong, and what is told first when several things are wrong."""
    assert answered(security, message) == outcome


@pytest.mark.parametrize(
    ("source", "key", "user", "outcome"),
    [
        ("10.1.2.3", b"ten", b"alice", Accepted),
        ("::ffff:10.1.2.3", b"ten", b"alice", Accepted),
        ("10.1.2.3", KEY, b"alice", WRONG_KEY),
        ("10.1.2.3", b"ten", b"bob", WRONG_USER),
        ("10.2.0.1", KEY, b"bob", Accepted),
        ("2001:db8::5", b"six", b"bob", Accepted),
        ("192.0.2.1", KEY, b"alice", ANONYMOUS),
        ("unix", KEY, b"alice", ANONYMOUS),
    ],
)
def test_the_first_rule_that_holds_the_source_counts(source, key, user, outcome):
    """A rule has a key and users of its own; who is in no rule may be shut out."""
    rules = (
        Client(ip_network("10.1.0.0/16"), b"ten", frozenset({b"alice"})),
        Client(ip_network("10.0.0.0/8"), KEY),
        Client(ip_network("2001:db8::/32"), b"six"),
    )
    security = replace(USERS, clients=rules, allow_anonymous_source=False)
    message = ping(key=key, user=user, password=USERS.users[user])
    assert answered(security, message, source) == outcome


def test_an_anonymous_source_is_told_its_address():
    """In the words of Fluentd, for people who search for them; what is counted is a fixed phrase."""
    verdict = handshake(replace(SECURITY, allow_anonymous_source=False)).answer(ping())
    assert msgpack.unpackb(verdict.reply) == ["PONG", False, "anonymous source host '192.0.2.7' denied", "", ""]


def test_upper_case_digests_are_refused():
    """As Fluentd does: a digest has one spelling."""
    values = msgpack.unpackb(ping(), raw=True)
    values[3] = values[3].upper()
    assert answered(SECURITY, pack(values)) == WRONG_KEY


@pytest.mark.parametrize("index", range(6))
def test_str_and_bin_are_alike(index):
    """Whatever form a sender gives a text."""
    values = msgpack.unpackb(ping(**ALICE), raw=True)
    forms = [pack(value) for value in values]
    for form in text_forms(values[index]):
        message = b"\x96" + b"".join([*forms[:index], form, *forms[index + 1 :]])
        assert answered(USERS, message) is Accepted


@pytest.mark.parametrize(
    "message",
    [
        b"\xc0",
        pack([]),
        pack(["PING"]),
        pack(["PONG", "h", "s", "d", "", ""]),
        pack(["PING", "h", "s", "d", "", "", ""]),
        pack(["PING", "h", "s", 5, "", ""]),
        pack(["PING", "h", "s", "d", None, None]),
        pack(["PING", "h", ["s"], "d", "", ""]),
        pack([None] * 6),
        pack([{"a": 1}] * 6),
        forward({"chunk": "a"}),
        pack(["t", 1, {"m": "x"}]),
        pack(["PING", "h" * 2000, "s", "d", "", ""]),
        pack(["PING", "h", "s" * 1100, "d", "", ""]),
        b"\x96\xdb\xff\xff\xff\xff",
        b"\x96\xa4PING\xdd\xff\xff\xff\xff",
        b"\xdd\xff\xff\xff\xff",
        b"[1,2]",
        b'{"a":1}',
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00",
        b"\xc1",
        b"\x91" * 1020,
        b"\x96\xa4PING\xc1",
    ],
)
def test_what_is_no_ping_is_answered_and_nothing_more(message):
    """Data, other protocols, lies about lengths: one PONG false, and what follows is not even looked at."""
    connection, events = events_of(SECURITY, message + ping() + forward({"chunk": "a"}), ping(), b"")
    assert [type(event) for event in events] == [Rejected, ConnectionClosed]
    assert events[0].reason == INVALID_PING
    assert msgpack.unpackb(events[0].reply) == ["PONG", False, "invalid ping message", "", ""]
    assert (connection.state, connection.messages, connection.unfinished_bytes) == (State.CLOSED, 0, 0)


def test_a_wrong_ping_draws_one_answer():
    """A second guess in the same bytes is not heard, however right it is; nothing is stored."""
    _, events = events_of(SECURITY, ping(key=b"wrong") + ping() + forward({"chunk": "a"}))
    assert [getattr(event, "reason", None) for event in events] == [WRONG_KEY]


@pytest.mark.parametrize("cut", [list, one_by_one])
def test_data_after_the_ping_is_read(cut):
    """Together with the PING or after it, whole or byte by byte; ordinals count from the first message."""
    stream = ping() + forward({"chunk": "a"}) + forward({"chunk": "b"})
    _, events = events_of(SECURITY, *([stream] if cut is list else cut(stream)), b"")
    assert [type(event) for event in events] == [Accepted, ChunkReceived, ChunkReceived, ConnectionClosed]
    assert [event.ordinal for event in events[1:3]] == [0, 1]


def test_a_large_message_may_follow_at_once():
    """The narrow limit of the handshake ends with it."""
    body = b"\x92\x01\x80" * 100_000
    _, events = events_of(SECURITY, ping() + pack(["t", body]))
    assert isinstance(events[1], ChunkReceived)
    assert events[1].payload == body


def test_no_more_than_a_ping_is_held_before_the_proof():
    """A sender that never ends its PING is cut off at a kibibyte."""
    connection = ForwardConnection(Limits(), handshake())
    held = 0
    for byte in one_by_one(b"\x96\xa4PING\xda\x03\xe0" + b"h" * 2000):
        connection.receive_data(byte)
        if drain(connection):
            break
        held = max(held, connection.unfinished_bytes)
    assert connection.state is State.REFUSED
    assert held <= 1024


def test_an_end_within_the_ping_is_quiet():
    """A sender that goes away before its proof is no failure."""
    _, events = events_of(SECURITY, ping()[:-1], b"")
    assert events == [ConnectionClosed(len(ping()) - 1)]


def test_every_answer_fits_one_read_of_fluentd():
    """Even with the longest name of a server, of an address, and of a reason."""
    security = Security(b"n" * MAX_SERVER_HOSTNAME_BYTES, KEY, {b"u": b"p"}, (), allow_anonymous_source=False)
    longest = handshake(security, "2001:db8:1234:1234:1234:1234:255.255.255.255").answer(ping())
    accepted = handshake(replace(security, users={}, allow_anonymous_source=True)).answer(ping())
    for said in (handshake(security).helo(), longest.reply, accepted.reply):
        assert len(said) < FLUENTD_READ_BYTES


def test_secrets_are_not_shown():
    """Neither keys nor passwords stand in what a value shows of itself, or in what is logged of a rejection."""
    security = replace(USERS, clients=(Client(ip_network("10.0.0.0/8"), b"hush"),))
    rejected = handshake(security).answer(ping(user=b"alice", password=b"guess"))
    for shown in (repr(security), repr(handshake(security)), rejected.detail, repr(rejected)):
        assert not any(secret in shown for secret in ("sesame", "wonder", "hush", "guess"))


def test_what_a_stranger_calls_itself_is_harmless_in_a_log():
    """Line feeds and escapes are written as such, and cut."""
    verdict = handshake().answer(ping(key=b"x", hostname=b"a\n\x1b[31m" + b"b" * 150))
    assert verdict.detail.isprintable()
    assert len(verdict.detail) < 100


texts = st.binary(max_size=100)


@settings(max_examples=60)
@given(texts, texts, texts, texts, texts)
def test_only_the_same_key_and_password_are_right(hostname, salt, key, user, password):
    """For any bytes: the proof of one key or password is none of another."""
    security = Security(b"us", KEY, {b"alice": b"wonder"})
    message = pack(["PING", hostname, salt, digest(salt, hostname, NONCE, key), user, digest(SALT, user, password)])
    is_right = key == KEY and (user, password) == (b"alice", b"wonder")
    assert (answered(security, message) is Accepted) is is_right
    right = pack(
        ["PING", hostname, salt, digest(salt, hostname, NONCE, KEY), "alice", digest(SALT, b"alice", b"wonder")]
    )
    assert answered(security, right) is Accepted


@settings(max_examples=60)
@given(st.binary(max_size=300), st.integers(1, 300))
def test_whatever_comes_first_gets_in_only_with_the_key(noise, cut):
    """Random bytes in random reads: one answer at most, no message, and no exception."""
    connection, events = events_of(SECURITY, noise[:cut] or b"\x96", noise[cut:] or b"\x96", b"")
    assert connection.messages == 0
    assert len([event for event in events if isinstance(event, Rejected)]) <= 1
    assert not any(isinstance(event, Accepted) for event in events)


def test_a_ping_is_read_as_bytes():
    """Salts are no text; Fluent Bit packs them as str all the same."""
    found = read_ping(ping(salt=b"\xff\x00\xfe", **ALICE))
    assert found is not None
    assert (found.hostname, found.salt, found.username) == (b"me.local", b"\xff\x00\xfe", b"alice")
