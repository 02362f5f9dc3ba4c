"""The one exception of the protocol package: the stream cannot be read on."""

from __future__ import annotations

_SHOWN_CHARACTERS = 60


class RefusalError(Exception):
    """Raised inside the package only; a connection reports it as `Malformed`.

    Args:
        reason: a short fixed phrase, fit to be counted by.
        detail: what was found.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def shown(raw: bytes) -> str:
    """Bytes of a stranger as printable ASCII, shortened."""
    text = ascii(raw.decode("utf-8", "backslashreplace"))
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
