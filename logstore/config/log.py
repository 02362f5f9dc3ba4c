"""`[log]`: what the server logs of itself."""

from __future__ import annotations

from typing import Literal

from logstore.config.section import Section


class LogSettings(Section):
    """What the server logs of itself, on stderr."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is logged. `warning` leaves out what goes well; the lines that tell that the server is ready or
    stops come in any case."""

    format: Literal["text", "json"] = "text"
    """How a line is written. `text` is for people; `json` is for programs: an object a line, with `time`, `level`,
    `logger`, `message`, and for errors `error`, `error_message` and `stack`."""

    to_itself: bool = False
    """Whether the server also stores what it logs, under the tag `logstore.server`, where it can be searched like all
    else: at most a hundred lines a second, and few of a kind that repeats; the rest is counted. Intake comes first:
    while there is no room nothing of it is stored."""
