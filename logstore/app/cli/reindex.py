"""`logstore reindex`: has word indexes made, and waits until they are."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from logstore.app.cli.asking import DirectoryTarget, ServerTarget
from logstore.app.cli.http import Request, send
from logstore.app.cli.output import write
from logstore.errors import WorldError

_PATH = "/api/v1/reindex"

_ASK_AGAIN_S = 0.5


def run_reindex(target: ServerTarget | DirectoryTarget, *, everything: bool) -> None:
    """Has indexes made, and says how many they were.

    Raises:
        WorldError: a part could not be read for it; or a server owns the directory.
    """
    made, failed = (
        _in_directory(target.path, everything=everything)
        if isinstance(target, DirectoryTarget)
        else _by_server(target.url, everything=everything)
    )
    write(f"made {made:,}\n".encode())
    if failed:
        raise WorldError(
            f"{failed:,} part{'' if failed == 1 else 's'} could not be read, and have no word index",
            "the log of the server names them; queries read them without it, as far as they can be read",
        )


def _in_directory(path: Path, *, everything: bool) -> tuple[int, int]:
    from logstore.storage.index.offline import reindex_offline  # noqa: PLC0415 (of no use when a server is asked)

    done = reindex_offline(str(path), everything=everything, tell=_tell)
    _tell_no_more()
    return done.made, len(done.unreadable)


def _by_server(url: str, *, everything: bool) -> tuple[int, int]:
    began = _answer(url, Request(_PATH, {}, "GET"))
    told = _answer(url, Request(_PATH, {"all": True} if everything else {}))
    total = told["waiting"]
    while told["waiting"]:
        _tell(max(0, total - told["waiting"]), total)
        time.sleep(_ASK_AGAIN_S)
        told = _answer(url, Request(_PATH, {}, "GET"))
    _tell_no_more()
    return told["made"] - began["made"], told["failed"]


def _answer(url: str, request: Request) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(send(url, request).read())
    return told


def _tell(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} of {total:,} parts", end="", file=sys.stderr, flush=True)  # noqa: T201 (a command line talks)


def _tell_no_more() -> None:
    if sys.stderr.isatty():
        print(file=sys.stderr)  # noqa: T201 (a command line talks)
