"""The handshake of a listener with a shared key: who may send, told from a PING. Pure: randomness comes in.

The server speaks first, and every message below is one write of less than 512 bytes, for Fluentd reads so much at a
time with a fresh parser. H is the SHA-512 of the concatenated bytes, in lower-case hexadecimal.

    HELO  server   ["HELO", {"nonce": 16 bytes, "auth": 16 bytes or "", "keepalive": bool}]
    PING  sender   ["PING", hostname, salt, H(salt + hostname + nonce + key), user, H(auth + user + password)]
    PONG  server   ["PONG", true, "", server_hostname, H(salt + server_hostname + nonce + key)]
                or ["PONG", false, reason, "", ""]

An empty `auth` says that no user is asked for. Protocol:
https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha512
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final, NamedTuple

import msgpack

from ingest.forward.limits import Limits
from ingest.forward.refusal import shown

NONCE_BYTES: Final = 16
"""Length of the nonce and of the salt for passwords."""
MAX_SERVER_HOSTNAME_BYTES: Final = 255
"""A longer name would not leave a PONG below 512 bytes."""
PING_LIMITS: Final = Limits(max_message_bytes=1024, max_tag_bytes=64)
"""Before it has proved anything, a sender may make us hold so much. Real PINGs have under 500 bytes."""

INVALID_PING: Final = "invalid ping message"
ANONYMOUS: Final = "anonymous source host denied"
WRONG_KEY: Final = "shared_key mismatch"
WRONG_USER: Final = "username/password mismatch"

_PING_ELEMENTS: Final = 6


@dataclass(frozen=True, slots=True)
class Client:
    """What counts for senders in a network in place of what counts for all.

    Attributes:
        network: their addresses.
        shared_key: the key that they share with us.
        users: who may send from there; None for all users.
    """

    network: IPv4Network | IPv6Network
    shared_key: bytes = field(repr=False)
    users: frozenset[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Security:
    """Who may send to a listener.

    Attributes:
        server_hostname: our name. Senders refuse a server that has their own.
        shared_key: for all sources without a rule of their own.
        users: password by name; empty when no user is asked for.
        clients: rules; the first whose network holds the source counts.
        allow_anonymous_source: whether sources without a rule may send.
    """

    server_hostname: bytes
    shared_key: bytes = field(repr=False)
    users: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)
    clients: tuple[Client, ...] = ()
    allow_anonymous_source: bool = True

    def rule_for(self, source: str) -> Client | None:
        """The rule for an address; None when there is none, as for what is no address of the internet."""
        try:
            address = ip_address(source)
        except ValueError:
            return None
        address = getattr(address, "ipv4_mapped", None) or address
        return next((client for client in self.clients if address in client.network), None)


class Ping(NamedTuple):
    """What a PING says, as bytes: senders use str and bin alike, and salts are no text."""

    hostname: bytes
    salt: bytes
    key_digest: bytes
    username: bytes
    password_digest: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """The sender has proved what it must. `reply` is our PONG."""

    reply: bytes


@dataclass(frozen=True, slots=True)
class Rejected:
    """The sender may not send. `reply` is our PONG; `reason` is a fixed phrase, `detail` is safe to log."""

    reply: bytes
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Handshake:
    """Our side of one handshake.

    Attributes:
        security: who may send.
        source: address of the sender.
        nonce, salt: NONCE_BYTES each, random, never used twice.
        keepalive: whether the connection may be used for more than one chunk.
    """

    security: Security
    source: str
    nonce: bytes
    salt: bytes
    keepalive: bool = True

    def helo(self) -> bytes:
        """What we say first."""
        auth = self.salt if self.security.users else ""
        said: bytes = msgpack.packb(["HELO", {"nonce": self.nonce, "auth": auth, "keepalive": self.keepalive}])
        return said

    def answer(self, message: bytes) -> Accepted | Rejected:
        """The verdict on the sender's first message, whatever it is."""
        ping = read_ping(message)
        if ping is None:
            return invalid("it is something else")
        rule = self.security.rule_for(self.source)
        told = f"hostname {shown(ping.hostname)}"
        if rule is None and not self.security.allow_anonymous_source:
            return Rejected(_refusal(f"anonymous source host '{self.source}' denied"), ANONYMOUS, told)
        key = self.security.shared_key if rule is None else rule.shared_key
        if not _equal(ping.key_digest, digest(ping.salt, ping.hostname, self.nonce, key)):
            return Rejected(_refusal(WRONG_KEY), WRONG_KEY, told)
        if self.security.users and not self._knows_user(ping, rule):
            return Rejected(_refusal(WRONG_USER), WRONG_USER, f"{told}, user {shown(ping.username)}")
        return Accepted(self._consent(ping.salt, key))

    def _knows_user(self, ping: Ping, rule: Client | None) -> bool:
        """Whether name and password belong together. It takes as long for names that nobody has."""
        is_allowed = rule is None or rule.users is None or ping.username in rule.users
        password = self.security.users.get(ping.username)
        is_right = _equal(ping.password_digest, digest(self.salt, ping.username, password or b""))
        return is_right and is_allowed and password is not None

    def _consent(self, salt: bytes, key: bytes) -> bytes:
        name = self.security.server_hostname
        proof = digest(salt, name, self.nonce, key).decode()
        said: bytes = msgpack.packb(["PONG", True, "", name.decode("utf-8", "replace"), proof])
        return said


def invalid(detail: str) -> Rejected:
    """The verdict on what is no PING."""
    return Rejected(_refusal(INVALID_PING), INVALID_PING, detail)


def digest(*parts: bytes) -> bytes:
    """H of the protocol."""
    return sha512(b"".join(parts)).hexdigest().encode()


def read_ping(message: bytes) -> Ping | None:
    """The PING that a whole message is, or None."""
    try:
        values = msgpack.unpackb(message, raw=True, strict_map_key=False)
    except (ValueError, TypeError, msgpack.UnpackException):
        return None
    is_ping = isinstance(values, list) and len(values) == _PING_ELEMENTS and values[0] == b"PING"
    if not is_ping or not all(isinstance(value, bytes) for value in values):
        return None
    return Ping(*values[1:])


def _refusal(reason: str) -> bytes:
    said: bytes = msgpack.packb(["PONG", False, reason, "", ""])
    return said


def _equal(theirs: bytes, ours: bytes) -> bool:
    """Whether two digests are the same bytes, in a time that does not tell where they differ."""
    return hmac.compare_digest(theirs, ours)
