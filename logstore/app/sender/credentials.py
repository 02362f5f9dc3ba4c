"""The sender's half of the handshake with a shared key: pure, randomness comes in."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

import msgpack

from ingest.forward.handshake import digest
from logstore.errors import WorldError

_PONG_ELEMENTS = 5


class NotWelcomeError(WorldError):
    """The server does not take what we send, or is not the one that we mean."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a sender knows.

    Attributes:
        shared_key: that it shares with the server.
        hostname: what it calls itself; not the name of the server.
        username, password: empty where the server asks for no user.
    """

    shared_key: bytes = field(repr=False)
    hostname: bytes
    username: bytes = b""
    password: bytes = field(default=b"", repr=False)


def ping(helo: object, credentials: Credentials, salt: bytes) -> bytes:
    """Our PING to the server's HELO.

    Raises:
        NotWelcomeError: it is no HELO.
    """
    match helo:
        case [b"HELO", dict() as options]:
            nonce, auth = options.get(b"nonce", b""), options.get(b"auth", b"")
        case _:
            raise NotWelcomeError("the server does not greet as one with a shared key does", "leave the key out")
    hostname, user = credentials.hostname, credentials.username
    proof = digest(salt, hostname, nonce, credentials.shared_key)
    password_proof = digest(auth, user, credentials.password) if auth else b""
    said: bytes = msgpack.packb(["PING", hostname, salt, proof, user if auth else b"", password_proof])
    return said


def check_pong(pong: object, nonce: bytes, credentials: Credentials, salt: bytes) -> None:
    """Makes sure that we are welcome, and that the server knows the key too.

    Raises:
        NotWelcomeError: one of them is not so.
    """
    match pong:
        case [b"PONG", False, reason, *_]:
            told = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else repr(reason)
            raise NotWelcomeError(
                f"the server refused us: {told}", "look at --shared-key-file, --username and --password-file"
            )
        case [b"PONG", True, _, bytes() as name, bytes() as proof] if len(pong) == _PONG_ELEMENTS:
            if not hmac.compare_digest(proof, digest(salt, name, nonce, credentials.shared_key)):
                raise NotWelcomeError("the server does not know the shared key", "this may be another server")
        case _:
            raise NotWelcomeError("the server's answer to our key is no PONG", "this may be no forward server")
