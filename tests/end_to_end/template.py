"""A process that has imported what the program `logstore` imports, and forks a child for each start asked for.

Most of what a start takes is imports, and tests start the program by the hundred. A child runs the program's `main`,
with the arguments, the environment, the directory, the standard streams and the signals that it was asked to have. It
is handed to the process that asks (`forked`), which waits for it as for its own.

A server ends as any interpreter does. A command does what an interpreter does at its end, but does not take itself
apart, module by module: that takes several times as long as all else that it does.

Here nothing of a library may run yet, for a child would be without its threads: there must be none, and no open file.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import importlib.util
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TextIO

PROGRAM: Final = "logstore.app.cli"

_COMPILED: Final = (
    "ingest.decode.compiled",
    "logstore.storage.index.kernel",
    "query.pages.kernel",
    "query.patterns.kernel",
)
"""What is imported late, and not everywhere built."""

_ENGINE: Final = ("numpy.ma", "pyarrow.dataset", "encodings.idna", "zoneinfo", *_COMPILED)
"""What libraries import late, when they are used."""

_COMMANDS: Final = (
    "backup", "chunks", "deletions", "explain", "export", "fields", "http", "local", "parts", "progress", "quarantine",
    "query", "reindex", "remote", "retention_plan", "send", "tail", "verify",
)  # fmt: skip

_IMPORTED: Final = {
    "serve": ("logstore.config.settings", "logstore.app.cli.serve", *_ENGINE),
    "ask": (*(f"logstore.app.cli.{name}" for name in ("http", "query", "remote", "tail")), "encodings.idna"),
    "other": (*(f"logstore.app.cli.{name}" for name in _COMMANDS), "logstore.storage.quarantine.offline", *_ENGINE),
}

_MOST_BYTES: Final = 1 << 20


def prepare(kind: str) -> None:
    """Imports what the commands of a kind do, under the conditions under which they do it."""
    from logstore.app.cli.absent import keep_out  # noqa: PLC0415 - in the order in which the program does
    from logstore.app.memory import choose_allocator  # noqa: PLC0415

    finders = list(sys.meta_path)
    keep_out("pandas")
    if kind == "serve":
        choose_allocator()
    if kind == "ask":
        keep_out("numpy")
    for module in _IMPORTED[kind]:
        with contextlib.suppress(ImportError) if module in _COMPILED else contextlib.nullcontext():
            importlib.import_module(module)
    _declare_commands()
    # The child keeps them out by itself.
    sys.meta_path[:] = finders


def _declare_commands() -> None:
    """Imports what typer does when it makes commands of functions."""
    import typer.main  # noqa: PLC0415 - see `prepare`

    from logstore.app.cli.commands import app  # noqa: PLC0415

    typer.main.get_command(app)


def serve_starts(asking: socket.socket) -> None:
    """Forks until nobody asks any more, and then ends the process. Returns in each child, being what was asked for."""
    # Ctrl-C is for the children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    _refuse_threads_and_files(asking)
    asking.send(b"ready")
    while True:
        message, files, _, _ = socket.recv_fds(asking, _MOST_BYTES, 3)
        if not message:
            sys.exit()
        pid = _fork_for_grandparent()
        if pid is None:
            asking.close()
            _become(json.loads(message), files)
            return
        for file in files:
            os.close(file)
        asking.send(str(pid).encode())


def _refuse_threads_and_files(asking: socket.socket) -> None:
    tasks = Path("/proc/self/task")
    threads = [(task / "comm").read_text().strip() for task in tasks.iterdir()]
    opened = [file for file in Path("/proc/self/fd").iterdir() if file.exists()]
    files = [str(file.readlink()) for file in opened if int(file.name) not in {0, 1, 2, asking.fileno()}]
    if len(threads) > 1 or files:
        raise RuntimeError(f"no fork would be like a start of its own: threads {threads}, open files {files}")


def _fork_for_grandparent() -> int | None:
    """The pid of a process that is no child of this one any more; None in that process."""
    told, telling = os.pipe()
    between = os.fork()
    if between == 0:
        pid = os.fork()
        if pid != 0:
            os.write(telling, str(pid).encode())
            os._exit(0)
        os.close(told)
        os.close(telling)
        return None
    os.close(telling)
    os.waitpid(between, 0)
    with os.fdopen(told, "rb") as answer:
        return int(answer.read())


def _become(start: dict[str, Any], files: list[int]) -> None:
    """Makes of this process what it would be, had it been started so."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(start["directory"])
    os.environ.clear()
    os.environ.update(start["environment"])
    time.tzset()
    if not start["ignores_interrupts"]:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        before = getattr(sys, name)
        stream = _open(number, before)
        stream.reconfigure(line_buffering=stream.line_buffering or name == "stderr", write_through=before.write_through)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.argv[:] = [importlib.util.find_spec(f"{PROGRAM}.__main__").origin, *start["arguments"]]


def _open(file: int, before: TextIO) -> TextIO:
    """What an interpreter that starts makes of a file; what that is now may be a terminal, or none any more."""
    return open(file, before.mode, encoding=before.encoding, errors=before.errors, newline="\n", closefd=False)


def end_at_exit(program: Callable[[], None]) -> None:
    """Runs a program that exits, and then ends this process without taking the interpreter apart."""
    try:
        program()
    except SystemExit as end:
        if end.code is not None and not isinstance(end.code, int):
            raise
        try:
            sys.stdout.flush()
        except OSError:
            # The interpreter says so in its own way.
            raise end from None
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit((end.code or 0) & 0xFF)


def main(kind: str, asking: int) -> None:
    """Is the template of a kind of commands."""
    prepare(kind)
    serve_starts(socket.socket(fileno=asking))
    program = importlib.import_module(PROGRAM).main
    if kind == "serve":
        program()
    else:
        end_at_exit(program)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
