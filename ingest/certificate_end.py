"""When a certificate expires, for people to be told in time. Python's `ssl` does not say it of one's own certificate.

Reads just enough of DER (ITU-T X.690) to get to `notAfter` (RFC 5280, 4.1).
"""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime
from typing import Final, NamedTuple

_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_VERSION: Final = 0xA0
_UTC_TIME: Final = 0x17
# What stands before the validity: serial number, signature algorithm, issuer.
_FIELDS_BEFORE: Final = 3
# Two digits of a year mean this century below it (RFC 5280, 4.1.2.5.1).
_PIVOT: Final = 50


class _Value(NamedTuple):
    tag: int
    start: int
    end: int


def expiry_s(pem: bytes) -> float | None:
    """Unix time at which the first certificate in PEM expires; None when that cannot be told."""
    found = _PEM.search(pem.decode("ascii", "replace"))
    if found is None:
        return None
    try:
        return _not_after(ssl.PEM_cert_to_DER_cert(found[0]))
    except (ValueError, IndexError):
        return None


def _not_after(der: bytes) -> float:
    body = _value_at(der, _value_at(der, 0).start)
    field = _value_at(der, body.start)
    if field.tag == _VERSION:
        field = _value_at(der, field.end)
    for _ in range(_FIELDS_BEFORE):
        field = _value_at(der, field.end)
    begin = _value_at(der, field.start)
    end = _value_at(der, begin.end)
    text = der[end.start : end.end].decode("ascii")
    if end.tag == _UTC_TIME:
        text = ("20" if int(text[:2]) < _PIVOT else "19") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()


def _value_at(der: bytes, at: int) -> _Value:
    size, start = der[at + 1], at + 2
    if size & 0x80:
        width = size & 0x7F
        size, start = int.from_bytes(der[start : start + width], "big"), start + width
    return _Value(der[at], start, start + size)
