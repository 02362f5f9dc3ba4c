"""`logstore quarantine`: list, show, export, drop."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from logstore.app.cli.asking import DirectoryTarget, ServerTarget
from logstore.app.cli.http import Request, send
from logstore.app.cli.listings import given, local_books, window_fields, window_of, write_list
from logstore.app.cli.output import write
from logstore.app.quarantine import (
    BRIEF,
    Selection,
    export_lines,
    export_raw,
    ids_of,
    list_quarantine,
    select,
    show,
)
from logstore.app.window import WindowRequest
from logstore.errors import SettingsError, WorldError

DEFAULT_LIMIT = 1000
_PATH = "/api/v1/quarantine"
_PIECE_BYTES = 1 << 20

Target = ServerTarget | DirectoryTarget


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of the quarantine; see `Selection`."""

    ids: tuple[str, ...]
    tag: str | None = None
    sender: str | None = None
    window: WindowRequest = field(default_factory=WindowRequest)

    def selection(self) -> Selection:
        """As it is asked of a directory."""
        return Selection(self.ids or None, window_of(self.window, is_open=True), self.tag, self.sender)

    def request(self) -> dict[str, object]:
        """As it is asked of a server."""
        fields = {"id": ",".join(self.ids) or None, "tag": self.tag, "sender": self.sender}
        return {**given(fields), **window_fields(self.window)}


def run_list(wanted: Wanted, limit: int | None, target: Target, output: str | None) -> None:
    """Lists what is wanted, newest first."""
    selection = wanted.selection()
    if isinstance(target, DirectoryTarget):
        with local_books(target.path) as books, books.quarantine() as view:
            write_list(list_quarantine(view, selection, limit or DEFAULT_LIMIT), BRIEF, output)
        return
    from logstore.app.cli.remote import RemoteAnswer  # noqa: PLC0415 (of no use for a directory)

    request = Request(_PATH, {**wanted.request(), **given({"limit": limit})})
    write_list(RemoteAnswer(target.url, request), BRIEF, output)


def run_show(wanted: Wanted, max_bytes: int, target: Target) -> None:
    """Prints all that is known of some chunks, and how they begin."""
    if isinstance(target, DirectoryTarget):
        with local_books(target.path) as books, books.quarantine() as view:
            for line in show(view, wanted.selection(), max_bytes):
                write(f"{line}\n".encode())
        return
    body = {**wanted.request(), "bytes": max_bytes}
    write(send(target.url, Request(f"{_PATH}/show", body)).read())


def run_export(wanted: Wanted, target: Target, file: Path | None, output: str | None) -> None:
    """Writes the bytes of chunks to a file or to stdout.

    Raises:
        SettingsError: bytes of strangers would end up on a terminal.
    """
    name = output or ("raw" if len(wanted.ids) == 1 else "jsonl")
    if name == "raw" and file is None and sys.stdout.isatty():
        raise SettingsError("raw bytes are not for terminals", "add --output FILE, or --format jsonl")
    pieces = _exported(wanted, target, name)
    if file is None:
        for piece in pieces:
            write(piece)
        return
    try:
        with file.open("wb") as opened:
            opened.writelines(pieces)
    except OSError as error:
        raise WorldError(f"cannot write {file}: {error.strerror}") from error


def _exported(wanted: Wanted, target: Target, name: str) -> Iterator[bytes]:
    if isinstance(target, DirectoryTarget):
        with local_books(target.path) as books, books.quarantine() as view:
            selection = wanted.selection()
            yield from [export_raw(view, selection)] if name == "raw" else export_lines(view, selection)
        return
    response = send(target.url, Request(f"{_PATH}/export", {**wanted.request(), "format": name}))
    while piece := response.read(_PIECE_BYTES):
        yield piece


def run_drop(wanted: Wanted, target: Target) -> None:
    """Drops chunks for good, and says how many.

    Raises:
        SettingsError: it is not said which.
        WorldError: a server runs on the directory, or some are not sealed and stay.
    """
    if wanted == Wanted(()):
        raise SettingsError("it is not said what to drop", "give ids, --tag, --sender, --older-than or --all")
    if isinstance(target, DirectoryTarget):
        dropped = _drop_locally(wanted, target.path)
    else:
        import json  # noqa: PLC0415 (only here)

        response = send(target.url, Request(f"{_PATH}/drop", wanted.request()))
        dropped = json.loads(response.read())["dropped"]
    write(f"dropped {dropped:,}\n".encode())


def _drop_locally(wanted: Wanted, path: Path) -> int:
    from logstore.storage.quarantine.offline import drop_offline  # noqa: PLC0415 (of no use when a server is asked)

    with local_books(path) as books, books.quarantine() as view:
        found = select(view, wanted.selection())
    seqs, damaged = ids_of(found)
    dropped = drop_offline(str(path), seqs, damaged)
    if len(seqs) + len(damaged) > dropped:
        raise WorldError(
            f"dropped {dropped:,}; the other {len(seqs) + len(damaged) - dropped:,} are in the log, not sealed yet",
            "start the server on this directory, which seals them, and drop them then",
        )
    return dropped
