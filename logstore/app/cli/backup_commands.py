"""`logstore backup` and `logstore restore`, declared as the commands of `commands`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from logstore.app.cli.guard import quiet_exit
from logstore.app.cli.options import JsonFormat


class _MakeByDefault(TyperGroup):
    """`logstore backup PLACE` is `logstore backup make PLACE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts `make` in front of what is no command."""
        is_place = bool(args) and not args[0].startswith("-") and args[0] not in self.commands
        return super().parse_args(ctx, ["make", *args] if is_place else args)


backup = typer.Typer(
    cls=_MakeByDefault,
    help="Keep the whole store elsewhere, at one instant, while it runs. `logstore backup PLACE` makes a backup.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Place = Annotated[str, typer.Argument(metavar="PLACE", help="Where backups are kept: a directory, or a URL.")]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="The server's settings, which say how to reach object storage."),
]
Ident = Annotated[str | None, typer.Option("--at", metavar="ID", help="The backup. [default: the newest]")]
Source = Annotated[
    Path, typer.Option("--data", metavar="DIR", help="The data directory, whether or not a server runs on it.")
]


@backup.command("make")
@quiet_exit()
def backup_make(
    place: Place,
    *,
    data: Source = Path("logstore-data"),
    keep: Annotated[
        int | None, typer.Option("--keep", min=1, metavar="N", help="Remove older backups but for the newest N.")
    ] = None,
    config: Config = None,
    output: JsonFormat = None,
) -> None:
    """Make a backup. What the place has already is not copied again."""
    from logstore.app.cli.backup import run_make  # noqa: PLC0415

    run_make(place, data, config, keep, is_json=output is not None)


@backup.command("list")
@quiet_exit()
def backup_list(place: Place, *, config: Config = None, output: JsonFormat = None) -> None:
    """List the backups of a place, newest first."""
    from logstore.app.cli.backup import run_list  # noqa: PLC0415

    run_list(place, config, is_json=output is not None)


@backup.command("verify")
@quiet_exit()
def backup_verify(
    place: Place,
    *,
    ident: Ident = None,
    discard: Annotated[
        bool, typer.Option("--discard", help="Remove what is damaged, so that the next backup copies it anew.")
    ] = False,
    config: Config = None,
    output: JsonFormat = None,
) -> None:
    """Read all that backups consist of, and check it. Without --at, all of them."""
    from logstore.app.cli.backup import run_verify  # noqa: PLC0415

    run_verify(place, config, ident, is_discarding=discard, is_json=output is not None)


@quiet_exit()
def restore(
    place: Place,
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A directory that is empty or not there; with --part, one in use.")
    ],
    *,
    ident: Ident = None,
    parts: Annotated[
        list[str] | None,
        typer.Option("--part", metavar="NAME", help="Bring back this part, which is damaged or missing."),
    ] = None,
    damaged: Annotated[
        bool, typer.Option("--damaged", help="Bring back all parts that are damaged or missing.")
    ] = False,
    config: Config = None,
) -> None:
    """Make a data directory of a backup, or bring damaged parts back into one, even while a server runs on it."""
    from logstore.app.cli.backup import run_restore  # noqa: PLC0415

    run_restore(place, directory, config, ident, tuple(parts or ()), is_damaged=damaged)
