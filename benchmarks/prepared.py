"""Contenders with a workload in them, in a directory that is kept: what is there from before is used again."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.contenders import Contender, Running
from benchmarks.peers import get
from benchmarks.senders import deliver
from benchmarks.spool import Spool

_DONE = "loaded"
_CONNECTIONS = 4
_SETTLED_LOOKS = 5
_LOOK_S = 1.0
_BACKLOG = re.compile(rb"^(?:logstore_compaction_backlog|logstore_indexes_waiting) (\S+)$", re.MULTILINE)


def load(contender: Contender, spool: Spool, directory: Path) -> None:
    """Sends everything to a contender whose data is in `directory`, unless it is there.

    Raises:
        SystemExit: it does not store all of it.
    """
    if (directory / _DONE).exists():
        return
    directory.mkdir(parents=True, exist_ok=True)
    frames = spool.frames(contender.encoding)
    with contender.serving(directory) as running:
        spent = deliver(running.connect, frames, _CONNECTIONS, None)
        running.program.stop()
    stored = contender.stored(directory)
    if stored.events != spool.events:
        raise SystemExit(f"{contender.name} stores {stored.events:,} events of {spool.events:,}")
    if contender.name.startswith("logstore"):
        _compact(contender, directory)
    print(f"{contender.name}: {spool.events:,} events in {spent.wall_s:.0f} s, {stored.bytes:,} bytes", flush=True)
    (directory / _DONE).touch()


def _compact(contender: Contender, directory: Path) -> None:
    """Lets the server merge what is due, and complete the word indexes of what stays as it is."""
    quiet = 0
    with contender.serving(directory) as running:
        while quiet < _SETTLED_LOOKS:
            time.sleep(_LOOK_S)
            backlogs = _BACKLOG.findall(get(running.http, "/metrics"))
            quiet = quiet + 1 if backlogs and not any(map(float, backlogs)) else 0
        running.program.stop()


@contextmanager
def cold(contender: Contender, directory: Path) -> Iterator[Running]:
    """A new process, none of whose files are in memory: neither it nor the system has seen the data."""
    drop_pages(directory)
    with contender.serving(directory) as running:
        yield running
        running.program.stop()


def drop_pages(directory: Path) -> None:
    """Asks the system to forget what it holds in memory of all files of a directory."""
    for path in directory.rglob("*"):
        if path.is_file() and not path.is_symlink():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)
