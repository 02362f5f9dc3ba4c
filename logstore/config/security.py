"""`[forward.tls]` and `[forward.security]`: how senders are heard in secret, and what they must prove."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr

from logstore.config.section import File, Names, Section, read_tables


class TlsSettings(Section):
    """TLS for senders, on `forward.listen`. It is on when there is a certificate."""

    cert_file: File | None = None
    """PEM file of the server's certificate and, after it, those between it and the root. This and the files below are
    read again when they change and at SIGHUP; ones that cannot be used are told in the log, and the old stay in use."""

    key_file: File | None = None
    """PEM file of its private key, without a passphrase."""

    client_ca_file: File | None = None
    """PEM file of the authorities whose certificates senders must have (mutual TLS). Without it any sender may
    connect."""

    min_version: Literal["1.2", "1.3"] = "1.2"
    """Oldest version of TLS that is spoken. `1.3` shuts out senders built before 2018."""

    ciphers: Annotated[str, Field(min_length=1)] | None = None
    """Ciphers for TLS 1.2, as OpenSSL writes them; without it those that Python trusts."""


class UserSettings(Section):
    """An element of `forward.security.users`."""

    username: str = Field(min_length=1, max_length=128)
    password: SecretStr | None = None
    password_file: File | None = None


class ClientSettings(Section):
    """An element of `forward.security.clients`."""

    host: Annotated[str, Field(min_length=1)] | None = None
    network: Annotated[str, Field(min_length=1)] | None = None
    shared_key: SecretStr | None = None
    shared_key_file: File | None = None
    users: Names | None = None


Users = Annotated[tuple[UserSettings, ...], BeforeValidator(read_tables)]
Clients = Annotated[tuple[ClientSettings, ...], BeforeValidator(read_tables)]


class SecuritySettings(Section):
    """What senders must prove on `forward.listen`. It is on when there is a shared key, a user or a client."""

    shared_key: SecretStr | None = None
    """The key that senders must know. It never crosses the wire and is never logged. `shared_key_file` keeps it out of
    this file."""

    shared_key_file: File | None = None
    """File with the shared key; a line end after it does not count."""

    server_hostname: Annotated[str, Field(min_length=1)] | None = None
    """The server's name in the handshake. Senders refuse a server that has their own `self_hostname`, so without this
    it is `logstore.` and the name of the machine."""

    users: Users = ()
    """Users, one of which a sender must be: tables with `username` and `password` or `password_file`. Without any, no
    user is asked for. In a variable a JSON array of objects."""

    clients: Clients = ()
    """Rules for some sources: tables with `host` (looked up at the start) or `network` (`10.1.0.0/16`), and what counts
    for it in place of what counts for all: `shared_key` or `shared_key_file`, and `users`, the names allowed. The first
    that fits a source counts. In a variable a JSON array of objects."""

    allow_anonymous_source: bool = True
    """Whether sources without a rule in `clients` may send, if they know the shared key."""
