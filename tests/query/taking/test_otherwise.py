"""Where rows cannot be taken one by one statements yield them: the same rows, whatever is in the way."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from logstore.clock import SystemClock
from logstore.errors import LimitExceededError, LogstoreError, QueryCancelledError
from logstore.model.snapshot import Part, PartRead, Snapshot
from logstore.model.timespan import MAX_NS, TimeSpan
from query.engine import Engine, Request
from query.execution.executor import Session
from query.execution.limits import Limits
from query.taking import rows as rows_module
from query.taking import sealed, take
from query.taking.kept import Kept
from tests.query.differential.placement import batch_of
from tests.query.differential.values import Time
from tests.query.sql.laid_down import NOW_NS, Held, batch, engine_of, in_memory, part, read
from tests.query.taking.both_ways import by_statements_alone, the_same, told
from tests.query.taking.laid_out import any_part

PARTS, ROWS, GROUP_ROWS = 3, 40, 10
SECOND = 10**9


@dataclass(slots=True)
class Source(Held):
    """Tells which columns of parts are about to be read; some parts may be far away."""

    reads: list[PartRead] = field(default_factory=list)
    far: set[str] = field(default_factory=set)
    unreached: dict[str, str] = field(default_factory=dict)
    brought: list[str] = field(default_factory=list)

    def reading(self, parts: Sequence[Part], check: Callable[[], None]) -> AbstractContextManager[dict[str, str]]:
        """Those that are far away are brought."""
        check()
        self.brought += [one.path for one in parts if one.path in self.far]
        return nullcontext({one.path: self.unreached[one.path] for one in parts if one.path in self.unreached})

    def are_local(self, parts: Sequence[Part]) -> bool:
        """Whether none of them is far away."""
        return not any(one.path in self.far for one in parts)

    def unfit(self, reads: Sequence[PartRead]) -> Sequence[Part]:
        """The damaged ones, which stay in the snapshot."""
        self.reads += reads
        return [one.part for one in reads if one.part.path in self.damaged]


def _event(n: int, k: int) -> dict[str, object]:
    place = n * ROWS + k
    return {"time": NOW_NS + place * SECOND, "_seq": place + 1, "n": n, "k": k, "message": f"line {k} of {n}"}


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """Three parts one after the other, of four row groups each, and an event in memory that is the newest."""
    parts = [
        part(tmp_path / f"{n}.parquet", batch([_event(n, k) for k in range(ROWS)]), GROUP_ROWS) for n in range(PARTS)
    ]
    return Source(in_memory(batch([_event(PARTS, 0)]), parts=parts).held)


@pytest.fixture
def engine(source: Source) -> Iterator[Engine]:
    """Asks it."""
    with engine_of(source) as engine:
        yield engine


def open_files() -> int:
    """How many files this process has open now."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.fixture(autouse=True)
def _closes_its_files(engine: Engine) -> Iterator[None]:
    """Whatever becomes of a question, its files are closed again."""
    read(engine, "n:0", limit=1)
    before = open_files()
    yield
    assert open_files() <= before


