"""Who may send: from the settings to what a handshake goes by."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from ingest.forward.handshake import MAX_SERVER_HOSTNAME_BYTES, Client, Security
from logstore.app.secrets import secret
from logstore.config.security import ClientSettings, SecuritySettings
from logstore.errors import SettingsError

_HERE = "forward.security"

Resolve = Callable[[str], list[str]]
"""Gives the addresses of a host; raises OSError when it has none."""


def addresses_of(host: str) -> list[str]:
    """The addresses of a host, from the system's resolver."""
    return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)})


def security_of(settings: SecuritySettings, hostname: str, resolve: Resolve = addresses_of) -> Security | None:
    """What senders must prove; None when the settings ask for nothing.

    Args:
        settings: the table `[forward.security]`.
        hostname: of this machine.
        resolve: looks up the hosts of `clients`.

    Raises:
        SettingsError: the settings contradict each other, or a file or a host of theirs cannot be had.
    """
    key = secret(f"{_HERE}.shared_key", settings.shared_key, settings.shared_key_file)
    if key is None and not settings.users and not settings.clients:
        _refuse_loose_ends(settings)
        return None
    users = _users(settings)
    clients = tuple(
        client
        for number, each in enumerate(settings.clients)
        for client in _clients(f"{_HERE}.clients.{number}", each, key, users, resolve)
    )
    if not settings.allow_anonymous_source and not clients:
        raise SettingsError(
            f"setting {_HERE}.allow_anonymous_source: nobody could send, for there are no clients",
            f"add tables to {_HERE}.clients",
        )
    # Without a key of its own for all, users alone decide; the key is then the empty one, as senders write it.
    return Security(_server_hostname(settings, hostname), key or b"", users, clients, settings.allow_anonymous_source)


def _refuse_loose_ends(settings: SecuritySettings) -> None:
    """A table that is there but asks for nothing is a mistake that would leave the door open."""
    if not settings.allow_anonymous_source or settings.server_hostname is not None:
        raise SettingsError(
            f"settings {_HERE} ask nothing of senders", f"set {_HERE}.shared_key_file, or leave the table out"
        )


def _server_hostname(settings: SecuritySettings, hostname: str) -> bytes:
    name = (settings.server_hostname or f"logstore.{hostname}").encode()
    if len(name) > MAX_SERVER_HOSTNAME_BYTES:
        raise SettingsError(
            f"setting {_HERE}.server_hostname: {len(name)} bytes are too many for senders to read",
            f"at most {MAX_SERVER_HOSTNAME_BYTES}",
        )
    return name


def _users(settings: SecuritySettings) -> dict[bytes, bytes]:
    users: dict[bytes, bytes] = {}
    for number, user in enumerate(settings.users):
        name = f"{_HERE}.users.{number}"
        password = secret(f"{name}.password", user.password, user.password_file)
        if password is None:
            raise SettingsError(f"setting {name}: user {user.username} has no password", "set password_file")
        if user.username.encode() in users:
            raise SettingsError(f"setting {name}: user {user.username} is there twice", "leave one of them out")
        users[user.username.encode()] = password
    return users


def _clients(
    name: str, settings: ClientSettings, key: bytes | None, users: Mapping[bytes, bytes], resolve: Resolve
) -> list[Client]:
    """The rules that one table makes: one for each address of its host, or one for its network."""
    own = secret(f"{name}.shared_key", settings.shared_key, settings.shared_key_file)
    allowed = None if settings.users is None else frozenset(user.encode() for user in settings.users)
    unknown = sorted(user.decode() for user in (allowed or frozenset()) - users.keys())
    if unknown:
        raise SettingsError(f"setting {name}.users: there is no user {unknown[0]}", f"add it to {_HERE}.users")
    usual = b"" if key is None else key
    return [Client(each, usual if own is None else own, allowed) for each in _networks(name, settings, resolve)]


def _networks(name: str, settings: ClientSettings, resolve: Resolve) -> list[IPv4Network | IPv6Network]:
    if (settings.host is None) is (settings.network is None):
        raise SettingsError(f"setting {name}: it has no host and no network, or both", "set one of them")
    if settings.network is not None:
        try:
            return [ip_network(settings.network)]
        except ValueError as error:
            raise SettingsError(f"setting {name}.network: {error}", "it looks like 10.1.0.0/16") from error
    host = settings.host or ""
    try:
        return [ip_network(address) for address in _resolved(host, resolve)]
    except OSError as error:
        raise SettingsError(
            f"setting {name}.host: {host} has no address: {error.strerror or error}", "name its network instead"
        ) from error


def _resolved(host: str, resolve: Resolve) -> list[str]:
    """Addresses, without the interface that link-local ones of version 6 may name."""
    try:
        return [str(ip_address(host))]
    except ValueError:
        return [address.partition("%")[0] for address in resolve(host)]
