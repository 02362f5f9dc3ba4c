"""Starts of the program `logstore` that do not pay for its imports: forks of a template (see there).

To whoever starts one it is a child process like any other, of which `Popen` knows how to wait, to signal and to read.
"""

from __future__ import annotations

import atexit
import ctypes
import inspect
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

IS_POSSIBLE: Final = sys.platform == "linux"

FIXED: Final = (
    "ARROW_", "GLIBC_", "JE_", "LANG", "LC_", "LD_", "MALLOC_", "OMP_", "OPENBLAS_", "OPENSSL_", "PYTHON", "SSL_",
)  # fmt: skip
"""How the names of variables begin that are read when an interpreter starts or a library is imported."""

_ROOT: Final = Path(__file__).parents[2]
_NO_THREADS: Final = {"JE_ARROW_MALLOC_CONF": "background_thread:false", "OPENBLAS_NUM_THREADS": "1"}
"""For the libraries that begin threads when they are imported, Arrow's allocator and numpy's."""

_PR_SET_CHILD_SUBREAPER: Final = 36
_EXECUTE: Final = inspect.signature(subprocess.Popen._execute_child)


def kind_of(arguments: Sequence[str]) -> str:
    """From which template a command is forked: commands import different things, or differently."""
    command = arguments[0] if arguments else ""
    if command == "serve":
        return command
    return "ask" if command in {"query", "sql", "tail"} and "--data" not in arguments else "other"


class Forked(subprocess.Popen):
    """A `logstore` command in a fork. What else `Popen` can be asked for, a fork cannot be given."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], stdin, stdout, stderr) -> None:
        super().__init__(list(arguments), env=environment, stdin=stdin, stdout=stdout, stderr=stderr)

    def _execute_child(self, *given: object) -> None:
        asked = _EXECUTE.bind(self, *given).arguments
        ours = (asked["p2cread"], asked["c2pwrite"], asked["errwrite"])
        files = [number if file == -1 else file for number, file in enumerate(ours)]
        self.pid = _template(kind_of(asked["args"])).start(asked["args"], asked["env"], files)
        self._child_created = True
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(asked[name] for name in pipes))


@cache
def _template(kind: str) -> Template:
    """The one template of a kind, which lives as long as this process."""
    template = Template(kind)
    atexit.register(template.close)
    return template


class Template:
    """A template as seen from the process that has children made of it. It runs from the first of them on."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._fixed: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._asking: socket.socket | None = None

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], files: Sequence[int]) -> int:
        """The pid of a new child of this process; `files` are its standard input, output and error."""
        fixed = {name: value for name, value in environment.items() if name.startswith(FIXED)}
        if self._process is None:
            self._fixed = fixed
            self._run(environment)
        assert fixed == self._fixed, f"needs a start of its own, for {fixed.items() ^ self._fixed.items()}"
        start = {
            "arguments": list(arguments),
            "directory": str(Path.cwd()),
            "environment": dict(environment),
            "ignores_interrupts": signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
        }
        socket.send_fds(self._asking, [json.dumps(start).encode()], files)
        return int(self._answer())

    def close(self) -> None:
        """Ends it. Its children go on."""
        if self._process is not None:
            self._asking.close()
            self._process.wait()

    def _run(self, environment: Mapping[str, str]) -> None:
        _adopt_orphans()
        self._asking, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.end_to_end.template", self._kind, str(theirs.fileno())]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                cwd=_ROOT,
                env={**environment, **_NO_THREADS},
                pass_fds=[theirs.fileno()],
            )
        self._answer()

    def _answer(self) -> bytes:
        answer = self._asking.recv(64)
        assert answer, f"the template of {self._kind} has ended; it says why on standard error"
        return answer


@cache
def _adopt_orphans() -> None:
    """Makes this process the parent of whoever below it has lost its own, as the children of templates have."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
