"""The commands and their options. Only what parsing them needs is imported; the work is in a module for each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from logstore import __version__
from logstore.app.cli.absent import keep_out
from logstore.app.cli.addresses import DEFAULT_FORWARD, DEFAULT_SERVER
from logstore.app.cli.backup_commands import backup, restore
from logstore.app.cli.deletion_commands import add_deletion_commands
from logstore.app.cli.guard import quiet_exit
from logstore.app.cli.open_commands import add_open_commands
from logstore.app.cli.options import (
    After,
    All,
    At,
    Data,
    From,
    Ids,
    JsonFormat,
    Limit,
    LineFormat,
    ListFormat,
    ListLimit,
    OutputFormat,
    Sender,
    Server,
    Since,
    Tag,
    To,
)
from logstore.app.cli.quarantine_commands import quarantine
from logstore.app.cli.reindex_commands import reindex
from logstore.app.cli.sql_commands import sql
from logstore.app.cli.words import Words, query_of

app = typer.Typer(
    help="A simple, standard place to send logs, and a fast way to ask them questions.",
    no_args_is_help=True,
    add_completion=False,
    # Plain text: markup would take `[default: 1h]` for a style and leave it out, and rich is slow to import.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)

app.add_typer(quarantine, name="quarantine")
add_deletion_commands(app)
app.add_typer(backup, name="backup")
app.command()(restore)
app.command("reindex")(reindex)

_EPILOG = "A query that starts with '-' comes after '--': logstore query --since 15m -- '-level:info'."


def _print_version(wanted: bool) -> None:  # noqa: FBT001 (the shape of a callback)
    if wanted:
        typer.echo(f"logstore {__version__}")
        raise typer.Exit


@app.callback()
def logstore(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A simple, standard place to send logs, and a fast way to ask them questions."""
    del version


@app.command()
@quiet_exit()
def serve(
    *,
    data: Annotated[
        str | None, typer.Option("--data", metavar="DIR", help="Where everything is stored. [default: ./logstore-data]")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="A TOML file of settings.")] = None,
    forward: Annotated[
        str | None,
        typer.Option("--forward", metavar="HOST:PORT", help=f"Where senders connect. [default: {DEFAULT_FORWARD}]"),
    ] = None,
    http: Annotated[
        str | None, typer.Option("--http", metavar="HOST:PORT", help="The HTTP API. [default: 127.0.0.1:24280]")
    ] = None,
) -> None:
    """Run a server until it gets SIGTERM or Ctrl-C."""
    from logstore.app.stoppable_start import stoppable_start  # noqa: PLC0415 (see the module's docstring; likewise below)

    with stoppable_start() as start:
        from logstore.app.memory import choose_allocator  # noqa: PLC0415

        choose_allocator()
        # Looks through all modules for the texts of settings, so it comes while there are few.
        import logstore.config.settings  # noqa: F401, PLC0415
        from logstore.app.cli.serve import run  # noqa: PLC0415

        run(config, {"data": data, "forward.listen": forward, "http.listen": http}, start)


@app.command()
@quiet_exit()
def verify(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The data directory.")] = Path("logstore-data"),
    *,
    deep: Annotated[bool, typer.Option("--deep", help="Decode every value of every part too.")] = False,
    output: JsonFormat = None,
) -> None:
    """Check that all that is stored is what was written, even while a server runs on it. Exit code 1: it is not."""
    from logstore.app.cli.verify import run  # noqa: PLC0415

    run(directory, is_deep=deep, is_json=output is not None)


@app.command(epilog=_EPILOG)
@quiet_exit()
def query(  # noqa: PLR0913 (options of a command)
    text: Words,
    *,
    since: Since = None,
    start: From = None,
    end: To = None,
    everything: All = False,
    limit: Limit = None,
    at: At = None,
    after: After = None,
    ids: Ids = False,
    output: OutputFormat = None,
    server: Server = None,
    data: Data = None,
) -> None:
    """Ask a question and print the answer, newest first."""
    if data is None:
        # What a server answers is only written out here.
        keep_out("numpy")
    from logstore.app.cli.asking import Asked, Page, target  # noqa: PLC0415
    from logstore.app.cli.query import run  # noqa: PLC0415
    from logstore.app.window import WindowRequest  # noqa: PLC0415

    window = WindowRequest(since, start, end, everything)
    asked = Asked(query_of(text), window, limit, Page(at, after, ids))
    run(asked, target(server or None, data), output.value if output else None)


@app.command(epilog=_EPILOG)
@quiet_exit()
def tail(
    text: Words,
    *,
    output: Annotated[
        LineFormat | None,
        typer.Option("--format", help="How to write events. [default: table on a terminal, else jsonl]"),
    ] = None,
    server: Server = None,
) -> None:
    """Print matching events as they arrive, until Ctrl-C."""
    keep_out("numpy")
    from logstore.app.cli.tail import run  # noqa: PLC0415

    run(query_of(text), server or DEFAULT_SERVER, output.value if output else None)


