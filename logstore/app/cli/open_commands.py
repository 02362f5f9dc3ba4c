"""The commands `logstore parts` and `logstore export`, declared as those of `commands`."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from logstore.app.cli.guard import quiet_exit
from logstore.app.cli.options import All, Data, From, ListFormat, Server, Since, Tag, To
from logstore.app.cli.words import Words, query_of

# Parts are few and old ones are as good as new ones: without a window, unlike elsewhere, all times are meant.
AnySince = Annotated[
    str | None, typer.Option("--since", metavar="DURATION", help="How far back from now: 15m, 1.5h, 2d.")
]
MAX_FILE_BYTES = 256 * 1024 * 1024


class ExportFormat(str, Enum):
    """The formats of exported files."""

    PARQUET = "parquet"
    JSONL = "jsonl"
    CSV = "csv"


@quiet_exit()
def parts(  # noqa: PLR0913 (options of a command)
    *,
    tag: Tag = None,
    since: AnySince = None,
    start: From = None,
    end: To = None,
    everything: All = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many. [default: 1000]")] = None,
    output: ListFormat = None,
    server: Server = None,
    data: Data = None,
) -> None:
    """List the Parquet files that hold the events, newest first. Without a window, of all times."""
    from logstore.app.cli.asking import target  # noqa: PLC0415
    from logstore.app.cli.parts import PartsWanted, run  # noqa: PLC0415
    from logstore.app.window import WindowRequest  # noqa: PLC0415

    wanted = PartsWanted(tag, WindowRequest(since, start, end, everything), limit)
    run(wanted, target(server or None, data), output.value if output else None)


@quiet_exit()
def export(  # noqa: PLR0913 (options of a command)
    text: Words,
    *,
    directory: Annotated[
        Path, typer.Option("--output", metavar="DIR", help="Where to: a directory that is empty or not there.")
    ],
    output: Annotated[ExportFormat, typer.Option("--format", help="How to write it.")] = ExportFormat.PARQUET,
    compress: Annotated[bool, typer.Option("--zstd", help="Compress jsonl and csv; parquet always is.")] = False,
    since: Since = None,
    start: From = None,
    end: To = None,
    everything: All = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many rows. [default: all]")] = None,
    max_file_rows: Annotated[
        int | None, typer.Option("--max-file-rows", min=1, help="Begin another file after so many rows.")
    ] = None,
    max_file_bytes: Annotated[
        int, typer.Option("--max-file-bytes", min=1, help="Begin another file after so many bytes, about.")
    ] = MAX_FILE_BYTES,
    server: Server = None,
    data: Data = None,
) -> None:
    """Write all rows of a query to files, with a manifest."""
    from logstore.app.cli.asking import target  # noqa: PLC0415
    from logstore.app.cli.export import ExportWanted, run  # noqa: PLC0415
    from logstore.app.window import WindowRequest  # noqa: PLC0415

    window = WindowRequest(since, start, end, everything)
    wanted = ExportWanted(
        query_of(text), window, limit, directory, output.value, compress, max_file_rows, max_file_bytes
    )
    run(wanted, target(server or None, data))


def add_open_commands(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(parts)
    app.command()(export)
