"""What `level` means: six severities, and the many spellings that senders have for them.

Intake normalises with this table on the way in, the query language with the same one on the way out, so
`level:warning` finds what was sent as `WARN`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from logstore.model.schema import LEVELS

_SPELLINGS = {
    "trace": "t trc trce trace v verbose finer finest silly",
    "debug": "d dbg dbug debug debug1 debug2 debug3 debug4 debug5 fine config",
    "info": "i inf info information informational notice log",
    "warn": "w wrn warn warning",
    "error": "e err error severe fail",
    "fatal": "f ftl fatal c crt crit critical alert emerg emergency panic dpanic",
}

LEVEL_SPELLINGS: Mapping[str, str] = {name: level for level, names in _SPELLINGS.items() for name in names.split()}
"""Every spelling that is understood, in small letters, to its level."""

_SEVERITIES = {level: severity for severity, level in enumerate(LEVELS)}

_BUNYAN = {10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal"}
_SYSLOG = {0: "fatal", 1: "fatal", 2: "fatal", 3: "error", 4: "warn", 5: "info", 6: "info", 7: "debug"}
_PYTHON = {10: "debug", 20: "info", 30: "warn", 40: "error", 50: "fatal"}
_OTLP = {number: LEVELS[(number - 1) // 4] for number in range(1, 25)}


class LevelScale(str, Enum):
    """Which numbers mean which level. The strings appear in configuration files."""

    MIXED = "mixed"
    """Bunyan and pino for 10 to 60 in tens, syslog for 0 to 7: the two never overlap."""
    BUNYAN = "bunyan"
    SYSLOG = "syslog"
    PYTHON = "python"
    """Python's `logging`: as Bunyan's numbers, one level higher."""
    OTLP = "otlp"
    """OpenTelemetry's severity numbers, 1 to 24."""


_SCALES: dict[LevelScale, dict[int, str]] = {
    LevelScale.MIXED: _SYSLOG | _BUNYAN,
    LevelScale.BUNYAN: _BUNYAN,
    LevelScale.SYSLOG: _SYSLOG,
    LevelScale.PYTHON: _PYTHON,
    LevelScale.OTLP: _OTLP,
}

# journald and pino write numbers as text; no scale has longer ones.
_MAX_DIGITS = 2


def normalize_level(value: str | int, scale: LevelScale = LevelScale.MIXED) -> str | None:
    """The level that `value` stands for: a spelling in any (ASCII) case, or a number on `scale`, also as text.

    Returns:
        One of `LEVELS`, or None when the value is no level.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return _SCALES[scale].get(value)
    known = LEVEL_SPELLINGS.get(value)
    if known is not None:
        return known
    text = value.strip()
    if text.isascii() and text.isdigit():
        return _SCALES[scale].get(int(text)) if len(text) <= _MAX_DIGITS else None
    # Only ASCII has capitals here: `K` (the Kelvin sign) is no k.
    return LEVEL_SPELLINGS.get(text.lower()) if text.isascii() else None


def severity(level: str) -> int:
    """Rank of one of `LEVELS`, from 0 for trace to 5 for fatal; raises KeyError for other text."""
    return _SEVERITIES[level]
