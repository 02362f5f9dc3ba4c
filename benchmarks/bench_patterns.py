"""How fast templates of log lines are found: by the miner alone, and by the stage `patterns` of a query.

    python -m benchmarks.bench_patterns --lines 1000000

One thread, no server. All lines are distinct, so that folding spares nothing. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import random
import resource
import string
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks import lines
from benchmarks.local_parts import LocalParts
from benchmarks.results import conditions, write
from logstore.clock import SystemClock
from logstore.model.merge import batch_from_table
from logstore.model.schema import ARROW_TYPES, FIXED_COLUMNS, Kind
from logstore.model.snapshot import Part, Snapshot
from logstore.storage.part.encode import encode_part
from logstore.storage.part.footer import read_part
from logstore.storage.part.shape import compacted_shape
from logstore.storage.settings import StorageSettings
from query.engine import Engine, Request
from query.execution.limits import Limits
from query.patterns import plain
from query.patterns.bounds import Bounds
from query.patterns.choice import make_miner
from query.patterns.mined import Lines, Miner
from query.patterns.templates import joined

_BATCH_LINES = 16_384
"""As many as the engine hands over at a time."""

_PLAIN_LINES = 20_000
"""The miner in plain Python gets no more: it would take minutes."""

_WORDS = 50_000
_SECOND = 10**9


@dataclass
class _Source(LocalParts):
    """One part."""

    part: Part

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Of it alone."""
        yield Snapshot(self.part.seq_max, (self.part,))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints and writes."""
    options = _parser().parse_args(arguments)
    told = []
    for name, make in _kinds(options.files).items():
        texts = _distinct(make(random.Random(options.seed)), options.lines)
        figures = {"lines": name, **_described(texts), **_miner(texts, options.rounds), **_stage(texts, options.rounds)}
        told.append(figures)
        print(figures, flush=True)
    write(
        {"benchmark": "patterns", **conditions(), "miner": type(make_miner(Bounds())).__module__, "kinds": told},
        options.output,
    )


def _kinds(files: Path | None) -> Mapping[str, Callable[[random.Random], lines.WriteLine]]:
    """Lines that differ in what masks know; in names, too; in everything."""
    made_up = lines.made_up if files is None else partial(lines.of_files, files)
    return {"values": made_up, "names": partial(_with_names, made_up), "random words": _random_words}


def _vocabulary(rng: random.Random) -> list[str]:
    return ["".join(rng.choices(string.ascii_lowercase, k=7)) for _ in range(_WORDS)]


def _with_names(made_up: Callable[[random.Random], lines.WriteLine], rng: random.Random) -> lines.WriteLine:
    """A name that no mask knows in each line, among its words."""
    write, names = made_up(rng), _vocabulary(rng)

    def named() -> str:
        words = write().split(" ")
        words.insert(rng.randrange(len(words) + 1), f"by={rng.choice(names)}")
        words.insert(rng.randrange(len(words) + 1), rng.choice(names))
        return " ".join(words)

    return named


def _random_words(rng: random.Random) -> lines.WriteLine:
    """No line has anything to do with another: the most that a miner has to hold."""
    names = _vocabulary(rng)
    return lambda: " ".join(rng.choices(names, k=rng.randint(4, 16)))


def _distinct(write_line: lines.WriteLine, number: int) -> list[bytes]:
    found: dict[bytes, None] = {}
    while len(found) < number:
        line = write_line()
        # A few forms have few lines; a number makes others of them.
        found[(line if line.encode() not in found else f"{line} {len(found)}").encode()] = None
    return list(found)


def _described(texts: Sequence[bytes]) -> dict[str, Any]:
    return {"distinct": len(texts), "mean_bytes": round(sum(map(len, texts)) / len(texts), 1)}


def _batches(texts: Sequence[bytes]) -> list[Lines]:
    made = []
    for start in range(0, len(texts), _BATCH_LINES):
        some = texts[start : start + _BATCH_LINES]
        ends = np.cumsum([0, *map(len, some)], dtype=np.int32)
        one = np.ones(len(some), np.int64)
        made.append(Lines(ends, np.frombuffer(b"".join(some), np.uint8), one, one, one))
    return made


def _miner(texts: Sequence[bytes], rounds: int) -> dict[str, Any]:
    """CPU seconds for all lines by the miner that runs, and lines a second by the one in plain Python."""
    batches = _batches(texts)
    runs = [_mined(make_miner(Bounds()), batches) for _ in range(rounds)]
    few = texts[:_PLAIN_LINES]
    plain_s, _ = _mined(plain.Miner(Bounds()), _batches(few))
    return {
        "miner_cpu_s": round(min(seconds for seconds, _ in runs), 3),
        "templates": runs[0][1],
        "plain_lines_per_s": round(len(few) / plain_s),
    }


def _mined(miner: Miner, batches: Sequence[Lines]) -> tuple[float, int]:
    began = time.process_time()
    for batch in batches:
        miner.add(batch)
    while miner.advance(1_000):
        pass
    found = len(joined(miner.clusters()))
    return time.process_time() - began, found


def _stage(texts: Sequence[bytes], rounds: int) -> dict[str, Any]:
    """Seconds of `* | patterns` over a part that holds the lines, with one thread for everything."""
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(_Source(_part(texts, Path(folder) / "lines.parquet")), Limits(threads=1), SystemClock())
        seconds, cpu = [], []
        for _ in range(rounds):
            began, began_cpu = time.perf_counter(), time.process_time()
            with engine.query(Request("* | patterns")) as answer:
                found = answer.table()
            seconds.append(time.perf_counter() - began)
            cpu.append(time.process_time() - began_cpu)
            if sum(found.column("count").to_pylist()) != len(texts):
                raise SystemExit("the counts do not add up to the lines")
        engine.close()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"stage_s": round(min(seconds), 3), "stage_cpu_s": round(min(cpu), 3), "most_memory_mb": most // 1000}


def _part(texts: Sequence[bytes], path: Path) -> Part:
    numbers = np.arange(len(texts), dtype=np.int64)
    times = pa.array((time.time_ns() // _SECOND - numbers[::-1]) * _SECOND).cast(ARROW_TYPES[Kind.TIME])
    tags = pa.array(["app"]).take(pa.array(numbers * 0))
    columns = [times, pa.array(numbers + 1), tags, pa.array([text.decode() for text in texts]), tags]
    table = pa.table(columns, names=[column.name for column in FIXED_COLUMNS])
    content = encode_part(batch_from_table(table, FIXED_COLUMNS), 1, "default", compacted_shape(StorageSettings()))
    path.write_bytes(content)
    return read_part(content, str(path), content.size)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000, help="distinct ones (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the fastest counts (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="other lines with another one (default: %(default)s)")
    parser.add_argument("--files", type=Path, help="directory whose files' lines are taken; made up by default")
    parser.add_argument("--output", type=Path, help="file for the result as JSON")
    return parser


if __name__ == "__main__":
    main()
