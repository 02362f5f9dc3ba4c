"""VictoriaLogs as a contender: JSON lines over HTTP, as log shippers send them to it, plain and with gzip."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from benchmarks.contenders import Contender, Running, Stored, wait_until
from benchmarks.measured import Measured
from benchmarks.peers import Peer, bytes_of, free_ports, get, ready
from benchmarks.senders import HttpSender

# What its documentation gives to shippers on Kubernetes: one stream for each container, the line as the message.
PARAMETERS = {
    "_stream_fields": "tag,stream,kubernetes.namespace_name,kubernetes.pod_name,kubernetes.container_name",
    "_time_field": "time",
    "_msg_field": "log,message",
}

_MERGED = "has been successfully finished"


def contenders(peer: Peer) -> list[Contender]:
    """Without and with compression."""
    return [
        _contender(peer, "victorialogs", "json_lines", {}),
        _contender(peer, "victorialogs gzip", "json_lines_gzip", {"Content-Encoding": "gzip"}),
    ]


def _contender(peer: Peer, name: str, encoding: str, headers: dict[str, str]) -> Contender:
    path = f"/insert/jsonline?{urllib.parse.urlencode(PARAMETERS)}"
    typed = {"Content-Type": "application/stream+json", **headers}

    @contextmanager
    def serving(directory: Path) -> Iterator[Running]:
        (port,) = free_ports(1)
        with _running(peer, directory, port) as (program, log):
            yield Running(program, lambda: HttpSender(port, path, typed), log, port)

    def stored(directory: Path) -> Stored:
        size = bytes_of(directory / "data" / "partitions")
        (port,) = free_ports(1)
        with _running(peer, directory, port):
            answer = json.loads(get(port, "/select/logsql/query", query="* | stats count() as events"))
        return Stored(int(answer["events"]), size)

    return Contender(name, peer.version, encoding, serving, stored, dict(PARAMETERS))


def force_merge(running: Running, timeout_s: float) -> None:
    """Has it merge all parts of a day into one, and waits until it says that it has.

    Raises:
        SystemExit: it took longer.
    """
    get(running.http, "/internal/force_merge")
    wait_until(lambda: _MERGED in running.log.read_text(), running.program, running.log, timeout_s)


def _running(peer: Peer, directory: Path, port: int) -> AbstractContextManager[tuple[Measured, Path]]:
    command = (
        str(peer.program),
        f"-storageDataPath={directory / 'data'}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=10y",
        # Of questions: an answer that comes late is slow, not wrong.
        "-search.maxQueryDuration=10m",
    )
    return ready(command, directory, f"http://127.0.0.1:{port}/health")
