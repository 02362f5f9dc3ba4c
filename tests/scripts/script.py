"""The format of `*.logtest`: blocks separated by empty lines; lines that start with `#` are remarks.

    now 2026-11-22T11:00:00Z            when the following queries are asked

    load                                events, one JSON object a line, as a sender would send them
    {"time": "2026-11-22T10:00:00Z", "tag": "app.web", "message": "hello", "status": 200}

    query status:200 | fields message   a query, perhaps over several lines, up to `----`
    ----
    {"message": "hello"}                its rows in order, columns in order, missing values left out
    notice: unknown field 'x' …         then what the answer remarks, if anything

    error status:                       a query that is refused
    ----
    expected a value (line 1, column 8) the whole of the message, with its caret and hint
      status:
            ^

Queries see all events that were loaded above them. In expected rows, NaN and Infinity are written as those words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

RULE = "----"


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a script.

    Attributes:
        verb: its first word.
        text: the query, or the rest of the first line.
        lines: what follows: events, or what is expected.
        line: number of its first line, from 1.
    """

    verb: Literal["now", "load", "query", "error"]
    text: str
    lines: tuple[str, ...]
    line: int


def read_script(path: Path) -> list[Block]:
    """The blocks of a script, in order.

    Raises:
        ValueError: a block does not start with a known word, or lacks its `----`.
    """
    return [_block(lines, line, path) for line, lines in _paragraphs(path.read_text(encoding="utf-8"))]


def _paragraphs(text: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines that are neither empty nor remarks, each with the number of its first line."""
    current: list[str] = []
    first = 1
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line.startswith("#"):
            continue
        if line.strip():
            first = first if current else number
            current.append(line)
        elif current:
            yield first, current
            current = []


def _block(lines: list[str], line: int, path: Path) -> Block:
    verb, _, text = lines[0].partition(" ")
    if verb in {"now", "load"}:
        return Block(verb, text.strip(), tuple(lines[1:]), line)
    if verb not in {"query", "error"} or RULE not in lines:
        msg = f"{path.name}, line {line}: neither now, load, query nor error, or without {RULE}"
        raise ValueError(msg)
    rule = lines.index(RULE)
    return Block(verb, "\n".join([text, *lines[1:rule]]), tuple(lines[rule + 1 :]), line)  # type: ignore[arg-type]
