"""What word indexes cost, and what they spare queries: sizes, CPU time, row groups that are read.

    python -m benchmarks.bench_index --events 1000000

Parts of a million events each are written as compaction writes them, then as they are sealed, with their indexes, and
asked questions whose answers are known to be rare. No server, one thread. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.bench_decode import entries_of, runs_of
from benchmarks.local_parts import LocalParts
from benchmarks.results import conditions, write
from benchmarks.workload import Workload, generate, last_hour_ns
from ingest.decode.document import write_document
from ingest.decode.settings import DecodeSettings
from logstore.app.decoding import make_decoder
from logstore.clock import SystemClock
from logstore.model.batch import EventBatch
from logstore.model.merge import concat_batches
from logstore.model.snapshot import Part, Snapshot
from logstore.storage.directory import PosixDirectory
from logstore.storage.index import shape as index_shape
from logstore.storage.index.build import IndexBuilder, IndexShape
from logstore.storage.index.codec import best_codec
from logstore.storage.index.file import read_description
from logstore.storage.index.opened import Indexes
from logstore.storage.part.encode import encode_part
from logstore.storage.part.footer import read_part
from logstore.storage.part.shape import PartShape, compacted_shape, fresh_shape
from logstore.storage.settings import StorageSettings
from query.engine import Engine, Request
from query.execution.limits import Limits

EVENTS_PER_PART = 1_000_000

_HEX_WORD = re.compile(r"(?:request|request_id|job|key)\W+([0-9a-f]{8})\b(?! started)")


@dataclass
class Cost:
    """What the indexes of some parts cost together."""

    part_bytes: int = 0
    build_s: float = 0.0
    bytes: Counter[str] = field(default_factory=Counter)

    def told(self, events: int) -> dict[str, Any]:
        """In words for the result."""
        total = sum(self.bytes.values())
        return {
            "part_bytes_per_event": round(self.part_bytes / events, 2),
            "cpu_us_per_event": round(self.build_s / events * 1e6, 3),
            "bytes_per_event": {name: round(size / events, 3) for name, size in self.bytes.items()},
            "share_of_part": {name: round(size / self.part_bytes, 4) for name, size in self.bytes.items()},
            "share_of_part_in_all": round(total / self.part_bytes, 4),
        }


@dataclass
class _Source(LocalParts):
    """The parts."""

    parts: list[Part] = field(default_factory=list)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """All of them."""
        yield Snapshot(max(part.seq_max for part in self.parts), tuple(self.parts))


_COUNTED = " | stats count(time) as count"
"""Has to read the events that an index leaves; how many have a value might be known without."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints and writes."""
    options = _parser().parse_args(arguments)
    workload = Workload(events=options.events, start_ns=last_hour_ns(), lines=options.lines)
    settings = StorageSettings()
    kept, fresh, source = Cost(), Cost(), _Source()
    with tempfile.TemporaryDirectory(dir=options.directory) as folder:
        for number, batch in enumerate(_batches(workload, options.part_events)):
            path = Path(folder) / f"{number}.parquet"
            shapes = compacted_shape(settings), index_shape.kept_shape(settings)
            source.parts.append(_written(batch, path, *shapes, kept))
            shapes = fresh_shape(settings), index_shape.fresh_shape(settings)
            _written(batch, Path(folder) / "fresh.parquet", *shapes, fresh)
            print(f"{number + 1} parts", flush=True)
        costs = {"kept": kept.told(options.events), "fresh": fresh.told(options.events)}
        for name, cost in costs.items():
            print(f"{name}: {cost}", flush=True)
        asked = _asked(source, options.rounds)
    result = {"benchmark": "index", **conditions(), "codec": best_codec().name, "workload": workload.facts()}
    write({**result, "events_per_part": options.part_events, "cost": costs, "questions": asked}, options.output)


def _batches(workload: Workload, most: int) -> Iterator[EventBatch]:
    """The events, so many in a batch."""
    decoder = make_decoder({0: write_document(DecodeSettings())})
    gathered: list[EventBatch] = []
    for run in runs_of(entries_of("packed", generate(workload))):
        gathered.append(decoder.decode(run).batch)
        if sum(batch.rows for batch in gathered) >= most:
            yield concat_batches(gathered)
            gathered = []
    if gathered:
        yield concat_batches(gathered)


