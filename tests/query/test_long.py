"""Questions that must read much, and those that need not and pass them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from logstore.clock import SystemClock
from logstore.errors import OverloadedError, QueryCancelledError
from logstore.model.timespan import TimeSpan
from query.engine import Engine, Request
from query.execution.executor import Executor
from query.execution.limits import Limits
from query.results.answer import Answer
from query.sandbox.door import SqlRequest
from tests.query.sql.laid_down import NOW_NS, Held, batch, engine_of, in_memory, part, read

PARTS, ROWS = 2, 10
LONG_ROWS = PARTS * ROWS - 1


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.002)


@pytest.fixture
def source(tmp_path: Path) -> Held:
    """Two parts, one after the other in time."""
    return in_memory(parts=[part(tmp_path / f"{n}.parquet", batch(_events(n))) for n in range(PARTS)])


def _events(number: int) -> list[dict]:
    first = number * ROWS
    return [
        {"time": NOW_NS + k, "_seq": k + 1, "n": k, "s": f"a{k}", "message": f"line {k}"}
        for k in range(first, first + ROWS)
    ]


def _engine(source: Held, tmp_path: Path, **limits: int) -> Engine:
    made = Limits(**{"threads": 1, "long_rows": LONG_ROWS, "max_waiting": 0, **limits})
    return Engine(source, made, SystemClock(), None, (str(tmp_path),))


@pytest.fixture
def engine(source: Held, tmp_path: Path) -> Iterator[Engine]:
    """Four places; what must read all twenty events is long, and nobody may wait."""
    made = _engine(source, tmp_path)
    yield made
    made.close()


LONG = (
    "* | sort n",
    "* | stats sum(n)",
    "*ine* | count",
    "* | top s",
    "* | facets",
    "* | patterns",
    "* | dedup s | limit 2",
    "* | stats sum(n) by s | join (n:<3 | stats sum(n) by s) on s",
    "n:<3 | join (* | stats sum(n) by s) on s",
    "n:in(n:<5 | fields n) | stats sum(n)",
)
SHORT = (
    "*",
    "n:3",
    "*ine* | limit 3",
    "* | count",
    "* | let m = n + 1 | fields m",
    "* | limit 5 | patterns",
    "n:in(n:<5 | limit 3 | fields n)",
    "n:4 | context 1",
)


def _begun(engine: Engine, text: str, **request: object) -> Answer:
    """An answer whose place is held until it is closed."""
    answer = engine.query(Request(text, **request))
    try:
        next(answer.batches())
    except BaseException:
        answer.close()
        raise
    return answer


@pytest.mark.parametrize("text", LONG)
def test_what_must_read_much_is_long(engine: Engine, text: str) -> None:
    """Whatever its stages are."""
    with _begun(engine, text):
        assert (engine.load.running, engine.load.long) == (1, 1)
    assert (engine.load.running, engine.load.long) == (0, 0)


@pytest.mark.parametrize("text", SHORT)
def test_what_gives_rows_as_they_are_found_or_reads_little_is_not(engine: Engine, text: str) -> None:
    """As are counts that the catalog knows."""
    with _begun(engine, text):
        assert engine.load.long == 0
    assert engine.load.running == 0


def test_a_narrow_window_makes_it_short(engine: Engine) -> None:
    """One of the two parts is left."""
    with _begun(engine, "* | stats sum(n)", window=TimeSpan(NOW_NS + ROWS, None)):
        assert engine.load.long == 0


def test_exports_are_not_long(engine: Engine) -> None:
    """Whoever reads them slowly must not keep others waiting."""
    with _begun(engine, "* | sort n", is_export=True):
        assert (engine.load.running, engine.load.long) == (1, 0)


@pytest.mark.parametrize(
    ("text", "is_long"),
    [
        ("SELECT sum(n) FROM logs", True),
        ("SELECT * FROM logs ORDER BY n LIMIT 3", True),
        ("SELECT DISTINCT s FROM logs", True),
        ("SELECT s FROM logs GROUP BY s", True),
        ("SELECT s FROM logs GROUP BY ALL", True),
        ("SELECT s FROM logs LIMIT 10%", True),
        ("SELECT n, row_number() OVER (ORDER BY s) AS r FROM logs", True),
        ("WITH a AS (SELECT n FROM logs ORDER BY n) SELECT * FROM a", True),
        ("SELECT n FROM logs WHERE n IN (SELECT max(n) FROM logs)", True),
        ("SELECT a.n FROM logs a JOIN logs b ON a.n = b.n", True),
        ("SELECT n FROM logs UNION ALL SELECT n FROM logs", True),
        ("SELECT * FROM logs", False),
        ("SELECT upper(s) AS s FROM logs WHERE n > 3 LIMIT 5", False),
        ("SELECT 1 AS one", False),
    ],
)
def test_sql_is_long_likewise(engine: Engine, text: str, is_long: bool) -> None:  # noqa: FBT001
    """But where its rows come as they are found."""
    with engine.sql(SqlRequest(text)) as answer:
        next(answer.batches())
        assert (engine.load.running, engine.load.long) == (1, int(is_long))


def test_a_short_question_runs_beside_the_long_ones_and_a_third_long_one_waits(source: Held, tmp_path: Path) -> None:
    """Two of four places are all that they get."""
    engine = _engine(source, tmp_path, max_waiting=1)
    told: list[object] = []

    def ask() -> None:
        with engine.query(Request("* | stats max(n) as n")) as answer:
            told.extend(answer.table().to_pylist())

    third = threading.Thread(target=ask)
    with ExitStack() as held:
        first, _ = (held.enter_context(_begun(engine, "* | sort n")) for _ in range(2))
        third.start()
        _until(lambda: engine.load.waiting == 1)
        for _ in range(3):
            with engine.query(Request("n:3 | fields n")) as answer:
                assert answer.table().to_pylist() == [{"n": 3}]
        assert (engine.load.running, engine.load.long, engine.load.waiting, told) == (2, 2, 1, [])
        first.close()
        third.join()
    assert told == [{"n": PARTS * ROWS - 1}]
    assert (engine.load.running, engine.load.long, engine.load.waiting) == (0, 0, 0)
    engine.close()


def test_of_a_single_place_all_wait_alike(source: Held, tmp_path: Path) -> None:
    """There is nothing to leave to others."""
    engine = _engine(source, tmp_path, max_running=1)
    for held, asked in (("* | sort n", "n:3"), ("n:3", "* | sort n")):
        with _begun(engine, held), pytest.raises(OverloadedError):
            _begun(engine, asked)
    engine.close()


def test_a_first_step_that_reads_much_is_long_and_the_rest_is_not(engine: Engine) -> None:
    """The values prune what is read then."""
    with _begun(engine, "* | sort n"), _begun(engine, "* | sort n"):
        with pytest.raises(OverloadedError):
            engine.query(Request("n:in(* | sort s | limit 1 | fields n)"))
        assert engine.load.running == 2
    with engine.query(Request("n:in(* | sort s | limit 1 | fields n)")) as answer:
        assert engine.load.long == 1
        next(answer.batches())
        assert (engine.load.running, engine.load.long) == (1, 0)


def test_what_turns_out_to_be_long_leaves_its_place_until_it_has_one(source: Held, tmp_path: Path) -> None:
    """Its first step was a short one; the second waits for the share of the long ones and nobody waits for it."""
    engine = _engine(source, tmp_path, max_running=2, max_waiting=1)
    answers: list[Answer] = []
    told: list[object] = []

    def ask() -> None:
        answers.append(
            engine.query(Request("n:in(n:<5 | limit 3 | fields n) | join (* | stats sum(n) as m by s) on s"))
        )
        with answers[0] as answer:
            told.append(answer.table().num_rows)

    asking = threading.Thread(target=ask)
    with _begun(engine, "* | sort n"):
        asking.start()
        _until(lambda: engine.load.waiting == 1)
        assert (engine.load.running, told) == (1, [])
        with _begun(engine, "n:3"):
            assert engine.load.running == 2
    asking.join()
    assert (told, engine.load.running, engine.load.long) == ([3], 0, 0)
    engine.close()


@pytest.mark.parametrize("places", [1, 2, 4])
def test_what_turns_out_to_be_long_keeps_its_place_if_it_may(places: int) -> None:
    """It has waited for it, and others who wait would be let in before it."""
    executor = Executor(Limits(threads=1, max_running=places, long_rows=1))
    asking, *others = (executor.session() for _ in range(places))
    for each in (asking, *others):
        each.enter()
    entered = threading.Event()

    def wait() -> None:
        late = executor.session()
        late.enter()
        entered.set()
        late.close()

    waiting = threading.Thread(target=wait)
    waiting.start()
    _until(lambda: executor.admission.load.waiting == 1)
    asking.must_read(2)
    asking.enter()
    load = executor.admission.load
    assert (load.running, load.long, load.waiting, entered.is_set()) == (places, 1, 1, False)
    for each in (asking, *others):
        each.close()
    waiting.join()
    assert (executor.admission.load.running, executor.admission.load.long) == (0, 0)
    executor.close()


def test_who_is_cancelled_while_waiting_once_more_leaves_the_line() -> None:
    """With no place to give back."""
    executor = Executor(Limits(threads=1, max_running=2, long_rows=1))
    long, asking = executor.session(), executor.session()
    long.must_read(2)
    long.enter()
    asking.enter()
    asking.must_read(2)
    told: list[str] = []

    def wait() -> None:
        with pytest.raises(QueryCancelledError):
            asking.enter()
        told.append("gone")

    waiting = threading.Thread(target=wait)
    waiting.start()
    _until(lambda: executor.admission.load.waiting == 1)
    assert executor.admission.load.running == 1
    asking.cancel()
    waiting.join()
    asking.close()
    assert (told, executor.admission.load.waiting, executor.admission.load.running) == (["gone"], 0, 1)
    long.close()
    assert (executor.admission.load.running, executor.admission.load.long) == (0, 0)
    executor.close()


def test_fields_of_much_that_has_rare_ones_are_long(tmp_path: Path) -> None:
    """Else nothing is read for them."""
    rare = batch(_events(0) + _events(1), frozenset(("s",)))
    for source, is_long in ((in_memory(rare), True), (in_memory(batch(_events(0) + _events(1))), False)):
        engine = _engine(source, tmp_path, max_running=2)
        with _begun(engine, "* | stats sum(n)"):
            if is_long:
                with pytest.raises(OverloadedError):
                    engine.fields(Request("*"), lambda _: None)
            else:
                engine.fields(Request("*"), lambda _: None)
        engine.close()


@pytest.mark.parametrize("text", [*LONG, *SHORT])
def test_the_answer_is_the_same(engine: Engine, source: Held, text: str) -> None:
    """However long it is."""
    with engine_of(source) as other:
        assert read(engine, text).rows == read(other, text).rows
