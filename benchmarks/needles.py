"""What questions ask for: things that are somewhere in a workload, found by looking into it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from benchmarks.spool import Frame, Spool
from benchmarks.workload import NS_PER_SECOND

# As many frames as there are sources or so: in so many neighbouring ones each source comes once.
_FRAMES = 300
_REQUEST = re.compile(r"request=(?=[0-9]*[a-f])([0-9a-f]{8})\b")


@dataclass(frozen=True, slots=True)
class Needles:
    """Things that are in the events.

    Attributes:
        trace_id: of one access event.
        word: of the message of one container's event.
        pod_tag, pod: of the container that logs much.
        access_tag: of the proxy that logs much.
        start_ns, end_ns: the first whole minute of the events, and the one after the last of them.
    """

    trace_id: str
    word: str
    pod_tag: str
    pod: str
    access_tag: str
    start_ns: int
    end_ns: int


def find(spool: Spool, start_ns: int) -> Needles:
    """Needles in events that begin at `start_ns`, from the JSON lines of their spool."""
    frames = spool.frames("json_lines")
    third, half = len(frames) // 3, len(frames) // 2
    largest = sorted(frames[half : half + _FRAMES], key=lambda frame: frame.events)
    tags = [next(_events([frame]))["tag"] for frame in largest]
    pod_tag = [tag for tag in tags if tag.startswith("kube.")][-1]
    last_ns = max(_time_ns(event["time"]) for event in _events(frames[-_FRAMES:]))
    minute = 60 * NS_PER_SECOND
    return Needles(
        trace_id=next(event["trace_id"] for event in _events(frames[third:]) if "trace_id" in event),
        word=next(found[1] for event in _events(frames[half:]) if (found := _REQUEST.search(event.get("log", "")))),
        pod_tag=pod_tag,
        pod=pod_tag.split(".", 2)[2],
        access_tag=[tag for tag in tags if tag.startswith("ingress.")][-1],
        start_ns=start_ns,
        end_ns=(last_ns // minute + 1) * minute,
    )


def _events(frames: list[Frame]) -> Iterator[dict[str, Any]]:
    for frame in frames:
        for line in bytes(frame.data).splitlines():
            yield orjson.loads(line)


def _time_ns(text: str) -> int:
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    return int(datetime.fromisoformat(seconds + "+00:00").timestamp()) * NS_PER_SECOND + int(fraction)