def _written(batch: EventBatch, path: Path, shape: PartShape, index: IndexShape | None, cost: Cost) -> Part:
    """A part with its index, whose costs are added up."""
    if index is None:
        raise SystemExit("the settings have no word index")
    builder = IndexBuilder(index)

    def watch(row_group: pa.Table) -> None:
        began = time.process_time()
        builder.add(row_group)
        cost.build_s += time.process_time() - began

    content = encode_part(batch, 1, "default", shape, watch)
    began = time.process_time()
    made = b"".join(builder.finish())
    cost.build_s += time.process_time() - began
    described, start = read_description(memoryview(made), str(path))
    cost.part_bytes += content.size
    cost.bytes.update({method.value: section.bytes for method, section in described.sections.items()})
    cost.bytes["head"] += start
    path.write_bytes(content)
    words = path.with_suffix(".words")
    words.write_bytes(made)
    return replace(read_part(content, str(path), content.size), index=str(words), index_bytes=len(made))


def _asked(source: _Source, rounds: int) -> list[dict[str, Any]]:
    """What each question finds, reads and takes, with indexes and without."""
    limits, clock = Limits(threads=1), SystemClock()
    indexes = Indexes(PosixDirectory("/"), best_codec())
    with_index, without = Engine(source, limits, clock, indexes), Engine(source, limits, clock)
    told = []
    for name, text in _questions(source.parts).items():
        found, seconds = _answer(with_index, text, rounds)
        expected, plain_seconds = _answer(without, text, 1)
        if found != expected:
            raise SystemExit(f"{text}: {found} events with indexes, {expected} without")
        left, of = _row_groups(with_index, text)
        told.append(
            {
                "question": name,
                "text": text,
                "events": found,
                "row_groups_read": left,
                "row_groups": of,
                "share_read": round(left / of, 5),
                "ms": round(seconds * 1e3, 2),
                "ms_without": round(plain_seconds * 1e3, 2),
            }
        )
        print(told[-1], flush=True)
    with_index.close()
    without.close()
    return told


def _questions(parts: Sequence[Part]) -> dict[str, str]:
    """By what is asked: queries for things that are somewhere in the middle."""
    part = parts[len(parts) // 2]
    rows = pq.read_table(part.path, columns=["message", "trace_id"])
    messages = rows.column("message").to_pylist()
    traces = rows.column("trace_id").drop_null().to_pylist()
    trace = traces[len(traces) // 2]
    ids = [found[1] for text in messages if text and (found := _HEX_WORD.search(text)) and not found[1].isdigit()]
    word = ids[len(ids) // 2]
    session = next(
        found[1] for text in reversed(messages) if text and (found := re.search(r"session ([0-9a-f]{16}) of", text))
    )
    return {
        "a word of one event": word,
        "a word of few events": "32767",
        "a word of some events": "incarnation 1234",
        "a common word": "refused",
        "a word of no event": "zeppelin",
        "a phrase of no event, of common words": '"confirmed for refused"',
        "a value of one event": f"trace_id:{trace}",
        "an address of few events": "ip:10.3.77.201",
        "8 characters of a longer word": f"*{session[2:10]}*",
        "12 characters of a longer word": f"*{session[2:14]}*",
        "characters of no event": "*zeppelin*",
        "the literal of a regex": f'~"session {session[:10]}[0-9a-f]+ of"',
        "a regex of common literals": r'~"order \d+ confirmed"',
    }


def _answer(engine: Engine, text: str, rounds: int) -> tuple[int, float]:
    """How many events a search finds, and the seconds of the fastest time that it was asked."""
    best, found = float("inf"), 0
    for _ in range(rounds):
        began = time.perf_counter()
        with engine.query(Request(text + _COUNTED)) as answer:
            rows = answer.table()
        best = min(best, time.perf_counter() - began)
        found = rows.column("count")[0].as_py()
    return found, best


def _row_groups(engine: Engine, text: str) -> tuple[int, int]:
    """The row groups that are read, and all of them."""
    said = re.search(r"([\d,]+) of ([\d,]+) row groups? within", engine.explain(Request(text + _COUNTED)))
    if said is None:
        raise SystemExit("explain says no row groups")
    left, of = (int(number.replace(",", "")) for number in said.groups())
    return left, of


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000, help="how many there are (default: %(default)s)")
    parser.add_argument(
        "--part-events", type=int, default=EVENTS_PER_PART, help="how many of them are in a part (default: %(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="of which the fastest counts (default: %(default)s)")
    parser.add_argument("--lines", type=Path, help="directory whose files' lines containers log; made up by default")
    parser.add_argument(
        "--directory", type=Path, help="where parts are written meanwhile; the system's place by default"
    )
    parser.add_argument("--output", type=Path, help="file for the result as JSON")
    return parser


if __name__ == "__main__":
    main()
