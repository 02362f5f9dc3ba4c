"""Where answers are written and how: decided once, from the format asked for and from what stdout is."""

from __future__ import annotations

import sys

from logstore.app import environment
from logstore.app.cli.guard import give_up_stdout
from logstore.app.formats.raw import RawWriter
from logstore.app.formats.registry import WRITERS
from logstore.app.formats.table import TableWriter
from logstore.app.formats.writer import Writer
from logstore.errors import SettingsError, WorldError

_BINARY = frozenset({"arrow", "parquet"})


def choose_writer(wanted: str | None) -> Writer:
    """The writer for stdout.

    Raises:
        SettingsError: a binary format would end up on a terminal.
    """
    on_terminal = sys.stdout.isatty()
    name = wanted or ("table" if on_terminal else "jsonl")
    if on_terminal and name in _BINARY:
        raise SettingsError(f"{name} is not for terminals", f"add > answer.{name}")
    if name == "table":
        return TableWriter(colour=wants_colour())
    if name == "raw":
        return RawWriter(on_terminal=on_terminal)
    return WRITERS[name]()


def wants_colour() -> bool:
    """Whether to colour: on a terminal, unless NO_COLOR is set (https://no-color.org)."""
    return sys.stdout.isatty() and not environment.no_colour()


def write(data: bytes) -> None:
    """Writes to stdout at once.

    Raises:
        BrokenPipeError: the reader has gone.
        WorldError: stdout takes nothing more.
    """
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        give_up_stdout()
        raise WorldError(f"the answer cannot be written: {error.strerror}") from error