def test_far_too_many_are_left_to_statements(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where so many rows were looked at in vain; fewer in all are looked at to their end."""
    monkeypatch.setattr(take, "MOST_LOOKED_AT", 2 * GROUP_ROWS + 1)
    assert the_same(engine, Request("k:>30", limit=3)).is_taken
    assert not the_same(engine, Request("k:>30", limit=12)).is_taken
    monkeypatch.setattr(take, "MOST_LOOKED_AT", PARTS * ROWS + 1)
    assert the_same(engine, Request("k:>30", limit=12)).is_taken


def test_it_is_seen_early_that_there_are_too_few(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """By how many were found among the first; many are found where there are many."""
    monkeypatch.setattr(take, "MOST_LOOKED_AT", PARTS * ROWS)
    assert the_same(engine, Request("k:>=0", limit=50)).is_taken
    assert not the_same(engine, Request("k:35", limit=50)).is_taken
    lines = engine.analyze(Request("k:35", limit=50, now_ns=NOW_NS)).splitlines()
    (told_line,) = [line for line in lines if "in vain" in line]
    assert ", 3 of 4 row groups in 1 file, " in told_line


def test_huge_rows_are_left_to_statements(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which hand them over bit by bit."""
    monkeypatch.setattr(rows_module, "_MOST_BYTES", 500)
    assert the_same(engine, Request("*", limit=3)).is_taken
    assert not the_same(engine, Request("*", limit=30)).is_taken


def test_huge_columns_are_left_to_statements(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each alone, and all that are needed of a row group together."""
    monkeypatch.setattr(sealed, "_MOST_BYTES", 60)
    assert not the_same(engine, Request("*", limit=12)).is_taken
    assert the_same(engine, Request("*", limit=0)).is_taken


def test_without_the_kernel_there_are_statements(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not built everywhere."""
    monkeypatch.setattr("query.execution.executor.taker", lambda: None)
    assert not the_same(engine, Request("*", limit=5)).is_taken
    monkeypatch.setattr("query.work.taker", lambda: None)
    assert not told(engine, Request("*", limit=5)).is_taken


def test_what_is_far_away_is_left_to_statements(source: Source, engine: Engine) -> None:
    """They bring it, as far as it is needed; what is not needed stays where it is."""
    source.far = {source.held.parts[0].path}
    assert told(engine, Request("*", limit=50)).is_taken
    assert source.brought == []
    assert not the_same(engine, Request("n:0", limit=25)).is_taken
    assert set(source.brought) == source.far


def test_what_cannot_be_reached_is_told(source: Source, engine: Engine) -> None:
    """As a part that is lacking, with the reason."""
    path = source.held.parts[1].path
    source.far, source.unreached = {path}, {path: "the network is down"}
    found = the_same(engine, Request("k:7", limit=5))
    assert not found.is_taken
    assert found.facts.lacking is not None
    assert found.facts.lacking.parts == 1


def test_unfit_parts_are_left_out_and_told(source: Source, engine: Engine) -> None:
    """Also where rows of them were found before: others take their places."""
    source.damaged = {source.held.parts[1].path}
    found = the_same(engine, Request("k:<20", limit=30))
    assert found.is_taken
    assert [row.count("'n': 1") for row in found.rows] == [0] * 30
    assert found.facts.lacking is not None
    assert found.facts.lacking.parts == 1


def test_parts_that_become_unfit_in_the_midst_are_left_out(source: Source, engine: Engine) -> None:
    """What was found in them already is not shown."""
    bad = source.held.parts[2].path

    def unfit(reads: Sequence[PartRead]) -> Sequence[Part]:
        return [one.part for one in reads if one.part.path == bad and "message" in one.columns]

    source_class = type(source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_class, "unfit", lambda _, reads: unfit(reads))
        found = told(engine, Request("k:<3", limit=4))
    assert found.is_taken
    assert sum("'n': 2" in row for row in found.rows) == 0
    assert len(found.rows) == 4
    assert found.facts.lacking is not None
    assert (found.facts.lacking.parts, found.facts.lacking.rows) == (1, ROWS)


def test_what_is_too_old_to_matter_is_not_told(source: Source, engine: Engine) -> None:
    """An answer is whole where the newest rows are enough."""
    *good, bad = reversed(source.held.parts)
    source.held = replace(source.held, parts=tuple(good), unfit=(bad,))
    assert told(engine, Request("*", limit=5)).facts.lacking is None
    assert told(engine, Request("*", limit=200)).facts.lacking is not None
    source.held = replace(source.held, parts=(*good, bad), unfit=())
    source.damaged = {bad.path}
    assert told(engine, Request("*", limit=5)).facts.lacking is None
    assert told(engine, Request("*", limit=200)).facts.lacking is not None


def test_a_file_that_is_gone_is_asked_for_by_statements(source: Source, engine: Engine) -> None:
    """What they say of it is what is said; what was read before is there still."""
    asked = Request("n:1", limit=5)
    before = the_same(engine, asked)
    Path(source.held.parts[1].path).unlink()
    assert told(engine, asked) == before
    with pytest.raises(duckdb.IOException), by_statements_alone(), engine_of(source) as other:
        told(other, asked)
    with pytest.raises(duckdb.IOException), engine_of(source) as other:
        told(other, asked)


def _spoilt(content: bytes, rng: Random) -> bytes:
    """A few bytes of a file are others; it is cut, or something is put at its end."""
    spoilt = bytearray(content)
    for _ in range(rng.choice((1, 3, 20))):
        spoilt[rng.randrange(4, len(spoilt))] = rng.randrange(256)
    match rng.randrange(6):
        case 0:
            del spoilt[rng.randrange(len(spoilt)) :]
        case 1:
            spoilt[-8:-4] = struct.pack("<I", rng.choice((0, 1, len(spoilt), 2**31, 2**32 - 1)))
    return bytes(spoilt)


@pytest.mark.parametrize("seed", range(40))
def test_damage_never_does_more_than_to_statements(seed: int, tmp_path: Path) -> None:
    """Without checksums nobody knows what is damaged: there are rows, or there is an error, and the process lives."""
    rng = Random(f"damage {seed}")
    events = [{"time": Time(NOW_NS + k), "_seq": k, "tag": f"t{k % 3}", "message": f"m {k}", "n": k} for k in range(60)]
    path = tmp_path / "a.parquet"
    made = any_part(events, path, rng)
    sound = path.read_bytes()
    for _ in range(5):
        path.write_bytes(_spoilt(sound, rng))
        with engine_of(Source(Snapshot(99, (made,)))) as engine:
            before = open_files()
            for text in ("*", "n:>30 message:*", "-tag:t1 7 | fields message"):
                with engine.query(Request(text, limit=10)) as answer:
                    _read_if_possible(answer.table)
            assert open_files() <= before + 2


def _read_if_possible(table: Callable[[], pa.Table]) -> None:
    with suppress(duckdb.Error, OSError, LogstoreError):
        table()


@pytest.mark.parametrize("codec", ["none", "snappy", "zstd", "gzip", "lz4"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("encoding", ["dictionary", "PLAIN", "DELTA_BYTE_ARRAY"])
def test_files_of_any_writer_are_read(
    codec: str, version: str, encoding: str, source: Source, engine: Engine, tmp_path: Path
) -> None:
    """What the kernel does not know Arrow reads, once, and it is kept."""
    first = source.held.parts[0]
    table = pq.read_table(first.path)
    path = tmp_path / "other.parquet"
    how = {} if encoding == "dictionary" else {"use_dictionary": False, "column_encoding": {"message": encoding}}
    pq.write_table(table, path, row_group_size=GROUP_ROWS, compression=codec, data_page_version=version, **how)
    source.held = replace(source.held, parts=(replace(first, path=str(path), bytes=path.stat().st_size),))
    for text in ("*", "*ne* k:>3", 'message:"line 7 of 0"'):
        assert the_same(engine, Request(text, limit=9)).is_taken
        assert _bytes_read(engine, text) == 0


def _bytes_read(engine: Engine, text: str, limit: int = 9) -> int:
    told_lines = engine.analyze(Request(text, limit=limit, now_ns=NOW_NS)).splitlines()
    (line,) = [line for line in told_lines if line.endswith("from files")]
    return int(line.split()[0].replace(",", ""))


def test_what_is_asked_again_is_read_no_more(source: Source, engine: Engine) -> None:
    """Neither values nor footers, and nobody is asked whether they are sound."""
    assert _bytes_read(engine, "line n:>0", limit=50) > 0
    source.reads.clear()
    assert _bytes_read(engine, "line n:>0", limit=50) == 0
    assert source.reads == []
    assert _bytes_read(engine, "line n:>0", limit=100) > 0


def test_what_is_kept_is_bounded(source: Source) -> None:
    """With little memory for queries it is read again and again, and the rows are the same."""
    with engine_of(source) as engine:
        kept = engine._executor._kept = Kept(4096)
        for text in ("*", "k:<5", "*ne* n:1", "n:0"):
            assert the_same(engine, Request(text, limit=90)).is_taken
            assert 0 < kept.nbytes <= 4096


def test_threads_ask_at_once(engine: Engine) -> None:
    """They share what is kept, while it is made, and each has the right rows."""
    texts = ("*", "k:<5", "*ne* n:1", "-n:2 5", "n:0 k:>30 | fields message")
    with by_statements_alone():
        expected = {text: told(engine, Request(text, limit=60)).rows for text in texts}
    failures: list[object] = []

    def ask(seed: int) -> None:
        rng = Random(seed)
        for _ in range(25):
            text = rng.choice(texts)
            try:
                found = told(engine, Request(text, limit=60))
            except Exception as error:  # noqa: BLE001 - told by the thread that waits
                failures.append(error)
                return
            if not found.is_taken or found.rows != expected[text]:
                failures.append((text, found))

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


@pytest.mark.parametrize("text", ["*", "k:>3 ne* OR n:1", "line 7 -n:2"])
def test_it_can_be_ended_wherever_it_is(text: str, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """At each of the places where it is asked whether it may go on; the next question is answered."""
    calls = [0, 0]

    def check(_: Session) -> None:
        calls[0] += 1
        if calls[0] == calls[1]:
            raise QueryCancelledError("enough")

    monkeypatch.setattr(Session, "check", check)
    with engine_of(source) as engine:
        expected = told(engine, Request(text, limit=30))
    asked = calls[0]
    assert asked > 5
    with engine_of(source) as engine:
        for place in range(1, asked):
            calls[:] = 0, place
            with pytest.raises(QueryCancelledError), engine.query(Request(text, limit=30)) as answer:
                answer.table()
            engine._executor._kept = Kept(1 << 20)
        calls[:] = 0, 0
        assert told(engine, Request(text, limit=30)) == expected


def test_it_can_be_cancelled_in_the_midst(source: Source, engine: Engine) -> None:
    """By whoever asks, while a part is looked into."""
    with engine.query(Request("k:>50", limit=5)) as answer, pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(source), "unfit", lambda _, __: answer.cancel() or [])
        with pytest.raises(QueryCancelledError):
            answer.table()


def test_it_ends_at_the_deadline(source: Source) -> None:
    """It is asked between two row groups whether the time is over."""
    late = Engine(source, Limits(threads=1, time_s=0.05), SystemClock())
    waiting = threading.Event()
    try:
        with late.query(Request("k:>50", limit=5)) as answer, pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(source), "unfit", lambda _, __: waiting.wait(0.2) or [])
            with pytest.raises(LimitExceededError):
                answer.table()
    finally:
        late.close()


@contextmanager
def _held(*times: int) -> Iterator[Engine]:
    events = [{"time": Time(time), "_seq": place, "tag": "t", "n": place} for place, time in enumerate(times)]
    with engine_of(Source(Snapshot(99, (), (batch_of(events),)))) as engine:
        yield engine


@pytest.mark.parametrize("end", [MAX_NS, -MAX_NS])
def test_times_that_the_database_takes_for_infinite_are_shown(end: int) -> None:
    """A statement loses them; one can go on behind such a row."""
    with _held(end, end, 0) as engine:
        found = told(engine, Request("*", limit=1, window=TimeSpan(None, None)))
        assert found.is_taken
        rows, after = [], None
        while True:
            page = told(engine, Request("* | fields time, n", limit=1, after=after))
            rows += page.rows
            after = page.facts.next
            if after is None:
                break
    assert sorted(rows) == sorted(repr({"time": time, "n": n}) for n, time in enumerate((end, end, 0)))
