"""Addresses as people write them."""

from __future__ import annotations

from logstore.errors import SettingsError

_MAX_PORT = 65_535


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`; IPv6 hosts stand in brackets.

    Raises:
        SettingsError: it is not such an address.
    """
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    plain = host[1:-1] if bracketed else host
    if not colon or not plain or (":" in plain and not bracketed) or not port.isdecimal() or int(port) > _MAX_PORT:
        raise SettingsError(f"not an address: {text!r}", "it looks like 127.0.0.1:24224 or [::1]:24224")
    return plain, int(port)


def format_address(host: str, port: int) -> str:
    """`HOST:PORT`, an IPv6 host in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
