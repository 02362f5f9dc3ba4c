"""How long it takes to start, and to plan questions, with ten thousand parts.

    python -m benchmarks.bench_many_parts --parts 10000

Starting: from the import of everything to an open store, with files that are all alike. Planning: from a question's
text and a snapshot to the files that the first statement would read, or to the answer when none has to be read. See
benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.results import conditions, write
from ingest.decode.settings import DecodeSettings
from logstore.app.decoding import decoding
from logstore.clock import SystemClock
from logstore.model.merge import batch_from_columns
from logstore.model.more_column import Sparse
from logstore.model.schema import SEQ, TAG, TIME, Kind
from logstore.model.snapshot import Part, PartRead, RowGroup, Snapshot
from logstore.model.timespan import NS_PER_HOUR, TimeSpan
from logstore.storage.catalog.records import SealedGeneration
from logstore.storage.catalog.sqlite import SqliteCatalog
from logstore.storage.directory import PosixDirectory
from logstore.storage.layout import part_name
from logstore.storage.part.encode import encode_part
from logstore.storage.part.footer import read_part
from logstore.storage.part.shape import compacted_shape
from logstore.storage.settings import CompactionSettings, StorageSettings
from logstore.storage.store import Store
from query.engine import Engine, Request
from query.execution.limits import Limits

_FIELDS = 40
_GROUPS = 60
_START_HOUR = 490_000
_QUESTIONS = (
    ("an hour of a search", "error f3:x", 1),
    ("an hour of a count", "error | count by f3", 1),
    ("a day of a count", "tag:t7 | count by f3", 24),
    ("all times of a search", "error f3:x", None),
    ("all times of a search that no part has", "error nothing:x", None),
    ("all times of groups", "error | count by f3", None),
    ("all times of a number", "* | count", None),
    ("all times of numbers by day", "* | stats count() by bin(1d)", None),
)
_MOST_FILES = 500


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints and writes."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=options.directory) as root:
        figures = {"start_ms": _starting(Path(root), options), "planning_ms": _planning(options)}
    for name, value in figures.items():
        print(f"{name}: {value}", flush=True)
    write({"benchmark": "many_parts", **conditions(), "parts": options.parts, **figures}, options.output)


def _starting(root: Path, options: argparse.Namespace) -> float:
    """Milliseconds until a store with so many parts is open: the median of some."""
    settings = StorageSettings(compaction=CompactionSettings(enabled=False))
    _open(root, settings).close()
    _fill(root, options.parts)
    spent = []
    for _ in range(options.rounds):
        began = time.perf_counter()
        store = _open(root, settings)
        spent.append(time.perf_counter() - began)
        if store.stats().parts != options.parts:
            raise SystemExit("the store does not have all parts")
        store.close()
    return round(statistics.median(spent) * 1000, 1)


def _open(root: Path, settings: StorageSettings) -> Store:
    return Store.open(PosixDirectory(root), decoding(DecodeSettings()), settings, SystemClock())


def _fill(root: Path, parts: int) -> None:
    """Puts parts into the catalog and files beside it, as seals would have done in time."""
    directory, catalog = PosixDirectory(root), None
    content = _content()
    first = Path(directory.path("parts/first"))
    first.write_bytes(content)
    catalog = SqliteCatalog(directory, SystemClock())
    found = read_part(str(first), "", len(content))
    made = [replace(one, bytes=len(content)) for one in synthetic(parts, found)]
    for number, part in enumerate(made, 1):
        path = Path(directory.path(part.path))
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(first, path)
        catalog.commit(SealedGeneration(number, number, number, part.rows, 0, 1, (part,), None))
    first.unlink()
    catalog.close()


def _content() -> bytes:
    rows = np.arange(1, dtype=np.int64)
    columns = [
        Sparse(TIME, Kind.TIME, rows, pa.array([0], pa.timestamp("ns", "UTC"))),
        Sparse(SEQ, Kind.INT, rows, pa.array([1], pa.int64())),
        Sparse(TAG, Kind.TEXT, rows, pa.array(["t"])),
        *(Sparse(f"f{place}", Kind.TEXT, rows, pa.array(["x"])) for place in range(_FIELDS)),
    ]
    return encode_part(batch_from_columns(1, columns), 1, "default", compacted_shape(StorageSettings())).to_pybytes()


def synthetic(count: int, like: Part) -> list[Part]:
    """Parts of an hour each, one after the other, of a few tags each and of three shapes."""
    parts = []
    # Parts of the same columns share them, as those do that a catalog has read.
    shapes = [like.columns[: len(like.columns) - fewer] for fewer in range(3)]
    for place in range(count):
        start = (_START_HOUR + place) * NS_PER_HOUR
        step = NS_PER_HOUR // _GROUPS
        groups = tuple(
            RowGroup(group * 32_768, 32_768, start + group * step, start + (group + 1) * step - 1)
            for group in range(_GROUPS)
        )
        name = part_name("default", _START_HOUR + place, place + 1, f"{place:026d}")
        tags = tuple(f"t{(place * 7 + one) % 50}" for one in range(10))
        parts.append(
            replace(
                like, path=name, generation=place + 1, rows=_GROUPS * 32_768, time_min_ns=start,
                time_max_ns=start + NS_PER_HOUR - 1, seq_min=place * 100 + 1, seq_max=place * 100 + 100, tags=tags,
                columns=shapes[place % 3], row_groups=groups,
            )
        )  # fmt: skip
    return parts


class _PlannedError(Exception):
    """A statement would read files now."""


class _Parts:
    """A source of one store, whose snapshot is a new one each time: events come in between. Has no files."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def snapshot(self) -> nullcontext[Snapshot]:
        """The snapshot."""
        self._snapshot = replace(self._snapshot, seq=self._snapshot.seq + 1)
        return nullcontext(self._snapshot)

    def reading(self, parts: Sequence[Part], _: Callable[[], None]) -> nullcontext[dict[str, str]]:
        """Ends the question when it is planned."""
        if len(parts) > _MOST_FILES:
            raise SystemExit(f"a statement reads {len(parts)} files")
        if parts:
            raise _PlannedError
        return nullcontext({})

    def are_local(self, _: Sequence[Part]) -> bool:
        """They are nowhere."""
        return False

    def unfit(self, _: Sequence[PartRead]) -> Sequence[Part]:
        """Nothing is read."""
        return ()


