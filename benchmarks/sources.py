"""Who logs: containers on Kubernetes, and proxies that write structured access logs. Each source has one tag.

A container's record is what Fluentd or Fluent Bit make of a line once their Kubernetes filter has been over it; an
access record is what a proxy writes that logs JSON. Some fields are there in some records only.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.lines import WriteLine

Record = dict[str, Any]

# Three events of four are of access logs: a little over 400 bytes of JSON an event.
ACCESS_SHARE = 0.75

_NAMESPACES = ("shop", "payments", "logistics", "search", "platform")
_COMPONENTS = ("api", "worker", "cache", "gateway", "indexer", "mailer", "scheduler")
_PATHS = ("/", "/cart", "/checkout", "/healthz", "/api/v1/search", "/products/{}", "/api/v1/orders/{}", "/img/{}.webp")
_METHODS = ("GET", "GET", "GET", "GET", "GET", "POST", "PUT", "DELETE")
_STATUSES = (200,) * 88 + (201,) * 4 + (304,) * 4 + (404,) * 2 + (500, 503)
_VERSIONS = range(128, 146)
_AGENTS = (
    *(f"Mozilla/5.0 (X11; Linux x86_64; rv:{new}.0) Gecko/20100101 Firefox/{new}.0" for new in _VERSIONS),
    *(f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/{new}.0.0.0" for new in _VERSIONS),
    *(f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_{new % 7} like Mac OS X) AppleWebKit/605.1.15" for new in _VERSIONS),
    *("kube-probe/1.34", "okhttp/5.1.0", "curl/8.16.0") * 6,
)
_FIRST_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Source:
    """Something that logs: its tag, how many events it gathers into a chunk, and its next record."""

    tag: str
    chunk_events: int
    labels: dict[str, str]
    """What somebody would choose as the labels of a stream: few values each."""
    next_record: Callable[[], Record]


def make_sources(count: int, rng: random.Random, write_line: WriteLine, sizes: tuple[int, int]) -> list[Source]:
    """Sources of both kinds, of which some log much and most little.

    Args:
        count: how many.
        rng: where everything about them comes from.
        write_line: gives the lines that containers log.
        sizes: least and most events of a chunk; sources are spread evenly over the orders of magnitude between them.
    """
    least, most = sizes
    sources: list[Source] = []
    access_quota = 0.0
    for _ in range(count):
        size = round(least * (most / least) ** rng.random())
        # Dealt out by events, not by sources, so that the share holds for any seed.
        access_quota += size * ACCESS_SHARE
        if access_quota >= size / 2:
            access_quota -= size
            sources.append(_proxy(rng, len(sources), size))
        else:
            sources.append(_container(rng, write_line, size))
    return sources


def _container(rng: random.Random, write_line: WriteLine, size: int) -> Source:
    kubernetes = _pod(rng)
    name, namespace = kubernetes["pod_name"], kubernetes["namespace_name"]

    def next_record() -> Record:
        line = write_line()
        stream = "stderr" if "rror" in line or "ERROR" in line else "stdout"
        return {"log": line, "stream": stream, "logtag": "F", "kubernetes": kubernetes}

    labels = {"namespace": namespace, "container": kubernetes["container_name"], "job": "containers"}
    return Source(f"kube.{namespace}.{name}", size, labels, next_record)


def _pod(rng: random.Random) -> Record:
    namespace, component = rng.choice(_NAMESPACES), rng.choice(_COMPONENTS)
    app = f"{namespace}-{component}"
    template = f"{rng.getrandbits(40):010x}"
    labels = {"app.kubernetes.io/name": app, "pod-template-hash": template}
    if rng.random() < 0.5:  # noqa: PLR2004 (half of the charts set it)
        labels["app.kubernetes.io/version"] = f"1.{rng.randrange(40)}.{rng.randrange(9)}"
    bits = f"{rng.getrandbits(128):032x}"
    return {
        "pod_name": f"{app}-{template}-{rng.getrandbits(20):05x}",
        "namespace_name": namespace,
        "pod_id": "-".join((bits[:8], bits[8:12], bits[12:16], bits[16:20], bits[20:])),
        "host": f"node-{rng.randrange(24):02d}",
        "container_name": component,
        "container_image": f"images.example/{namespace}/{component}:2026.11.{rng.randrange(1, 22)}",
        "container_hash": f"{rng.getrandbits(256):064x}",
        "docker_id": f"{rng.getrandbits(256):064x}",
        "labels": labels,
    }


def _proxy(rng: random.Random, number: int, size: int) -> Source:
    draw, bits = rng.random, rng.getrandbits
    vhost = f"{rng.choice(_NAMESPACES)}.example.com"

    def next_record() -> Record:
        status = _STATUSES[int(draw() * len(_STATUSES))]
        method = _METHODS[bits(3)]
        path = _PATHS[bits(3)].format(bits(15))
        spent = round(0.4 + 30 * draw() ** 6 * (40 if status >= _FIRST_SERVER_ERROR else 4), 3)
        record: Record = {
            "message": f"{method} {path} HTTP/1.1 {status}",
            "level": "error" if status >= _FIRST_SERVER_ERROR else "info",
            "method": method,
            "path": path,
            "status": status,
            "duration_ms": spent,
            "bytes": bits(16) >> bits(2),
            "host": vhost,
            "ip": f"10.{bits(3)}.{bits(8)}.{bits(8)}",
            "user_agent": _AGENTS[int(draw() * len(_AGENTS))],
            "trace_id": f"{bits(128):032x}",
            "span_id": f"{bits(64):016x}",
        }
        if bits(2) == 0:
            record["referer"] = f"https://{vhost}/products/{bits(15)}"
        if status >= _FIRST_SERVER_ERROR:
            record["error"] = {"kind": "upstream", "attempts": 1 + bits(1), "reason": "deadline exceeded"}
        return record

    return Source(f"ingress.proxy-{number:03d}.access", size, {"job": "ingress", "vhost": vhost}, next_record)
