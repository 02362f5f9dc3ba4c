"""The command for SQL, with its options."""

from __future__ import annotations

from typing import Annotated

import typer

from logstore.app.cli.absent import keep_out
from logstore.app.cli.guard import quiet_exit
from logstore.app.cli.options import All, At, Data, From, OutputFormat, Server, Since, To
from logstore.app.cli.words import query_of


@quiet_exit()
def sql(  # noqa: PLR0913 (options of a command)
    text: Annotated[list[str], typer.Argument(metavar="SELECT", help="One SELECT; the table is called logs.")],
    *,
    since: Since = None,
    start: From = None,
    end: To = None,
    everything: All = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, help="At most so many rows. [default: 10000, or as LIMIT says]"),
    ] = None,
    at: At = None,
    output: OutputFormat = None,
    server: Server = None,
    data: Data = None,
) -> None:
    """Ask a question in SQL and print the answer."""
    if data is None:
        # What a server answers is only written out here.
        keep_out("numpy")
    from logstore.app.cli.asking import Asked, Page, target  # noqa: PLC0415 (slow; likewise below)
    from logstore.app.cli.query import run  # noqa: PLC0415
    from logstore.app.window import WindowRequest  # noqa: PLC0415

    window = WindowRequest(since, start, end, everything)
    asked = Asked(query_of(text), window, limit, Page(at), is_sql=True)
    run(asked, target(server or None, data), output.value if output else None)
