"""The commands below `logstore quarantine`, declared as those of `commands`."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from logstore.app.cli.guard import quiet_exit
from logstore.app.cli.options import All, Data, From, ListFormat, ListLimit, Sender, Server, Tag, To

quarantine = typer.Typer(
    help="What could not be decoded, kept as it was received.", no_args_is_help=True, rich_markup_mode=None
)

# Without it, unlike elsewhere, all times are meant.
AnySince = Annotated[
    str | None, typer.Option("--since", metavar="DURATION", help="How far back from now: 15m, 1.5h, 2d.")
]
Ids = Annotated[
    list[str] | None, typer.Argument(metavar="ID...", help="Ids from `logstore quarantine list`; none means all.")
]


class ExportFormat(str, Enum):
    """How chunks in quarantine are handed out."""

    RAW = "raw"
    JSONL = "jsonl"


@quarantine.command("list")
@quiet_exit()
def quarantine_list(  # noqa: PLR0913 (options of a command)
    ids: Ids = None,
    *,
    tag: Tag = None,
    sender: Sender = None,
    since: AnySince = None,
    start: From = None,
    end: To = None,
    everything: All = False,
    limit: ListLimit = None,
    output: ListFormat = None,
    server: Server = None,
    data: Data = None,
) -> None:
    """List it, newest first. Without a window, of all times."""
    from logstore.app.cli.asking import target  # noqa: PLC0415
    from logstore.app.cli.quarantine import Wanted, run_list  # noqa: PLC0415
    from logstore.app.window import WindowRequest  # noqa: PLC0415

    wanted = Wanted(tuple(ids or ()), tag, sender, WindowRequest(since, start, end, everything))
    run_list(wanted, limit, target(server or None, data), output.value if output else None)


@quarantine.command("show")
@quiet_exit()
def quarantine_show(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids from `logstore quarantine list`.")],
    *,
    max_bytes: Annotated[int, typer.Option("--bytes", min=1, help="Bytes of each to show.")] = 512,
    server: Server = None,
    data: Data = None,
) -> None:
    """Show what is known of something in it, and how its bytes begin."""
    from logstore.app.cli.asking import target  # noqa: PLC0415
    from logstore.app.cli.quarantine import Wanted, run_show  # noqa: PLC0415

    run_show(Wanted(tuple(ids)), max_bytes, target(server or None, data))


@quarantine.command("export")
@quiet_exit()
def quarantine_export(  # noqa: PLR0913 (options of a command)
    ids: Ids = None,
    *,
    tag: Tag = None,
    sender: Sender = None,
    file: Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Where to. [default: stdout]")] = None,
    output: Annotated[
        ExportFormat | None,
        typer.Option("--format", help="Bytes as received, or JSON lines with base64. [default: raw for one id]"),
    ] = None,
    server: Server = None,
    data: Data = None,
) -> None:
    """Write out the bytes as they were received."""
    from logstore.app.cli.asking import target  # noqa: PLC0415
    from logstore.app.cli.quarantine import Wanted, run_export  # noqa: PLC0415

    wanted = Wanted(tuple(ids or ()), tag, sender)
    run_export(wanted, target(server or None, data), file, output.value if output else None)


@quarantine.command("drop")
@quiet_exit()
def quarantine_drop(  # noqa: PLR0913 (options of a command)
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="Ids from `logstore quarantine list`.")
    ] = None,
    *,
    tag: Tag = None,
    sender: Sender = None,
    older_than: Annotated[
        str | None,
        typer.Option("--older-than", metavar="TIME", help="Received before: a duration before now, or a time."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything.")] = False,
    server: Server = None,
    data: Data = None,
) -> None:
    """Drop some or all of it for good."""
    from logstore.app.cli.asking import target  # noqa: PLC0415
    from logstore.app.cli.quarantine import Wanted, run_drop  # noqa: PLC0415
    from logstore.app.window import WindowRequest  # noqa: PLC0415

    wanted = Wanted(tuple(ids or ()), tag, sender, WindowRequest(end=older_than, everything=everything))
    run_drop(wanted, target(server or None, data))