@app.command(epilog=_EPILOG)
@quiet_exit()
def explain(  # noqa: PLR0913 (options of a command)
    text: Words,
    *,
    since: Since = None,
    start: From = None,
    end: To = None,
    everything: All = False,
    limit: Limit = None,
    analyze: Annotated[
        bool, typer.Option("--analyze", help="Answer it, throw the rows away, and show times and rows too.")
    ] = False,
    server: Server = None,
    data: Data = None,
) -> None:
    """Show how a question would be answered: plan, pruning, SQL."""
    from logstore.app.cli.asking import Asked, target  # noqa: PLC0415
    from logstore.app.cli.explain import run  # noqa: PLC0415
    from logstore.app.window import WindowRequest  # noqa: PLC0415

    window = WindowRequest(since, start, end, everything)
    run(Asked(query_of(text), window, limit), target(server or None, data), is_analyzed=analyze)


@app.command(epilog=_EPILOG)
@quiet_exit()
def fields(  # noqa: PLR0913 (options of a command)
    text: Annotated[list[str] | None, typer.Argument(metavar="[SEARCH]...", help="The search. [default: *]")] = None,
    *,
    since: Since = None,
    start: From = None,
    end: To = None,
    everything: All = False,
    output: ListFormat = None,
    server: Server = None,
    data: Data = None,
) -> None:
    """List the fields that the events of a search may have, and the kinds of their values."""
    from logstore.app.cli.asking import Asked, target  # noqa: PLC0415
    from logstore.app.cli.fields import run  # noqa: PLC0415
    from logstore.app.window import WindowRequest  # noqa: PLC0415

    window = WindowRequest(since, start, end, everything)
    run(Asked(query_of(text or ["*"]), window, None), target(server or None, data), output.value if output else None)


@app.command()
@quiet_exit()
def send(  # noqa: PLR0913 (options of a command)
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Files of lines; none, or '-', is standard input.")
    ] = None,
    *,
    tag: Annotated[str, typer.Option("--tag", metavar="TAG", help="Tag of the events.")] = "logstore.send",
    server: Annotated[
        str, typer.Option("--server", metavar="PLACE", help="Where to send to: HOST:PORT or unix:PATH.")
    ] = DEFAULT_FORWARD,
    key: Annotated[
        str, typer.Option("--key", metavar="NAME", help="The field of a line that is not a JSON object.")
    ] = "message",
    tls: Annotated[bool, typer.Option("--tls", help="Use TLS, and trust whom the system trusts.")] = False,
    ca: Annotated[
        Path | None, typer.Option("--ca", metavar="FILE", help="Use TLS, and trust the authorities in this PEM file.")
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Use TLS, and trust any server.")] = False,
    client_cert: Annotated[
        Path | None, typer.Option("--client-cert", metavar="FILE", help="Our certificate, for mutual TLS.")
    ] = None,
    client_key: Annotated[
        Path | None, typer.Option("--client-key", metavar="FILE", help="Its key, unless it is in the same file.")
    ] = None,
    shared_key_file: Annotated[
        Path | None, typer.Option("--shared-key-file", metavar="FILE", help="File with the server's shared key.")
    ] = None,
    username: Annotated[
        str | None, typer.Option("--username", metavar="NAME", help="For servers that ask for a user.")
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option("--password-file", metavar="FILE", help="File with the user's password.")
    ] = None,
) -> None:
    """Send lines of text or JSON, and wait until they are stored."""
    from logstore.app.cli.send import Sending, run  # noqa: PLC0415
    from logstore.app.sender.access import Access  # noqa: PLC0415

    access = Access(tls, ca, insecure, client_cert, client_key, shared_key_file, username, password_file)
    run(Sending(tuple(files or ()), tag, server, key, access))


@app.command()
@quiet_exit()
def chunks(  # noqa: PLR0913 (options of a command)
    chunk_id: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="A chunk id or its beginning: text, base64, hex, or with \\x escapes."),
    ] = None,
    *,
    tag: Tag = None,
    sender: Sender = None,
    copies: Annotated[bool, typer.Option("--copies", help="Only copies, which were not stored again.")] = False,
    rejected: Annotated[bool, typer.Option("--rejected", help="Only what has rejected events.")] = False,
    since: Since = None,
    start: From = None,
    end: To = None,
    everything: All = False,
    limit: ListLimit = None,
    output: ListFormat = None,
    server: Server = None,
    data: Data = None,
) -> None:
    """Show what became of chunks: stored, rejected, or copies. With an ID, of all times."""
    from logstore.app.cli.asking import target  # noqa: PLC0415
    from logstore.app.cli.chunks import ChunksWanted, run  # noqa: PLC0415
    from logstore.app.window import WindowRequest  # noqa: PLC0415

    window = WindowRequest(since, start, end, everything)
    wanted = ChunksWanted(chunk_id, tag, sender, copies, rejected, window, limit)
    run(wanted, target(server or None, data), output.value if output else None)


add_open_commands(app)
app.command("sql")(sql)
