"""What a layout of parts costs and gives: bytes, CPU to write, and CPU of queries; ours, and others beside it.

    python -m benchmarks.bench_layout --events 1000000

One part, written and asked in this process by one thread, with the events and the query engine of the server. See
benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from benchmarks.encodings import entries
from benchmarks.layouts import Candidate, candidates
from benchmarks.local_parts import LocalParts
from benchmarks.results import conditions, write
from benchmarks.workload import Workload, generate, last_hour_ns
from ingest.decode.document import write_document
from ingest.decode.settings import DecodeSettings
from logstore.app.decoding import make_decoder
from logstore.clock import SystemClock
from logstore.model.batch import EventBatch
from logstore.model.chunk import DEFAULT_TENANT, Chunk, Entry, Mode
from logstore.model.merge import concat_batches
from logstore.model.schema import MESSAGE, TAG
from logstore.model.snapshot import Part, Snapshot
from logstore.model.timespan import EVERYTHING, TimeSpan
from logstore.storage.part.encode import PartEncoder
from query.engine import Engine, Request
from query.execution.limits import Limits

_NEWEST = 100


@dataclass(frozen=True, slots=True)
class Question:
    """A query whose CPU time is measured, and the rows of events that it is about."""

    text: str
    limit: int | None = None
    window: TimeSpan = EVERYTHING


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints and writes."""
    options = _parser().parse_args(arguments)
    workload = Workload(events=options.events, start_ns=last_hour_ns(), lines=options.lines)
    found = conditions()
    batch = decoded(workload)
    questions = _questions(batch)
    figures = {}
    wanted = [one for one in candidates() if not options.only or any(part in one.name for part in options.only)]
    with tempfile.TemporaryDirectory(prefix="bench-layout-") as folder:
        for candidate in wanted:
            figures[candidate.name] = _measure(candidate, batch, questions, Path(folder) / "part", options.rounds)
            _say(candidate.name, figures[candidate.name])
    result = {
        "benchmark": "layout",
        **found,
        "workload": workload.facts(),
        "questions": {name: question.text for name, question in questions.items()},
        "layouts": figures,
    }
    write(result, options.output)


def decoded(workload: Workload) -> EventBatch:
    """All events, decoded as the server does."""
    decoder = make_decoder({0: write_document(DecodeSettings())})
    pieces, seq = [], 1
    for one in generate(workload):
        chunk = Chunk(
            Mode.PACKED, entries(one), len(one.events), 0, wire_tag=one.source.tag.encode(), tag=one.source.tag
        )
        pieces.append(decoder.decode([Entry(seq, chunk)]).batch)
        seq += len(one.events)
    return concat_batches(pieces)


def _questions(batch: EventBatch) -> dict[str, Question]:
    """What is asked, of values that occur: those of the event in the middle."""
    rare, message = (batch.table.column(name)[batch.rows // 2].as_py() for name in (TAG, MESSAGE))
    quarter_ns = (batch.time_max_ns - batch.time_min_ns) // 4
    quarter = TimeSpan(batch.time_min_ns + quarter_ns, batch.time_min_ns + 2 * quarter_ns)
    trace = pc.drop_null(batch.table.column("trace_id"))[-1].as_py()
    return {
        "newest": Question("*", _NEWEST),
        "newest of a level": Question("level:error", _NEWEST),
        "newest of a tag": Question(f"tag:{_quoted(rare)}", _NEWEST),
        "needle in a tag": Question(f"tag:{_quoted(rare)} {_quoted(message)}", _NEWEST),
        "needle": Question(_quoted(message), _NEWEST),
        "known id": Question(f"trace_id:{_quoted(trace)}", _NEWEST),
        "unknown id": Question(f"trace_id:{'0' * len(trace)}", _NEWEST),
        "grouping": Question("* | count by status"),
        "grouping by time": Question("* | stats count(), p99(duration_ms) by bin(1m), method"),
        "a quarter of the time": Question("* | count by tag", None, quarter),
    }


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _measure(
    candidate: Candidate, batch: EventBatch, questions: Mapping[str, Question], path: Path, rounds: int
) -> dict[str, Any]:
    """Writes the part, checks that nothing is missing, and asks."""
    write_s = [_cpu_s(lambda: _write(candidate, batch, path)) for _ in range(rounds)]
    part = _write(candidate, batch, path)
    if part.rows != batch.rows:
        raise SystemExit(f"{candidate.name} holds {part.rows:,} events of {batch.rows:,}")
    engine = Engine(_Shelf(part), Limits(threads=1), SystemClock())
    try:
        answers = {
            name: min(_cpu_s(partial(_ask, engine, one)) for _ in range(rounds)) for name, one in questions.items()
        }
    finally:
        engine.close()
    return {
        "bytes_per_event": round(part.bytes / part.rows, 2),
        "write_cpu_us_per_event": round(min(write_s) / part.rows * 1e6, 3),
        "query_cpu_ms": {name: round(taken * 1e3, 2) for name, taken in answers.items()},
    }


def _cpu_s(do: Callable[[], object]) -> float:
    """CPU seconds of this process, of all of its threads, meanwhile."""
    began = time.process_time()
    do()
    return time.process_time() - began


def _write(candidate: Candidate, batch: EventBatch, path: Path) -> Part:
    encoder = PartEncoder(batch, 1, DEFAULT_TENANT, candidate.shape, candidate.layout)
    with path.open("wb") as file:
        for pieces in encoder.pieces():
            file.writelines(pieces)
    return encoder.part(str(path))


def _ask(engine: Engine, question: Question) -> int:
    with engine.query(Request(question.text, question.window, question.limit)) as answer:
        return sum(batch.num_rows for batch in answer.batches())


class _Shelf(LocalParts):
    """A store of one part."""

    def __init__(self, part: Part) -> None:
        self._part = part

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The part, as long as one likes."""
        yield Snapshot(self._part.seq_max, (self._part,))


def _say(name: str, figures: Mapping[str, Any]) -> None:
    asked = ", ".join(f"{question} {taken:.1f}" for question, taken in figures["query_cpu_ms"].items())
    print(f"{name}: {figures['bytes_per_event']} bytes and {figures['write_cpu_us_per_event']} µs an event")
    print(f"  CPU ms: {asked}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000, help="of the part (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of which the best counts (default: %(default)s)")
    parser.add_argument(
        "--only", action="append", default=[], metavar="TEXT", help="layouts with this in their names; may be repeated"
    )
    parser.add_argument("--lines", type=Path, help="directory whose files' lines containers log; made up by default")
    parser.add_argument("--output", type=Path, help="file for the result as JSON")
    return parser


if __name__ == "__main__":
    main()
