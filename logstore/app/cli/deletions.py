"""`logstore delete`, `undelete`, `deletions` and `retention plan`."""

from __future__ import annotations

import getpass
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logstore.app.cli.asking import DirectoryTarget, ServerTarget
from logstore.app.cli.http import Request, send
from logstore.app.cli.listings import given, local_books, window_fields, write_list
from logstore.app.cli.output import write
from logstore.app.window import WindowRequest
from logstore.errors import SettingsError

DEFAULT_LIMIT = 1000
_PATH = "/api/v1/deletions"

Target = ServerTarget | DirectoryTarget


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be deleted.

    Raises:
        CallerError: it is not said of which time, or that makes no sense. Found here it is bad usage.
        QueryError: the search is none, or has stages.
    """

    search: str
    window: WindowRequest
    at_once: bool = False

    def __post_init__(self) -> None:
        from logstore.app.deletions import order_of  # noqa: PLC0415 (a list needs no parser)

        if self.window == WindowRequest():
            raise SettingsError("it is not said of which time", "give --from and --to, --since, or --all")
        order_of(self.search, self.window, time.time_ns(), "")

    def request(self, *, dry_run: bool) -> Request:
        """As it is asked of a server, whose clock decides what now is."""
        fields = {"search": self.search, "dry_run": dry_run, "erase_now": self.at_once, "by": _user()}
        return Request(_PATH, {**given(fields), **window_fields(self.window)})


def run_dry(wanted: Wanted, target: Target) -> None:
    """Says how many events would go."""
    write(f"{_found(_count(wanted, target))} would be deleted\n".encode())


def run_delete(wanted: Wanted, target: Target, *, asks: bool) -> None:
    """Deletes; on a terminal it says before how many, and asks.

    Raises:
        SettingsError: a directory was named.
    """
    if isinstance(target, DirectoryTarget):
        raise SettingsError("a server deletes, a directory is only read", "leave out --data, or add --dry-run")
    if asks and sys.stdin.isatty() and sys.stdout.isatty() and not _is_meant(wanted, target):
        write(b"nothing is deleted\n")
        return
    told = _told(target, wanted.request(dry_run=False))
    write(f"deletion {told['number']}: `logstore undelete {told['number']}` undoes it\n".encode())


def run_undelete(number: int, target: Target) -> None:
    """Undoes a deletion, and says what is gone for good."""
    if isinstance(target, DirectoryTarget):
        raise SettingsError("a server undeletes, a directory is only read")
    told = _told(target, Request(f"{_PATH}/{number}", {}, "DELETE"))
    gone = f"; {told['gone']:,} events are gone for good" if told["gone"] else ""
    write(f"deletion {number} is undone{gone}\n".encode())


def run_list(limit: int | None, target: Target, output: str | None) -> None:
    """Lists deletions, newest first."""
    from logstore.app.deletions import BRIEF, list_deletions  # noqa: PLC0415 (an undeletion needs neither)

    if isinstance(target, DirectoryTarget):
        with local_books(target.path) as books:
            write_list(list_deletions(books.deletions(), limit or DEFAULT_LIMIT), BRIEF, output)
        return
    from logstore.app.cli.remote import RemoteAnswer  # noqa: PLC0415 (of no use for a directory)

    write_list(RemoteAnswer(target.url, Request(_PATH, given({"limit": limit}), "GET")), BRIEF, output)


def run_plan(config: Path | None, target: Target, output: str | None) -> None:
    """Shows what retention would let go of.

    Raises:
        SettingsError: settings for a server, which has its own.
    """
    from logstore.app.retention import COLUMNS  # noqa: PLC0415 (likewise)

    names = {name for name, _ in COLUMNS}
    if isinstance(target, ServerTarget):
        if config is not None:
            raise SettingsError("a server plans with its own settings", "name the directory too: --data DIR")
        from logstore.app.cli.remote import RemoteAnswer  # noqa: PLC0415 (of no use for a directory)

        write_list(RemoteAnswer(target.url, Request("/api/v1/retention/plan", {}, "GET")), names, output)
        return
    from logstore.app.cli.retention_plan import local_plan  # noqa: PLC0415 (of no use when a server is asked)

    write_list(local_plan(target.path, config), names, output)


def _is_meant(wanted: Wanted, target: ServerTarget) -> bool:
    write(f"{_found(_count(wanted, target))} will be deleted. Sure? [y/N] ".encode())
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _count(wanted: Wanted, target: Target) -> dict[str, Any]:
    if isinstance(target, ServerTarget):
        return _told(target, wanted.request(dry_run=True))
    from logstore.app.cli.local import local_desk  # noqa: PLC0415 (of no use when a server is asked)
    from logstore.app.deletions import count_matching, order_of, told_matching  # noqa: PLC0415
    from logstore.app.questions import Cancellation  # noqa: PLC0415

    now_ns = time.time_ns()
    order = order_of(wanted.search, wanted.window, now_ns, "")
    with local_desk(target.path) as desk:
        return told_matching(count_matching(desk, order.search, order.window, now_ns, Cancellation()))


def _found(told: dict[str, Any]) -> str:
    if not told["events"]:
        return "no event"
    events = "1 event" if told["events"] == 1 else f"{told['events']:,} events"
    return f"{events} from {told['first']} to {told['last']}"


def _told(target: ServerTarget, request: Request) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(send(target.url, request).read())
    return told


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # Users of containers often have no name.
        return f"uid {os.getuid()}"
