"""The TLS files of a listener: made into a context, and made again when they change, without a restart.

Certificates live for weeks and are renewed by programs. So the files are looked at now and then when somebody connects,
and at once when asked to (SIGHUP). New ones that cannot be used change nothing: the old context stays, an error says
why, and the next change is tried again. Connections keep the context that they began with.
"""

from __future__ import annotations

import logging
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ingest.certificate_end import expiry_s
from ingest.counters import IntakeCounters
from ingest.settings import TlsSettings
from logstore.clock import Clock
from logstore.errors import SettingsError

CHECK_INTERVAL_NS: Final = 2 * 1_000_000_000
"""Between two looks at the files. Each costs a few microseconds; longer keeps an old certificate for longer."""

_VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}

# A certificate that ends sooner should have been renewed: the programs that do it begin weeks before.
_SOON_S: Final = 3 * 86_400

# As many as OpenSSL sends by default.
_TICKETS: Final = 2

_log = logging.getLogger(__name__)

_Signature = tuple[tuple[int, int, int], ...]


class Certificates:
    """The context for the next connection.

    Args:
        name: of the listener.
        settings: the files, and how to use them.
        clock: says when to look at the files, and whether the certificate is about to expire.
        counters: counted into.
        tickets: see `make_context`.

    Raises:
        SettingsError: the files cannot be used, at the start.
    """

    def __init__(
        self, name: str, settings: TlsSettings, clock: Clock, counters: IntakeCounters, *, tickets: bool = False
    ) -> None:
        self._name = name
        self._settings = settings
        self._tickets = tickets
        self._clock = clock
        self._counters = counters
        self._seen = self._signature()
        self._looked_ns = clock.monotonic_ns()
        self._context = make_context(settings, tickets=tickets)
        self._note_expiry()

    def context(self) -> ssl.SSLContext:
        """The context in force; looks for changed files if that was not done lately."""
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._looked_ns >= CHECK_INTERVAL_NS:
            self._looked_ns = now_ns
            signature = self._signature()
            if signature != self._seen:
                self.reload()
        return self._context

    def reload(self) -> None:
        """Reads the files now. What cannot be used is told in the log, and nothing changes."""
        self._seen = self._signature()
        try:
            self._context = make_context(self._settings, tickets=self._tickets)
        except SettingsError as error:
            self._counters.certificate_reloads["failed"] += 1
            _log.error("the TLS files in use stay, the new ones cannot be used: %s", error)
        else:
            self._counters.certificate_reloads["loaded"] += 1
            _log.info("loaded the certificate %s", self._settings.cert_file)
            self._note_expiry()

    def _note_expiry(self) -> None:
        """Tells the metric when the certificate expires, and the log when that is soon."""
        try:
            end_s = expiry_s(self._settings.cert_file.read_bytes())
        except OSError:
            # It was there a moment ago: it is being replaced, and looked at again when it is there.
            return
        if end_s is None:
            return
        self._counters.certificate_expiry[self._name] = end_s
        if end_s - self._clock.now_ns() / 1e9 < _SOON_S:
            end = datetime.fromtimestamp(end_s, UTC)
            _log.warning("the certificate %s expires at %s; senders refuse it then", self._settings.cert_file, end)

    def _signature(self) -> _Signature:
        """What changes when a file does; also where it is a link that is turned to another file."""
        settings = self._settings
        return tuple(_stamp(path) for path in (settings.cert_file, settings.key_file, settings.client_ca_file) if path)


def make_context(settings: TlsSettings, *, tickets: bool = False) -> ssl.SSLContext:
    """A context for our side of TLS.

    Args:
        settings: the files, and how to use them.
        tickets: whether to send tickets for a quicker handshake the next time, in TLS 1.3. Only where senders are sure
            to read: one that never does closes with the tickets unread, its kernel resets the connection, and what it
            wrote last is lost.

    Raises:
        SettingsError: a file cannot be used; the message names it.
    """
    _expect(settings.cert_file, "CERTIFICATE", "a certificate")
    _expect(settings.key_file, "PRIVATE KEY", "a private key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[settings.min_version]
    # A sender that asks for handshake after handshake would cost us much and itself little.
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.num_tickets = _TICKETS if tickets else 0
    _load_pair(context, settings)
    if settings.client_ca_file is not None:
        _load_authorities(context, settings.client_ca_file)
    if settings.ciphers:
        try:
            context.set_ciphers(settings.ciphers)
        except ssl.SSLError as error:
            raise SettingsError(
                f"TLS ciphers {settings.ciphers!r} name none that OpenSSL has", "`openssl ciphers` lists them"
            ) from error
    return context


def _expect(path: Path, what: str, called: str) -> None:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"TLS file {path} cannot be read: {error.strerror}", "name a PEM file that the server's user may read"
        ) from error
    if b"-----BEGIN " not in text or what.encode() not in text:
        raise SettingsError(f"TLS file {path} holds no {what} in PEM", f"name the file that begins {called} in PEM")


def _load_pair(context: ssl.SSLContext, settings: TlsSettings) -> None:
    try:
        context.load_cert_chain(settings.cert_file, settings.key_file, password=_no_passphrase)
    except _PassphraseError:
        raise SettingsError(
            f"the private key {settings.key_file} is encrypted", "write it without a passphrase: `openssl pkey -in …`"
        ) from None
    except (ssl.SSLError, OSError) as error:
        if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
            raise SettingsError(
                f"the private key {settings.key_file} is not that of the certificate {settings.cert_file}",
                "name a pair; in a chain our own certificate comes first",
            ) from error
        raise SettingsError(
            f"the certificate {settings.cert_file} with the private key {settings.key_file} cannot be used: {error}",
            "`openssl x509 -in … -text` and `openssl pkey -in … -check` say more",
        ) from error


def _load_authorities(context: ssl.SSLContext, path: Path) -> None:
    _expect(path, "CERTIFICATE", "a certificate")
    try:
        context.load_verify_locations(path)
    except (ssl.SSLError, OSError) as error:
        raise SettingsError(f"the authorities for senders in {path} cannot be used: {error}") from error
    context.verify_mode = ssl.CERT_REQUIRED


class _PassphraseError(Exception):
    """OpenSSL asks for the passphrase of a key."""


def _no_passphrase() -> str:
    """Without this OpenSSL would ask on the terminal."""
    raise _PassphraseError


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_ino, found.st_size