def _planning(options: argparse.Namespace) -> dict[str, float]:
    content = _content()
    like = read_part(pa.py_buffer(content), "", len(content))
    parts = synthetic(options.parts, like)
    snapshot = Snapshot(10**9, tuple(parts))
    engine = Engine(_Parts(snapshot), Limits(), SystemClock())
    end = parts[-1].time_max_ns + 1
    figures = {}
    for name, text, hours in _QUESTIONS:
        window = TimeSpan(None if hours is None else end - hours * NS_PER_HOUR, end)
        figures[name] = _best(lambda text=text, window=window: _plan(engine, text, window), options.rounds)
    return figures


def _plan(engine: Engine, text: str, window: TimeSpan) -> None:
    """Plans, up to the first file, and gives the answer up."""
    with suppress(_PlannedError), engine.query(Request(text, window)) as answer:
        answer.table()


def _best(work: Callable[[], None], rounds: int) -> float:
    """Milliseconds of the best of some rounds after one that does not count."""
    work()
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        spent.append(time.perf_counter() - began)
    return round(min(spent) * 1000, 2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=int, default=10_000, help="how many (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of each measurement (default: %(default)s)")
    parser.add_argument(
        "--directory", type=Path, help="where the store is made and removed; a temporary one by default"
    )
    parser.add_argument("--output", type=Path, help="file for the result as JSON")
    return parser


if __name__ == "__main__":
    main()
