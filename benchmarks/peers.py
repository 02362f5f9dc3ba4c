"""Other stores of logs as contenders: run as their users run them, on this machine, from a program that is given.

They are ended with SIGTERM, upon which they write everything to their final files; then each is started once more,
outside of any figure, to count what it holds.
"""

from __future__ import annotations

import socket
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders import wait_until
from benchmarks.measured import Measured

_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer's program: its binary, and the version to write down, for one built from source may not know its own."""

    program: Path
    version: str


def parse_peer(text: str, kinds: Sequence[str]) -> tuple[str, Peer]:
    """Reads `KIND=PATH` or `KIND=PATH,VERSION`; the kind, and the peer.

    Raises:
        ValueError: it is neither, there is no such kind, or no such file.
    """
    kind, _, rest = text.partition("=")
    path, _, version = rest.partition(",")
    if kind not in kinds:
        raise ValueError(f"{text!r}: write KIND=PATH or KIND=PATH,VERSION, where KIND is one of {', '.join(kinds)}")
    if not Path(path).is_file():
        raise ValueError(f"{text!r}: there is no file {path!r}")
    return kind, Peer(Path(path).resolve(), version or "unknown")


@contextmanager
def ready(command: Sequence[str], directory: Path, health: str) -> Iterator[tuple[Measured, Path]]:
    """Runs a program in `directory` until the context ends; begins when the address `health` is well."""
    log = directory / "log"
    with log.open("wb") as output, Measured(command, output, directory=directory) as program:
        wait_until(lambda: _is_well(health), program, log)
        yield program, log


def _is_well(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S):  # noqa: S310 (of this machine)
            return True
    except OSError:
        return False


def get(port: int, path: str, **parameters: str) -> bytes:
    """The body of a successful GET."""
    url = f"http://127.0.0.1:{port}{path}?{urllib.parse.urlencode(parameters)}"
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as response:
        body: bytes = response.read()
    return body


def metrics(port: int) -> dict[str, float]:
    """What a program tells at `/metrics`, in the format of Prometheus: by name, added up over labels."""
    found: dict[str, float] = defaultdict(float)
    for line in get(port, "/metrics").decode().splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            found[name.partition("{")[0]] += float(value)
    return found


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens at."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


def bytes_of(*directories: Path) -> int:
    """Of all files in some directories."""
    return sum(path.stat().st_size for one in directories for path in one.rglob("*") if path.is_file())
