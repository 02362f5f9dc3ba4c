"""When a question has its turn to plan, and when others have theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from logstore.clock import SystemClock
from logstore.errors import QueryCancelledError, QueryError, StorageError
from query.engine import Engine, Request
from query.execution.limits import Limits
from query.execution.turns import Turns
from query.results import answer as answers
from query.sandbox.door import SqlRequest
from tests.query.sql.laid_down import NOW_NS, Held, batch, in_memory, part

TURNS_S = 3600.0


class _TakenError(Exception):
    """It is somebody's turn."""


@dataclass(slots=True)
class Watched(Held):
    """Notes whether anybody may plan while it is asked."""

    is_free: Callable[[], bool] = bool
    found: list[tuple[str, bool]] = field(default_factory=list)
    is_broken: bool = False

    @contextmanager
    def snapshot(self) -> Iterator:
        """The only one."""
        self.found.append(("snapshot", self.is_free()))
        yield self.held

    @contextmanager
    def reading(self, parts, check) -> Iterator:
        """From afar, perhaps."""
        check()
        if parts:
            self.found.append(("reading", self.is_free()))
            if self.is_broken:
                raise StorageError("out of reach")
        yield {}


@pytest.fixture
def turns() -> Turns:
    """Turns that last until they are ended."""
    return Turns(longest_s=TURNS_S)


@pytest.fixture
def is_free(turns: Turns) -> Callable[[], bool]:
    """Whether it is nobody's turn."""

    def refuse() -> None:
        raise _TakenError

    def look() -> bool:
        try:
            turns.take(refuse).end()
        except _TakenError:
            return False
        return True

    return look


@pytest.fixture
def source(tmp_path: Path, is_free: Callable[[], bool]) -> Watched:
    """A part and a batch."""
    stored = part(tmp_path / "p.parquet", batch([{"n": n, "time": NOW_NS + n} for n in range(5)]))
    head = batch([{"n": n, "time": NOW_NS + n, "_seq": n + 10} for n in range(5)])
    return Watched(in_memory(head, parts=[stored]).held, is_free=is_free)


@pytest.fixture
def engine(source: Watched, turns: Turns, tmp_path: Path) -> Iterator[Engine]:
    """Asks it."""
    made = Engine(source, Limits(threads=1), SystemClock(), None, (str(tmp_path),), turns)
    yield made
    made.close()


def test_a_question_has_its_turn_to_plan(engine: Engine, is_free: Callable[[], bool]) -> None:
    """Until its statement runs, and not again for what comes after."""
    with engine.query(Request("n:>1")) as answer:
        assert not is_free()
        rows = answer.batches()
        next(rows)
        assert is_free()
        list(rows)
    assert is_free()


def test_rows_that_need_no_statement_are_made_in_the_turn(engine: Engine, is_free: Callable[[], bool]) -> None:
    """It ends with the answer."""
    with engine.query(Request("* | count")) as answer:
        assert answer.table().to_pylist() == [{"count": 10}]
        assert not is_free()
    assert is_free()


def test_a_long_answer_is_not_written_in_the_turn(
    engine: Engine, source: Watched, is_free: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reader may be slow, or may never read on."""
    source.held = in_memory(*source.held.head).held
    monkeypatch.setattr(answers, "FEW_ROWS", 2)
    with engine.query(Request("* | count by n")) as answer:
        rows = answer.batches()
        next(rows)
        assert not is_free()
        next(rows)
        assert is_free()


def test_nobody_waits_for_snapshots_and_files(engine: Engine, source: Watched) -> None:
    """They may take long: events are decoded first, files come from object storage and are checked."""
    with engine.query(Request("n:1")) as answer:
        answer.table()
    with engine.query(Request("n:in(n:2 | fields n) | stats sum(n)")) as answer:
        answer.table()
    with engine.sql(SqlRequest("SELECT sum(n) FROM logs")) as answer:
        answer.table()
    engine.fields(Request("*"), lambda _: None)
    assert {what for what, _ in source.found} == {"snapshot", "reading"}
    assert all(free for _, free in source.found)


@pytest.mark.parametrize("text", ["* | cuont", "* | limit 3 | in", "n:in(* | fields n, m)", "* | stats nosuch(n)"])
def test_a_mistake_gives_the_turn_back(engine: Engine, is_free: Callable[[], bool], text: str) -> None:
    """Wherever it is found."""
    with pytest.raises(QueryError):
        engine.query(Request(text)).close()
    with pytest.raises(QueryError):
        engine.sql(SqlRequest(text))
    assert is_free()


def test_what_fails_gives_the_turn_back(engine: Engine, source: Watched, is_free: Callable[[], bool]) -> None:
    """Files that cannot be had, in first steps or later; and an asker who went away before it was begun."""
    source.is_broken = True
    with pytest.raises(StorageError):
        engine.query(Request("n:in(n:>0 | sort m | fields n)"))
    assert is_free()
    with engine.query(Request("n:1")) as answer, pytest.raises(StorageError):
        answer.table()
    assert is_free()
    with pytest.raises(QueryCancelledError):
        engine.query(Request("*"), lambda cancel: cancel())
    assert is_free()


def test_an_answer_that_nobody_reads_gives_the_turn_back_when_it_is_closed(
    engine: Engine, is_free: Callable[[], bool]
) -> None:
    """Also when it was cancelled."""
    answer = engine.query(Request("*"))
    answer.cancel()
    assert not is_free()
    answer.close()
    assert is_free()
