"""What the options of `logstore send` say about TLS and secrets."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from logstore.app.secrets import secret_in
from logstore.app.sender.credentials import Credentials
from logstore.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Access:
    """Options, as given.

    Attributes:
        tls: whether to use TLS; any of the next four asks for it too.
        ca: PEM file of the authorities to trust; without it those of the system.
        insecure: whether to trust any server.
        client_cert, client_key: our own certificate and key.
        shared_key_file, password_file: files with secrets.
        username: for servers that ask for a user.
    """

    tls: bool = False
    ca: Path | None = None
    insecure: bool = False
    client_cert: Path | None = None
    client_key: Path | None = None
    shared_key_file: Path | None = None
    username: str | None = None
    password_file: Path | None = None


def tls_context(access: Access) -> ssl.SSLContext | None:
    """How to do TLS; None for none.

    Raises:
        SettingsError: options contradict each other, or a file cannot be used.
    """
    if not (access.tls or access.ca or access.insecure or access.client_cert or access.client_key):
        return None
    if access.insecure and access.ca is not None:
        raise SettingsError("--ca and --insecure contradict each other", "leave one of them out")
    context = ssl.create_default_context()
    if access.ca is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _try("--ca", access.ca, context.load_verify_locations)
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if access.client_key is not None and access.client_cert is None:
        raise SettingsError("--client-key goes with --client-cert", "add --client-cert FILE")
    if access.client_cert is not None:
        _try("--client-cert", access.client_cert, lambda path: context.load_cert_chain(path, access.client_key))
    return context


def credentials(access: Access) -> Credentials | None:
    """What to prove; None for nothing.

    Raises:
        SettingsError: options contradict each other, or a file cannot be used.
    """
    if (access.username is None) is not (access.password_file is None):
        raise SettingsError("--username and --password-file go together", "add the other one")
    if access.shared_key_file is None and access.username is None:
        return None
    key = b"" if access.shared_key_file is None else secret_in("--shared-key-file", access.shared_key_file)
    password = b"" if access.password_file is None else secret_in("--password-file", access.password_file)
    hostname = f"send.{socket.gethostname()}".encode()[:255]
    return Credentials(key, hostname, (access.username or "").encode(), password)


def _try(option: str, path: Path, load: Callable[[Path], None]) -> None:
    try:
        load(path)
    except OSError as error:
        said = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        raise SettingsError(
            f"{option}: {path} cannot be used: {said or error}", "name a readable PEM file, and its key if it is apart"
        ) from error
