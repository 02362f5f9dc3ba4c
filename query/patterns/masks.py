r"""What counts as a value at first sight: numbers, times, addresses, ids. Each becomes a typed wildcard.

The masks are those that Drain3 (github.com/logpai/Drain3) and Grafana Loki's patterns found useful, told apart by what
the query language itself has words for: a `<duration>` and a `<size>` can be compared in it.

In masked text a wildcard is one byte that never occurs in UTF-8, so no line can hold one by itself. A value begins and
ends where no letter or digit continues it: the digits of `sha256` and `5xx` stay, those of `blk_-42` and `x=7` go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Mask:
    """A kind of wildcard: its name, and a regular expression (RE2) that matches all that it stands for.

    The expression may match more: it is for people to read, too.
    """

    name: str
    regex: str


NUMBER, HEX, UUID, IP, MAC, TIME, DURATION, SIZE, REST, WILD = range(0xF5, 0xFF)
"""The bytes of the wildcards. REST is the end of a line of which no more is looked at, WILD what differs between lines
of one template."""

MASKS = MappingProxyType(
    {
        NUMBER: Mask("number", r"[-+\d.eE]+"),
        HEX: Mask("hex", r"[\da-fA-FxX]+"),
        UUID: Mask("uuid", r"[\da-fA-F-]{36}"),
        IP: Mask("ip", r"[\da-fA-F.:]+"),
        MAC: Mask("mac", r"[\da-fA-F:]{17}"),
        TIME: Mask("time", r"[\w/:., +-]+"),
        DURATION: Mask("duration", r"[-+\d.a-zµμ]+"),
        SIZE: Mask("size", r"[-+\d.kKMGTPibB]+"),
        REST: Mask("*", r"[\s\S]*"),
        WILD: Mask("*", r"\S*"),
    }
)

_BEGINS = rb"(?<![0-9A-Za-z\x80-\xff])"
_ENDS = rb"(?![0-9A-Za-z\x80-\xff])"
_SIGN = rb"(?:(?<![-+])[-+])?"
_HEX = rb"[0-9A-Fa-f]"
_MONTH = rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY = rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_CLOCK = rb"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_ISO_CLOCK = rb"\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[ ]?[-+]\d\d:?\d\d)?"
_GROUPS = rb"%(x)b{1,4}(?::%(x)b{1,4}){0,5}" % {b"x": _HEX}

_KINDS: tuple[tuple[str, int, bytes], ...] = (
    ("uuid", UUID, rb"%(x)b{8}-(?:%(x)b{4}-){3}%(x)b{12}" % {b"x": _HEX}),
    ("mac", MAC, rb"%(x)b{2}(?::%(x)b{2}){5}(?!:)" % {b"x": _HEX}),
    ("ip6", IP, rb"%(x)b{1,4}(?::%(x)b{1,4}){7}(?!:)" % {b"x": _HEX}),
    ("ip6_short", IP, rb"(?=[0-9A-Fa-f:]*\d)(?:%(g)b)?::(?:%(g)b)?(?!:%(x)b)" % {b"g": _GROUPS, b"x": _HEX}),
    ("date", TIME, rb"\d{4}[-/]\d\d[-/]\d\d(?:[T ]" + _ISO_CLOCK + rb")?"),
    ("clock", TIME, _CLOCK),
    ("syslog", TIME, rb"(?:" + _DAY + rb"[ ])?" + _MONTH + rb"[ ]{1,2}\d{1,2}[ ]" + _CLOCK + rb"(?:[ ]\d{4})?"),
    ("access", TIME, rb"\d\d/" + _MONTH + rb"/\d{4}:\d\d:\d\d:\d\d(?:[ ][-+]\d{4})?"),
    ("short", TIME, rb"\d\d/\d\d/\d\d[ ]" + _CLOCK),
    ("ip4", IP, rb"\d{1,3}(?:\.\d{1,3}){3}(?!\.\d)"),
    ("hex", HEX, rb"0[xX]" + _HEX + rb"+"),
    ("duration", DURATION, _SIGN + rb"(?:\d+(?:\.\d+)?(?:ns|us|\xc2\xb5s|\xce\xbcs|ms|s|m|h|d))+"),
    ("size", SIZE, _SIGN + rb"\d+(?:\.\d+)?(?:[kKMGTP]i?[bB]?|[bB])"),
    ("id", HEX, rb"(?=%(x)b*\d)(?=\d*[A-Fa-f])%(x)b{7,}" % {b"x": _HEX}),
    ("number", NUMBER, rb"\d+(?:\.\d+)*(?:[eE][-+]?\d+)?(?!\.\d)"),
    ("signed", NUMBER, _SIGN + rb"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?!\.\d)"),
)
"""In the order in which they are tried, each with the wildcard that it becomes."""

_VALUE = re.compile(
    _BEGINS
    + rb"(?:"
    + rb"|".join(rb"(?P<%b>%b)" % (name.encode(), regex) for name, _, regex in _KINDS)
    + rb")"
    + _ENDS
    + rb"|[0-9A-Za-z\x80-\xff]+(?:(?<=\d)\.\d+)*"
)
"""A value, or a word that is none. The digits after the points of `v1.2.3` belong to the word."""

_BYTES = {name: bytes((wildcard,)) for name, wildcard, _ in _KINDS}


def masked(line: bytes) -> bytes:
    """A line with its values replaced by wildcards."""
    return _VALUE.sub(lambda found: _BYTES[found.lastgroup] if found.lastgroup else found[0], line)
