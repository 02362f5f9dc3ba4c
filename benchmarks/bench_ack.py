"""How long a chunk waits for its acknowledgement when the server has half as much to do as it can.

    python -m benchmarks.bench_ack --events 300000

First the highest rate is found at which everything is received, stored, decoded and sealed; then another server is sent
half of it, whatever it answers. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from benchmarks.contenders import logstore
from benchmarks.ingest_run import Load, run
from benchmarks.open_loop import AckTime, send_at_rate
from benchmarks.results import conditions, percentile, write
from benchmarks.senders import PackedSender
from benchmarks.spool import Spool, prepare
from benchmarks.workload import Workload, last_hour_ns

SHARES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
LOAD_SHARE = 0.5
_MS = 1000.0
_PROBES = 100


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints and writes."""
    options = _parser().parse_args(arguments)
    found = conditions()
    workload = Workload(events=options.events, start_ns=last_hour_ns(), least=options.least, most=options.most)
    with tempfile.TemporaryDirectory(prefix="bench-spool-") as temporary:
        spool = prepare(workload, [options.mode], options.spool or Path(temporary))
        highest = options.rate or _highest_rate(options.mode, spool, options.connections)
        rate = highest * LOAD_SHARE
        probe = sync_probe(round(sum(len(frame.data) for frame in spool.frames(options.mode)) / spool.chunks))
        times = measure(options.mode, spool, options.connections, rate)
    result = {
        "benchmark": "ack",
        **found,
        "workload": {**workload.facts(), "chunks": spool.chunks, "tags": spool.tags, "json_bytes": spool.json_bytes},
        "mode": options.mode,
        "connections": options.connections,
        "highest_events_per_s": round(highest),
        "sent_events_per_s": round(rate),
        **report(times),
        "write_and_sync_ms": summary(probe),
    }
    _say(result)
    write(result, options.output)


def measure(mode: str, spool: Spool, connections: int, rate: float) -> list[AckTime]:
    """Sends everything at a rate to a new server; the time of each acknowledgement."""
    contender = logstore(mode)
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        running = stack.enter_context(contender.serving(Path(name)))
        senders = [stack.enter_context(closing(running.connect())) for _ in range(connections)]
        sockets = [sender.socket for sender in senders if isinstance(sender, PackedSender)]
        return send_at_rate(sockets, spool.frames(mode), rate, compressed=mode == "gzip")


def sync_probe(size: int) -> list[float]:
    """Seconds that appending so many bytes to a file and syncing it take here, without any server, several times."""
    content = os.urandom(size)
    times = []
    with tempfile.NamedTemporaryFile(prefix="bench-") as file:
        for _ in range(_PROBES):
            began = time.monotonic()
            file.write(content)
            file.flush()
            os.fdatasync(file.fileno())
            times.append(time.monotonic() - began)
    return times


def report(times: Sequence[AckTime]) -> dict[str, Any]:
    """The figures."""
    return {
        "chunks": len(times),
        "ack_after_last_byte_ms": summary([one.from_sent_s for one in times]),
        "ack_after_due_ms": summary([one.from_due_s for one in times]),
    }


def summary(seconds: Sequence[float]) -> dict[str, float]:
    """Percentiles in milliseconds."""
    return {name: round(percentile(seconds, share) * _MS, 2) for name, share in SHARES.items()}


def _highest_rate(mode: str, spool: Spool, connections: int) -> float:
    outcome = run(logstore(mode), spool, Load(connections))
    return outcome.events / (outcome.answered_s + outcome.stop_s)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=300_000, help="how many are generated (default: %(default)s)")
    parser.add_argument("--mode", choices=("packed", "gzip"), default="packed", help="default: %(default)s")
    parser.add_argument("--connections", type=int, default=4, help="sending at once (default: %(default)s)")
    parser.add_argument(
        "--rate", type=float, help="the highest rate, events a second, if it is known; else it is found"
    )
    parser.add_argument("--least", type=int, default=100, help="events of the smallest chunks (default: %(default)s)")
    parser.add_argument("--most", type=int, default=10_000, help="events of the largest chunks (default: %(default)s)")
    parser.add_argument(
        "--spool", type=Path, help="directory that keeps the encoded events for another run with the same"
    )
    parser.add_argument("--output", type=Path, help="file for the result as JSON")
    return parser


def _say(result: dict[str, Any]) -> None:
    print(
        f"{result['chunks']:,} chunks at {result['sent_events_per_s']:,} events a second, "
        f"half of {result['highest_events_per_s']:,}; milliseconds until the acknowledgement:"
    )
    for name in ("ack_after_last_byte_ms", "ack_after_due_ms", "write_and_sync_ms"):
        figures = "  ".join(f"{share} {value}" for share, value in result[name].items())
        print(f"  {name}: {figures}")


if __name__ == "__main__":
    main()
