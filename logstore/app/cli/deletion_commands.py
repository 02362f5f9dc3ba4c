"""`logstore delete`, `undelete`, `deletions` and `retention`: their options. The work is in `deletions` beside this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from logstore.app.cli.guard import quiet_exit
from logstore.app.cli.options import All, Data, From, ListFormat, ListLimit, Server, To

retention = typer.Typer(help="What is kept for how long.", no_args_is_help=True, rich_markup_mode=None)

Search = Annotated[
    str, typer.Argument(metavar="SEARCH", help="What to delete: a search without stages. '*' is everything.")
]
Since = Annotated[str | None, typer.Option("--since", metavar="DURATION", help="How far back from now: 15m, 1.5h, 2d.")]


def add_deletion_commands(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog="A search that starts with '-' comes after '--'.")(delete)
    app.command()(undelete)
    app.command()(deletions)
    app.add_typer(retention, name="retention")


@quiet_exit()
def delete(  # noqa: PLR0913 (options of a command)
    search: Search,
    *,
    since: Since = None,
    start: From = None,
    end: To = None,
    everything: All = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many events would go.")] = False,
    now: Annotated[
        bool, typer.Option("--now", help="Take them out of the files at once: undeleting is over in a moment.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    server: Server = None,
    data: Data = None,
) -> None:
    """Delete the events that match, as of now: no query finds them any more. Of which time must be said."""
    from logstore.app.cli.asking import target  # noqa: PLC0415 (see the module `commands`; likewise below)
    from logstore.app.cli.deletions import Wanted, run_delete, run_dry  # noqa: PLC0415
    from logstore.app.window import WindowRequest  # noqa: PLC0415

    wanted = Wanted(search, WindowRequest(since, start, end, everything), at_once=now)
    whom = target(server or None, data)
    if dry_run:
        run_dry(wanted, whom)
    else:
        run_delete(wanted, whom, asks=not yes)


@quiet_exit()
def undelete(
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="As `logstore deletions` tells it.")],
    *,
    server: Server = None,
) -> None:
    """Make the events of a deletion visible again, as far as they are still in the files."""
    from logstore.app.cli.asking import target  # noqa: PLC0415
    from logstore.app.cli.deletions import run_undelete  # noqa: PLC0415

    run_undelete(number, target(server or None, None))


@quiet_exit()
def deletions(
    *,
    limit: ListLimit = None,
    output: ListFormat = None,
    server: Server = None,
    data: Data = None,
) -> None:
    """List deletions, newest first: those at work, and those that are done or undone."""
    from logstore.app.cli.asking import target  # noqa: PLC0415
    from logstore.app.cli.deletions import run_list  # noqa: PLC0415

    run_list(limit, target(server or None, data), output.value if output else None)


@retention.command("plan")
@quiet_exit()
def retention_plan(
    *,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="With --data: the settings to plan with.")
    ] = None,
    output: ListFormat = None,
    server: Server = None,
    data: Data = None,
) -> None:
    """Show what would go now, and what that frees. Nothing goes by it."""
    from logstore.app.cli.asking import target  # noqa: PLC0415
    from logstore.app.cli.deletions import run_plan  # noqa: PLC0415

    run_plan(config, target(server or None, data), output.value if output else None)
