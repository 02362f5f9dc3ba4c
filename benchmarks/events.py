"""A seeded generator of realistic events: a shop on Kubernetes, its access log, and one incident.

The same seed gives the same events. In the incident the database of `payments` refuses connections for some minutes;
`checkout`, which needs it, answers 503.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

NS_PER_SECOND = 1_000_000_000

SERVICES = ("frontend", "checkout", "payments", "catalog", "cart", "search")
NODES = tuple(f"node-{number:02d}" for number in range(1, 9))
PATHS = ("/", "/products/{id}", "/cart", "/checkout", "/api/v1/search", "/api/v1/orders/{id}", "/healthz")
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15",
    "kube-probe/1.31",
)
METHODS = ("GET", "GET", "GET", "GET", "POST", "PUT")
ROUTINE = (
    ("debug", "cache hit for key session:{id}"),
    ("info", "request {id} finished in {ms} ms"),
    ("info", "order {id} confirmed, sending receipt"),
    ("info", "user {id} signed in from 10.{a}.{b}.7"),
    ("warn", "slow query took {ms} ms: SELECT * FROM items WHERE category = {a}"),
    ("warn", "retrying upstream call, attempt {a} of 255"),
)


@dataclass(frozen=True, slots=True)
class Event:
    """One event before it is packed."""

    tag: str
    time_ns: int
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Incident:
    """When the database is away: seconds after the first event, start included, end not."""

    start_s: float
    end_s: float

    def holds(self, at_s: float) -> bool:
        """Whether it is going on."""
        return self.start_s <= at_s < self.end_s


def generate(count: int, start_ns: int, span_s: float, seed: int = 1) -> Iterator[Event]:
    """`count` events, evenly spread over `span_s` seconds from `start_ns` with a little jitter.

    The incident fills the third quarter of the span, but for its ends.
    """
    rng = random.Random(seed)
    pods = {service: _pods(rng, service) for service in SERVICES}
    incident = Incident(span_s * 0.55, span_s * 0.70)
    for number in range(count):
        at_s = span_s * number / count
        time_ns = start_ns + int(at_s * NS_PER_SECOND) + rng.randrange(1_000_000)
        if rng.random() < 0.4:  # noqa: PLR2004 (two fifths are access log)
            yield _access(rng, time_ns, in_incident=incident.holds(at_s))
        else:
            yield _container(rng, time_ns, pods, in_incident=incident.holds(at_s))


def _pods(rng: random.Random, service: str) -> list[dict[str, Any]]:
    template = f"{rng.randrange(16**10):010x}"
    return [
        {
            "pod_name": f"{service}-{template}-{rng.randrange(36**4):05x}",
            "namespace_name": "shop",
            "host": rng.choice(NODES),
            "container_name": service,
            "container_image": f"images.example/shop/{service}:2026.11.{rng.randrange(1, 22)}",
            "labels": {"app": service, "app.kubernetes.io/part-of": "shop", "pod-template-hash": template},
        }
        for _ in range(4)
    ]


def _access(rng: random.Random, time_ns: int, *, in_incident: bool) -> Event:
    path = rng.choice(PATHS)
    failed = in_incident and path in {"/checkout", "/api/v1/orders/{id}"} and rng.random() < 0.8  # noqa: PLR2004
    status = 503 if failed else rng.choices((200, 201, 304, 404, 500), (880, 40, 50, 28, 2))[0]
    method = rng.choice(METHODS)
    shown = path.replace("{id}", str(rng.randrange(20_000)))
    record = {
        "message": f"{method} {shown} HTTP/1.1 {status}",
        "level": "error" if status >= 500 else "info",  # noqa: PLR2004 (server errors)
        "method": method,
        "path": shown,
        "status": status,
        "duration_ms": round(rng.lognormvariate(8.0 if failed else 3.2, 0.7), 3),
        "bytes": rng.randrange(200, 60_000),
        "client": {
            "ip": f"10.{rng.randrange(8)}.{rng.randrange(250)}.{rng.randrange(1, 255)}",
            "agent": rng.choice(AGENTS),
        },
        "trace_id": f"{rng.getrandbits(64):016x}",
    }
    return Event("ingress.access", time_ns, record)


def _container(rng: random.Random, time_ns: int, pods: dict[str, list[dict[str, Any]]], *, in_incident: bool) -> Event:
    service = rng.choice(SERVICES)
    refused = in_incident and service in {"checkout", "payments"} and rng.random() < 0.5  # noqa: PLR2004
    if refused:
        level, text = "error", "connection refused: postgres.shop.svc:5432, giving up on order {id}"
    else:
        level, text = rng.choice(ROUTINE)
    message = text.format(
        id=rng.randrange(100_000), ms=rng.randrange(1, 900), a=rng.randrange(256), b=rng.randrange(256)
    )
    record = {
        "log": message,
        "level": level,
        "stream": "stderr" if level in {"warn", "error"} else "stdout",
        "logtag": "F",
        "kubernetes": rng.choice(pods[service]),
    }
    return Event(f"kube.shop.{service}", time_ns, record)
