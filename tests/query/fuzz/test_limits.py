"""Legal questions that ask for too much: each ends, and the engine serves the next one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest

from logstore.clock import SystemClock
from logstore.errors import LimitExceededError
from query.engine import Engine
from query.execution.limits import Limits
from tests.query.fuzz.outcome import outcome
from tests.query.sql.laid_down import batch, in_memory, part

ROWS = 6_000
_MUCH_MEMORY = 1 << 30

GREEDY = {
    "join on a constant": "* | let k = 1 | join (* | let k = 1 | fields k, message) on k | count",
    "sort of everything": "* | sort message, id | limit 9000000",
    "distinct of ids": "* | stats exact_distinct(id), distinct(message), values(id, 1000000000)",
    "a session for each event": "* | sessions id gap 1s",
    "patterns of random words": "* | patterns",
    "texts doubled in a hundred steps": "* | let x0 = message, "
    + ", ".join(f"x{n} = concat(x{n - 1}, x{n - 1})" for n in range(1, 100))
    + " | stats max(len(x99))",
    "texts put into texts": '* | let a = replace(message, " ", message), b = replace(a, " ", message)'
    " | stats max(len(b))",
    "long texts put in often": '* | let a = replace(message, "1", "' + "a" * 60_000 + '") | stats max(len(a))',
    "pieces of pieces": '* | let a = split(message, ""), b = split(a, ""), c = split(b, "") | stats max(len(c))',
    "many regular expressions": "* | where " + " or ".join(f'message ~ "{n:x}.*z"' for n in range(600)) + " | count",
    "a state machine of many states": '~"[a-f].{0,60}[a-f].{0,60}z"',
    "a value of thousands": "id:(" + ",".join(f"{n:x}" for n in range(3_000)) + ") | count",
    "fifty places": '* | parse "' + "".join(f"<a{n}>{n % 10}" for n in range(50)) + '" | stats max(a49)',
    "all that there is, twice": "* | union (* | union (* | union (*))) | sort message | limit 200000",
    "many histograms": "* | stats " + ", ".join(f"histogram(n * {n}) as h{n}" for n in range(1, 20)),
    "a percentile for each id": "* | stats " + ", ".join(f"p50(n * {n}) as h{n}" for n in range(1, 30)) + " by id",
    "a long expression": "* | let x = " + "n ?? " * 500 + "1 | stats max(x)",
}


def _events(rng: Random) -> list[dict[str, object]]:
    words = [f"{rng.getrandbits(48):x}" for _ in range(3_000)]
    return [
        {"message": " ".join(rng.choices(words, k=20)), "n": n, "id": f"{rng.getrandbits(64):x}", "_seq": n + 1}
        for n in range(ROWS)
    ]


@pytest.fixture(scope="module")
def spilling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what does not fit into memory goes."""
    return tmp_path_factory.mktemp("spilled")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, spilling: Path) -> Iterator[Engine]:
    """An engine with little of everything, over random words in a file and in memory."""
    events = _events(Random(1))
    stored = part(tmp_path_factory.mktemp("store") / "a.parquet", batch(events[: ROWS // 2]))
    source = in_memory(batch(events[ROWS // 2 :]), parts=[stored])
    limits = Limits(0.5, threads=1, memory_bytes=64 << 20, temp_directory=str(spilling), max_rows=20_000)
    engine = Engine(source, limits, SystemClock())
    yield engine
    engine.close()


@pytest.mark.parametrize("text", GREEDY.values(), ids=GREEDY)
def test_who_asks_for_too_much_is_stopped_and_nobody_else(text: str, engine: Engine, spilling: Path):
    """Rows or a limit that says what to do; then the next question is answered, and nothing is left on the disk."""
    result = outcome(engine, text)
    if not isinstance(result, pa.Table):
        assert isinstance(result, LimitExceededError)
        assert result.hint
    assert outcome(engine, "* | count").to_pylist() == [{"count": ROWS}]
    assert not list(spilling.iterdir())


def test_memory_does_not_grow_with_what_was_refused(engine: Engine):
    """After many such questions the process holds hardly more than after a few, and at no time much more."""
    questions = [text for name, text in GREEDY.items() if "text" in name or "pieces" in name]
    for text in questions:
        outcome(engine, text)
    before = _resident()
    for _ in range(3):
        for text in questions:
            outcome(engine, text)
            assert _resident() - before < _MUCH_MEMORY


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096
