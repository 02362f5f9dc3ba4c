"""Our side of TLS, without I/O: encrypted bytes in, plain bytes out, and the other way round."""

from __future__ import annotations

import ssl
from typing import Final, NamedTuple

# No record of TLS holds more, so neither does a read.
_RECORD_BYTES: Final = 16_384
# First byte of a TLS connection: the record type of a handshake.
_HANDSHAKE: Final = 0x16

NOT_TLS: Final = "not TLS"
BROKEN_OFF: Final = "broken off"
TOO_SLOW: Final = "took too long"
_NO_CERTIFICATE: Final = "no client certificate"
_DISTRUSTS_US: Final = "sender does not accept our certificate"
_NOTHING_IN_COMMON: Final = "no version or cipher in common"

# OpenSSL's names for what happens in practice. An alert is what the sender says of us.
_REASONS: Final = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": _NO_CERTIFICATE,
    "CERTIFICATE_VERIFY_FAILED": "client certificate is not trusted",
    "TLSV1_ALERT_UNKNOWN_CA": _DISTRUSTS_US,
    "TLSV1_ALERT_DECRYPT_ERROR": _DISTRUSTS_US,
    "SSLV3_ALERT_BAD_CERTIFICATE": _DISTRUSTS_US,
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": _DISTRUSTS_US,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": _DISTRUSTS_US,
    "NO_PROTOCOLS_AVAILABLE": _NOTHING_IN_COMMON,
    "NO_SHARED_CIPHER": _NOTHING_IN_COMMON,
    "UNSUPPORTED_PROTOCOL": _NOTHING_IN_COMMON,
    "VERSION_TOO_LOW": _NOTHING_IN_COMMON,
}


class TlsError(Exception):
    """The stream cannot be read on.

    Args:
        reason: a short fixed phrase, fit to be counted by.
        detail: OpenSSL's word for it.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class Plain(NamedTuple):
    """What was read: bytes, and whether the sender says that there will be no more."""

    data: bytes
    is_end: bool


class TlsChannel:
    """One connection. After each call `outgoing` may have bytes for the other side."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.has_received = False

    def outgoing(self) -> bytes:
        """What is to be sent, once."""
        return self._outgoing.read()

    def receive(self, data: bytes) -> None:
        """Takes bytes as they came.

        Raises:
            TlsError: this is no TLS.
        """
        if not self.has_received and data[0] != _HANDSHAKE:
            raise TlsError(NOT_TLS, f"first byte 0x{data[0]:02x}")
        self.has_received = True
        self._incoming.write(data)

    def handshake(self) -> bool:
        """Goes on with the handshake; True once it is done.

        Raises:
            TlsError: it failed.
        """
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            raise _as_told(error) from error
        return True

    def read(self) -> Plain:
        """All that can be read now.

        Raises:
            TlsError: it was tampered with, or broken.
        """
        found: list[bytes] = []
        try:
            while data := self.tls.read(_RECORD_BYTES):
                found.append(data)
        except ssl.SSLWantReadError:
            return Plain(b"".join(found), is_end=False)
        except ssl.SSLError as error:
            raise _as_told(error) from error
        return Plain(b"".join(found), is_end=True)

    def write(self, data: bytes) -> None:
        """Encrypts bytes."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.tls.write(rest) :]

    def say_goodbye(self) -> None:
        """Says that we will write no more (`close_notify`)."""
        try:
            self.tls.unwrap()
        except ssl.SSLError:
            # It waits for the other side's goodbye, or there was no handshake; we do not need either.
            return


def _as_told(error: ssl.SSLError) -> TlsError:
    name = error.reason or error.__class__.__name__
    return TlsError(_REASONS.get(name, "failed"), name)
