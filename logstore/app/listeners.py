"""Where senders connect: from the settings to listeners, with every mistake found before anything starts."""

from __future__ import annotations

import socket

from ingest.certificates import make_context
from ingest.forward.handshake import Security
from ingest.settings import FORWARD, Listener, TcpListener, TlsSettings, UnixListener
from logstore.app.listen import parse_address
from logstore.app.security import security_of
from logstore.config.forward import ForwardSettings
from logstore.config.security import TlsSettings as TlsTable
from logstore.errors import SettingsError

# What the kernel takes as the path of a socket on every system: the shortest is 104 bytes with a zero at the end.
_MAX_SOCKET_PATH_BYTES = 103


def forward_listeners(settings: ForwardSettings) -> tuple[Listener, ...]:
    """All listeners that the settings ask for, the one of `forward.listen` first.

    Raises:
        SettingsError: an address is none, or files of TLS or secrets cannot be used.
    """
    tls = tls_of(settings.tls)
    security = security_of(settings.security, socket.gethostname())
    listeners: list[Listener] = [_tcp(FORWARD, settings.listen, "forward.listen", tls, security)]
    for number, further in enumerate(settings.listeners):
        setting = f"forward.listeners.{number}"
        if further.tls and tls is None:
            raise SettingsError(f"setting {setting}.tls: there is no certificate", "set forward.tls.cert_file")
        if further.security and security is None:
            raise SettingsError(
                f"setting {setting}.security: there is nothing to prove", "set forward.security.shared_key_file"
            )
        own_tls, own_security = tls if further.tls else None, security if further.security else None
        listeners.append(_tcp(further.name, further.listen, f"{setting}.listen", own_tls, own_security))
    if settings.unix_path is not None:
        listeners.append(_unix(settings))
    _refuse_same_names([listener.name for listener in listeners])
    return tuple(listeners)


def tls_of(settings: TlsTable) -> TlsSettings | None:
    """How to do TLS; None without a certificate.

    Raises:
        SettingsError: a file is missing, or cannot be used.
    """
    if settings.cert_file is None and settings.key_file is None:
        if settings.client_ca_file is not None:
            raise SettingsError("setting forward.tls.client_ca_file: there is no TLS", "set forward.tls.cert_file")
        return None
    if settings.cert_file is None or settings.key_file is None:
        missing = "cert_file" if settings.cert_file is None else "key_file"
        raise SettingsError(f"setting forward.tls.{missing}: it is missing", "a certificate and its key go together")
    tls = TlsSettings(
        settings.cert_file,
        settings.key_file,
        settings.client_ca_file,
        settings.min_version,
        settings.ciphers or "",
    )
    make_context(tls)
    return tls


def _tcp(name: str, address: str, setting: str, tls: TlsSettings | None, security: Security | None) -> TcpListener:
    try:
        host, port = parse_address(address)
    except SettingsError as error:
        raise SettingsError(f"setting {setting}: {error.message}", error.hint) from error
    return TcpListener(host, port, name, tls, security)


def _unix(settings: ForwardSettings) -> UnixListener:
    path = settings.unix_path
    if path is None or len(str(path).encode()) > _MAX_SOCKET_PATH_BYTES:
        raise SettingsError(
            f"setting forward.unix_path: {path} is too long for a socket", f"at most {_MAX_SOCKET_PATH_BYTES} bytes"
        )
    return UnixListener(path, int(settings.unix_mode, 8))


def _refuse_same_names(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(f"two listeners are called {name}", "each of forward.listeners needs a name of its own")
