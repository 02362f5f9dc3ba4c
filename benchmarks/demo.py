"""A demonstration: start a server, send it 300,000 events, ask it five questions, clean up.

Run it with `make demo`. Everything happens on this machine, on free ports, in a temporary directory.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.events import NS_PER_SECOND, generate
from logstore.app.sender.chunks import Batcher, OutgoingChunk
from logstore.app.sender.connection import Delivery
from logstore.app.sender.dial import Dial
from logstore.app.sender.lines import pack_event

EVENTS = 300_000
SPAN_S = 55 * 60
READY = re.compile(r"ready: forward (?P<host>\S+):(?P<forward>\d+), http (?P<http>\S+:\d+), data")
LOGSTORE = (sys.executable, "-m", "logstore.app.cli")


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody on call would ask, and how."""

    wonder: str
    query: str
    limit: int | None = None


QUESTIONS = (
    Question(
        "What is in here?",
        "* | stats count() as events, distinct(tag) as tags, min(time) as oldest, max(time) as newest",
    ),
    Question("When did the errors start, and when did they stop?", "level:error | count by bin(5m)"),
    Question(
        "Which services fail, and from where?",
        "level:error kubernetes.pod_name:* | top 5 kubernetes.container_name, tag",
    ),
    Question("What do they say?", 'tag:kube.* "connection refused"', limit=3),
    Question(
        "What did customers see?",
        "status:>=500 | stats count() as failed, p50(duration_ms), p99(duration_ms) by method, status",
    ),
)


@dataclass(frozen=True, slots=True)
class Running:
    """A server's addresses."""

    host: str
    forward_port: int
    http: str


@contextmanager
def server(directory: Path) -> Iterator[Running]:
    """A server that is ready; stopped on the way out."""
    command = [*LOGSTORE, "serve", "--data", str(directory), "--forward", "127.0.0.1:0", "--http", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield _await_ready(process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate()


def _await_ready(process: subprocess.Popen[str]) -> Running:
    said = ""
    for line in process.stderr or ():
        said += line
        match = READY.search(line)
        if match:
            return Running(match["host"], int(match["forward"]), match["http"])
    raise SystemExit(f"the server did not start:\n{said}")


def send(running: Running, count: int) -> float:
    """Streams the events, a batcher for each tag, and returns the seconds until all were acknowledged."""
    delivery = Delivery(Dial((running.host, running.forward_port)))
    batchers: dict[str, Batcher] = {}
    start_ns = time.time_ns() - SPAN_S * NS_PER_SECOND
    began = time.monotonic()
    for event in generate(count, start_ns, SPAN_S):
        batcher = batchers.get(event.tag) or batchers.setdefault(event.tag, Batcher(event.tag, os.urandom))
        _deliver(delivery, batcher.add(pack_event(event.time_ns, event.record)))
    for batcher in batchers.values():
        _deliver(delivery, batcher.flush())
    delivery.finish()
    delivery.close()
    return time.monotonic() - began


def _deliver(delivery: Delivery, chunk: OutgoingChunk | None) -> None:
    if chunk is not None:
        delivery.send(chunk)


def ask(running: Running, question: Question) -> None:
    """Runs `logstore query` as a person would, and shows what it took."""
    command = ["query", question.query, "--format", "table"]
    if question.limit is not None:
        command += ["--limit", str(question.limit)]
    print(f"\n\033[1m{question.wonder}\033[0m\n$ logstore {shlex.join(command)}\n", flush=True)
    began = time.monotonic()
    subprocess.run([*LOGSTORE, *command, "--server", f"http://{running.http}"], check=True)
    print(f"({time.monotonic() - began:.2f} s, start of the command included)", flush=True)


def main() -> None:
    """The whole demonstration."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=EVENTS)
    count = parser.parse_args().events
    with tempfile.TemporaryDirectory(prefix="logstore-demo-") as directory, server(Path(directory) / "data") as running:
        print(f"A server listens at {running.host}:{running.forward_port}; sending {count:,} events, acknowledged ...")
        seconds = send(running, count)
        print(f"All acknowledged after {seconds:.1f} s: {count / seconds:,.0f} events a second, generated on the way.")
        for question in QUESTIONS:
            ask(running, question)
        print("\nStopping the server and removing its data.")


if __name__ == "__main__":
    main()
