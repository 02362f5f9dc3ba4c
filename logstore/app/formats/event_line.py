"""An event as one line for people: time, level, tag, message, then its other fields as `name=value`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len

from logstore.app.formats.terminal import DIM, LEVEL_STYLES, safe, styled
from logstore.model.schema import LEVEL, MESSAGE, TAG, TIME

_LEADING = frozenset({TIME, LEVEL, TAG, MESSAGE})
LEVEL_WIDTH = 5
# Lines show times up to the millisecond, which leaves more of 80 columns to the message; other formats have each digit.
_NANOSECONDS, _MILLISECONDS = len("2026-11-22T10:00:00.123456789Z"), len("2026-11-22T10:00:00.123")
_NEEDS_QUOTES = re.compile(r"\s|^$")


@dataclass(frozen=True, slots=True)
class EventLayout:
    """How lines are laid out: whether in colour, how wide tag and level are padded; 0 leaves levels out."""

    colour: bool
    tag_width: int
    level_width: int = LEVEL_WIDTH


def event_line(event: Iterable[tuple[str, str | None]], layout: EventLayout) -> str:
    """The line of an event, given as its fields and their texts; None is a missing value."""
    values = {name: safe(value) for name, value in event if value is not None}
    level = values.get(LEVEL, "")
    cells = [_style(short_time(values.get(TIME, "")), DIM, layout)]
    if layout.level_width:
        cells.append(_style(level.ljust(layout.level_width), LEVEL_STYLES.get(level, ""), layout))
    cells += [padded(values.get(TAG, ""), layout.tag_width), values.get(MESSAGE, "")]
    cells += [
        _style(f"{safe(name)}=", DIM, layout) + _quoted(value) for name, value in values.items() if name not in _LEADING
    ]
    return " ".join(cells).rstrip()


def padded(text: str, width: int, *, right: bool = False) -> str:
    """`text` with spaces up to `width` cells of a terminal, to its left when `right`."""
    padding = " " * (width - cell_len(text))
    return padding + text if right else text + padding


def short_time(time: str) -> str:
    """A time as we write it, cut to milliseconds: still one that `--from` understands. Other texts stay."""
    return f"{time[:_MILLISECONDS]}Z" if len(time) == _NANOSECONDS and time.endswith("Z") else time


def _style(text: str, style: str, layout: EventLayout) -> str:
    return styled(text, style) if layout.colour else text


def _quoted(value: str) -> str:
    return f'"{value}"' if _NEEDS_QUOTES.search(value) else value
