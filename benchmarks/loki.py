"""Loki as a contender: push requests in protobuf and snappy, as Promtail, Alloy and Fluent Bit send them to it.

One binary, index and chunks in the file system. Its limits are raised so that nothing is refused, and it is told to
write its chunks when it ends, which it would leave in its log otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from benchmarks.contenders import Contender, Running, Stored
from benchmarks.measured import Measured
from benchmarks.peers import Peer, bytes_of, free_ports, get, ready
from benchmarks.senders import HttpSender

_PUSH = "/loki/api/v1/push"
_HEADERS = {"Content-Type": "application/x-protobuf"}
_CONFIG = """\
auth_enabled: false
analytics: {{reporting_enabled: false}}
server:
  http_listen_address: 127.0.0.1
  http_listen_port: {http}
  grpc_listen_address: 127.0.0.1
  grpc_listen_port: {grpc}
  grpc_server_max_recv_msg_size: 104857600
  grpc_server_max_send_msg_size: 104857600
  http_server_write_timeout: 10m
  log_level: warn
common:
  instance_addr: 127.0.0.1
  path_prefix: {data}
  replication_factor: 1
  ring: {{kvstore: {{store: inmemory}}}}
storage_config: {{object_store: {{filesystem: {{dir: {data}/objects}}}}}}
schema_config:
  configs:
    - from: 2024-01-01
      store: tsdb
      object_store: filesystem
      schema: v13
      index: {{prefix: index_, period: 24h}}
ingester:
  wal: {{flush_on_shutdown: true}}
limits_config:
  ingestion_rate_mb: 100000
  ingestion_burst_size_mb: 100000
  per_stream_rate_limit: 10GB
  per_stream_rate_limit_burst: 10GB
  reject_old_samples: false
  max_query_series: 1000000
  query_timeout: 10m
"""
_SETTINGS = {
    "storage": "one binary; TSDB index v13 and chunks in the file system",
    "limits_config, server": "rates, sizes and times raised so that nothing is refused, old samples taken, any series",
    "ingester.wal.flush_on_shutdown": "true",
    "labels": "job, namespace and container; job and vhost for access logs",
}
# All events are of the last hours.
_COUNT = 'sum(count_over_time({job=~".+"}[24h]))'


def contenders(peer: Peer) -> list[Contender]:
    """As shippers send to it."""

    @contextmanager
    def serving(directory: Path) -> Iterator[Running]:
        http, grpc = free_ports(2)
        with _running(peer, directory, http, grpc) as (program, log):
            yield Running(program, lambda: HttpSender(http, _PUSH, _HEADERS), log, http)

    def stored(directory: Path) -> Stored:
        data = directory / "data"
        size = bytes_of(data / "objects")
        http, grpc = free_ports(2)
        with _running(peer, directory, http, grpc):
            (answer,) = json.loads(get(http, "/loki/api/v1/query", query=_COUNT))["data"]["result"]
        return Stored(int(answer["value"][1]), size)

    return [Contender("loki", peer.version, "loki_push", serving, stored, _SETTINGS)]


def _running(peer: Peer, directory: Path, http: int, grpc: int) -> AbstractContextManager[tuple[Measured, Path]]:
    config = directory / "loki.yaml"
    config.write_text(_CONFIG.format(http=http, grpc=grpc, data=directory / "data"))
    command = (str(peer.program), f"-config.file={config}")
    return ready(command, directory, f"http://127.0.0.1:{http}/ready")
