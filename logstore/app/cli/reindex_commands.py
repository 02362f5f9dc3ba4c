"""The command `logstore reindex`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from logstore.app.cli.guard import quiet_exit
from logstore.app.cli.options import Server


@quiet_exit()
def reindex(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those that are there and whole.")] = False,
    server: Server = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Of this data directory, on which no server runs."),
    ] = None,
) -> None:
    """Make the word indexes of parts that have none or a damaged one, and wait until they are made."""
    from logstore.app.cli.asking import target  # noqa: PLC0415
    from logstore.app.cli.reindex import run_reindex  # noqa: PLC0415

    run_reindex(target(server or None, data), everything=everything)
