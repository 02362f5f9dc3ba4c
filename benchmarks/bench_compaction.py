"""What compaction costs over a part's life, beside what it costs to store the events in the first place.

    python -m benchmarks.bench_compaction --events 2000000

One process, no network: a store takes chunks, seals them, and compacts whenever its clock, which runs by the times of
the events, says so; at the end the hour and the day pass. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from logstore.app.memory import choose_allocator, keep_freed_memory

choose_allocator()

from benchmarks.encodings import entries  # noqa: E402 - Arrow is loaded after its allocator is chosen
from benchmarks.results import conditions, write  # noqa: E402
from benchmarks.workload import Batch, Workload, generate, last_hour_ns  # noqa: E402
from ingest.decode.settings import DecodeSettings  # noqa: E402
from logstore.app.decoding import decoding  # noqa: E402
from logstore.model.chunk import Chunk, Mode  # noqa: E402
from logstore.storage.directory import PosixDirectory  # noqa: E402
from logstore.storage.settings import CompactionSettings, StorageSettings  # noqa: E402
from logstore.storage.store import Store  # noqa: E402

_PAGE = 4096
_HOUR_NS = 3600 * 10**9


class EventClock:
    """Says what time it is among the events."""

    def __init__(self, start_ns: int) -> None:
        self.time_ns = start_ns

    def now_ns(self) -> int:
        """The time of the events."""
        return self.time_ns

    def monotonic_ns(self) -> int:
        """The time of the events and real time together, so that it is looked at once whether an hour is over."""
        return self.time_ns + time.monotonic_ns()


@dataclass(slots=True)
class Spent:
    """CPU seconds, and memory beyond what the process held before."""

    ingest_s: float = 0.0
    compaction_s: float = 0.0
    memory_bytes: int = 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints and writes."""
    options = _parser().parse_args(arguments)
    keep_freed_memory()
    workload = Workload(events=options.events, start_ns=last_hour_ns())
    with tempfile.TemporaryDirectory(dir=options.directory) as root:
        figures = _measure(Path(root), workload, options)
    for name, value in figures.items():
        print(f"{name}: {value}", flush=True)
    write({"benchmark": "compaction", **conditions(), "workload": workload.facts(), **figures}, options.output)


def _measure(root: Path, workload: Workload, options: argparse.Namespace) -> dict[str, Any]:
    clock, spent = EventClock(workload.start_ns), Spent()
    # The background thread has nothing to do: compaction is done here, so that its CPU can be told apart.
    asked = CompactionSettings(enabled=False, busy_share=1.0, memory_bytes=options.memory << 20)
    settings = StorageSettings(seal_age_s=1e9, compaction=asked)
    store = Store.open(PosixDirectory(root), decoding(DecodeSettings()), settings, clock)
    for run in _runs(generate(workload), options.seal_events):
        chunks = [_chunk(batch, store.decode_settings) for batch in run]
        clock.time_ns = max(when for batch in run for when, _ in batch.events)
        began = time.process_time()
        for future in [store.submit(chunk) for chunk in chunks]:
            future.result(60)
        store.seal()
        spent.ingest_s += time.process_time() - began
        _compact(store, spent)
    clock.time_ns = (clock.time_ns // _HOUR_NS + 1) * _HOUR_NS + int(settings.compaction.settle_s * 1e9)
    _compact(store, spent)
    clock.time_ns += 25 * _HOUR_NS
    _compact(store, spent)
    figures = _figures(store, spent, workload.events)
    store.close()
    return figures


def _runs(batches: Iterator[Batch], events: int) -> Iterator[list[Batch]]:
    run: list[Batch] = []
    for batch in batches:
        run.append(batch)
        if sum(len(one.events) for one in run) >= events:
            yield run
            run = []
    if run:
        yield run


def _chunk(batch: Batch, settings: int) -> Chunk:
    tag = batch.source.tag
    chunk = Chunk(Mode.PACKED, entries(batch), len(batch.events), time.time_ns(), wire_tag=tag.encode(), tag=tag)
    return replace(chunk, settings=settings)


def _compact(store: Store, spent: Spent) -> None:
    """Does what is due now, and looks at memory after each step."""
    compaction = store._machinery.compaction  # noqa: SLF001 - a store does this in a thread of its own
    held = _resident()
    began = time.process_time()
    while compaction.due_s() == 0:
        compaction.work()
        spent.memory_bytes = max(spent.memory_bytes, _resident() - held)
    spent.compaction_s += time.process_time() - began


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def _figures(store: Store, spent: Spent, events: int) -> dict[str, Any]:
    counters, stats = store._machinery.compaction.counters, store.stats()  # noqa: SLF001 - see above
    return {
        "events": events,
        "ingest_us_per_event": round(spent.ingest_s / events * 1e6, 2),
        "compaction_us_per_event": round(spent.compaction_s / events * 1e6, 2),
        "ratio": round(spent.compaction_s / spent.ingest_s, 2),
        "rewritten_per_event": round(counters.rows_in / events, 2),
        "sealed_parts": stats.seals.parts,
        "sealed_bytes_per_event": round(stats.seals.bytes / events, 1),
        "parts": stats.parts,
        "bytes_per_event": round(stats.part_bytes / events, 1),
        "merges": counters.merges,
        "memory_bytes": spent.memory_bytes,
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=2_000_000, help="how many (default: %(default)s)")
    parser.add_argument("--seal-events", type=int, default=400_000, help="of a seal (default: %(default)s)")
    parser.add_argument("--memory", type=int, default=384, help="MiB that compaction may use (default: %(default)s)")
    parser.add_argument(
        "--directory", type=Path, help="where the store is made and removed; a temporary one by default"
    )
    parser.add_argument("--output", type=Path, help="file for the result as JSON")
    return parser


if __name__ == "__main__":
    main()
