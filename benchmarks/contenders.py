"""What a contender is, and our own server as one."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pyarrow.parquet as pq

from benchmarks.measured import Measured
from benchmarks.senders import MakeSender, MessageSender, PackedSender, TaggedHttpSender
from logstore import __version__

START_TIMEOUT_S = 120.0
POLL_S = 0.05
T = TypeVar("T")
# Where the source is that is measured: a program run with -m takes what lies in its directory.
ROOT = Path(__file__).parent.parent
_READY = re.compile(r"ready: forward \S+:(?P<forward>\d+), http \S+:(?P<http>\d+), data")


@dataclass(frozen=True, slots=True)
class Running:
    """A contender that is ready to take events.

    Attributes:
        program: its process.
        connect: opens a connection to send over.
        log: what it says.
        http: the port at which it answers questions.
    """

    program: Measured
    connect: MakeSender
    log: Path
    http: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What a contender holds after it has ended: events, and bytes of the files that they are in."""

    events: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Contender:
    """Something that takes events.

    Attributes:
        name: in results.
        version: of the program.
        encoding: of what is sent to it.
        serving: runs it with its data in a directory (created if need be), as a context.
        stored: looks, once it has ended, what is in that directory.
        settings: those that are not its defaults, for the record.
    """

    name: str
    version: str
    encoding: str
    serving: Callable[[Path], AbstractContextManager[Running]]
    stored: Callable[[Path], Stored]
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to send to our own server: the encoding, and a connection to its (forward, HTTP) ports."""

    encoding: str
    connect: Callable[[int, int], MakeSender]


MODES = {
    "packed": Mode("packed", lambda forward, _: lambda: PackedSender(forward, compressed=False)),
    "gzip": Mode("gzip", lambda forward, _: lambda: PackedSender(forward, compressed=True)),
    "message": Mode("message", lambda forward, _: lambda: MessageSender(forward)),
    "http-json": Mode(
        "json_posts",
        lambda _, http: lambda: TaggedHttpSender(http, "/api/v1/ingest", {"Content-Type": "application/x-ndjson"}),
    ),
}


def logstore(mode: str, environment: dict[str, str] | None = None) -> Contender:
    """Our own server with its defaults, but for free ports and the variables given."""
    chosen = MODES[mode]

    @contextmanager
    def serving(directory: Path) -> Iterator[Running]:
        data, log = directory / "data", directory / "log"
        command = (sys.executable, "-m", "logstore.app.cli", "serve", "--data", str(data))
        ports = ("--forward", "127.0.0.1:0", "--http", "127.0.0.1:0")
        with log.open("wb") as output, Measured((*command, *ports), output, environment, ROOT) as program:
            ready = wait_until(lambda: _READY.search(log.read_text()), program, log)
            forward, http = int(ready["forward"]), int(ready["http"])
            yield Running(program, chosen.connect(forward, http), log, http)

    return Contender(f"logstore {mode}", __version__, chosen.encoding, serving, _stored, dict(environment or {}))


def _stored(directory: Path) -> Stored:
    parts = list((directory / "data" / "parts").rglob("*.parquet"))
    return Stored(
        sum(pq.read_metadata(part).num_rows for part in parts),
        sum(part.stat().st_size for part in parts),
    )


def wait_until(
    condition: Callable[[], T | None],
    program: Measured,
    log: Path,
    timeout_s: float = START_TIMEOUT_S,
    poll_s: float = POLL_S,
) -> T:
    """Looks again and again until `condition()` is something, and returns that.

    Raises:
        SystemExit: the program ended, or it took too long; with what it said.
    """
    end = time.monotonic() + timeout_s
    while not (result := condition()):
        if program.has_ended or time.monotonic() > end:
            raise SystemExit(f"the program ended, or is not ready yet:\n{log.read_text('utf-8', 'replace')[-2000:]}")
        time.sleep(poll_s)
    return result
