"""The command line. `main` is the program `logstore`; each command is a module, imported when it is run."""

from __future__ import annotations

import gc
from typing import Final

from logstore.app.cli.interrupts import end_at_once

_YOUNG_OBJECTS: Final = 50_000
"""New objects before the collector looks for cycles among them. Imports make them by the hundred thousand and all of
them stay; looking through them time and again took a twentieth of a start."""


def main() -> None:
    """Runs the command that the process was started with, and exits."""
    end_at_once()
    gc.set_threshold(_YOUNG_OBJECTS)
    # Everything is imported late, for `logstore --help` to be there at once.
    from logstore.app.cli.absent import keep_out  # noqa: PLC0415
    from logstore.app.cli.commands import app  # noqa: PLC0415

    keep_out("pandas")
    app(prog_name="logstore")
