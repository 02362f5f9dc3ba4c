"""Tests of logstore.app.sender.credentials."""

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.forward.handshake import Accepted, Handshake, Security
from logstore.app.sender.credentials import Credentials, NotWelcomeError, check_pong, ping

NONCE, AUTH, SALT = b"n" * 16, b"a" * 16, b"s" * 16
US = Credentials(b"sesame", b"me")
ALICE = Credentials(b"sesame", b"me", b"alice", b"wonder")


def shake_hands(security, credentials):
    """Both halves, one after the other."""
    server = Handshake(security, "192.0.2.1", NONCE, AUTH)
    helo = msgpack.unpackb(server.helo(), raw=True)
    answer = server.answer(ping(helo, credentials, SALT))
    check_pong(msgpack.unpackb(answer.reply, raw=True), NONCE, credentials, SALT)
    return answer


@pytest.mark.parametrize("users", [{}, {b"alice": b"wonder"}])
@pytest.mark.parametrize("credentials", [US, ALICE])
def test_both_halves_understand_each_other(users, credentials):
    """Who knows what is asked for is let in, and knows then that the server knows the key."""
    security = Security(b"server", b"sesame", users)
    if users and not credentials.username:
        with pytest.raises(NotWelcomeError, match="username/password mismatch"):
            shake_hands(security, credentials)
    else:
        assert isinstance(shake_hands(security, credentials), Accepted)


@settings(max_examples=40)
@given(st.binary(max_size=40), st.binary(max_size=40))
def test_only_the_same_key_is_welcome(ours, theirs):
    """For any two keys."""
    security, credentials = Security(b"server", theirs), Credentials(ours, b"me")
    if ours == theirs:
        assert isinstance(shake_hands(security, credentials), Accepted)
    else:
        with pytest.raises(NotWelcomeError, match="shared_key mismatch") as caught:
            shake_hands(security, credentials)
        assert "--shared-key-file" in caught.value.hint


@pytest.mark.parametrize("pong", [[b"PONG", True, b"", b"server", b"0" * 128], [b"PONG", True, b"", b"server", b""]])
def test_a_server_that_does_not_know_the_key_gets_nothing(pong):
    """It let us in, but cannot prove itself."""
    with pytest.raises(NotWelcomeError, match="does not know the shared key"):
        check_pong(pong, NONCE, US, SALT)


@pytest.mark.parametrize("said", [None, 5, [], [b"HELO"], {b"ack": b"x"}, [b"PONG"], [b"PONG", True, b"", 5, b""]])
def test_what_is_no_handshake_is_told(said):
    """Whatever else answers."""
    with pytest.raises(NotWelcomeError):
        ping(said, US, SALT)
    with pytest.raises(NotWelcomeError):
        check_pong(said, NONCE, US, SALT)


def test_secrets_are_not_shown():
    """Neither the key nor the password."""
    assert "sesame" not in repr(ALICE)
    assert "wonder" not in repr(ALICE)
