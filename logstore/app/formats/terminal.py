r"""Text of strangers made safe to show on a terminal.

A log line may hold escape sequences that recolour the screen, rename the window or hide other lines. Here every control
character becomes visible and harmless: `\x1b` instead of ESC.
"""

from __future__ import annotations

import re

# C0 and C1 controls, DEL, and the marks that reorder the text around them.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_NAMED = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}

RESET = "\x1b[0m"
BOLD = "1"
DIM = "2"

LEVEL_STYLES = {
    "trace": "2",
    "debug": "34",
    "info": "32",
    "warn": "33",
    "error": "31",
    "fatal": "1;37;41",
}
"""SGR parameters for each level."""


def safe(text: str, keep: str = "") -> str:
    """`text` with every unsafe character, but those in `keep`, written as an escape."""
    return _UNSAFE.sub(lambda match: match[0] if match[0] in keep else _escape(match[0]), text)


def _escape(char: str) -> str:
    code = ord(char)
    return _NAMED.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")  # noqa: PLR2004 (one byte)


def styled(text: str, style: str) -> str:
    """`text` in a style (SGR parameters); unchanged for the empty style."""
    return f"\x1b[{style}m{text}{RESET}" if style and text else text
