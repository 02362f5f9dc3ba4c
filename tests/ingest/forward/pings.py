"""The sender's half of the handshake, written from the specification and not from our code."""

from __future__ import annotations

import hashlib

import msgpack

NONCE = bytes(range(16))
SALT = bytes(range(100, 116))
KEY = b"sesame"


def sha512(*parts: bytes) -> str:
    """Lower-case hexadecimal, as the specification wants it."""
    return hashlib.sha512(b"".join(parts)).hexdigest()


def ping(nonce=NONCE, auth=SALT, key=KEY, **said: bytes) -> bytes:
    """A PING as Ruby packs it, every text a str; `auth` is what HELO said.

    `said` may have `user` and `password`, `hostname` and `salt`.
    """
    user, password = said.get("user", b""), said.get("password", b"")
    hostname, salt = said.get("hostname", b"me.local"), said.get("salt", b"\xffsalt")
    proof = sha512(auth, user, password) if user else ""
    elements = ["PING", hostname.decode(), salt, sha512(salt, hostname, nonce, key), user.decode(), proof]
    return b"\x96" + b"".join(as_str(element) for element in elements)


def as_str(value: str | bytes) -> bytes:
    """A str8 of any bytes."""
    raw = value.encode() if isinstance(value, str) else value
    return b"\xd9" + bytes([len(raw)]) + raw


def answer_to(helo: bytes, key=KEY, **user: bytes) -> bytes:
    """The PING that a HELO asks for."""
    (kind, options) = msgpack.unpackb(helo, raw=True)
    assert kind == b"HELO"
    return ping(options[b"nonce"], options[b"auth"], key, **user)
