"""docs/sql.md says what SQL can do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from logstore.errors import QueryError
from query.sandbox.door import DEFAULT_LIMIT
from query.sandbox.functions import AGGREGATE, SCALAR, TYPES, WINDOW
from query.sandbox.growth import MOST_GROWTH, MOST_PADDING
from tests.query.sandbox.statements import select
from tests.query.sql.laid_down import NOW_NS, events

PAGE = (Path(__file__).parents[3] / "docs" / "sql.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
EXAMPLES = [line for kind, block in BLOCKS if kind == "sql" for line in block.splitlines()]
EXAMPLES += re.findall(r"(?:logstore sql '|query=)(SELECT [^']*)'", PAGE)
MISTAKES = [block for kind, block in BLOCKS if kind == "error"]


def _events():
    """Three of the kind that the examples ask for, two minutes apart."""
    common = {"status": 500, "duration_ms": 12.5, "kubernetes.pod_name": "web-1", "level": "error", "trace_id": "t1"}
    return events(*({"time": NOW_NS - n * 120 * 10**9, "message": "Timeout of user=ann", **common} for n in range(3)))


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_runs(example):
    """Each of them finds something."""
    assert select(_events(), example).rows


@pytest.mark.parametrize("mistake", MISTAKES)
def test_error_is_told_as_shown(mistake):
    """Each error on the page is what its statement gives."""
    with pytest.raises(QueryError) as raised:
        select(_events(), mistake.splitlines()[1].removeprefix("  "))
    assert raised.value.diagram() == mistake.rstrip("\n")


def test_every_block_is_tested():
    """No fenced block is of a kind that no test reads."""
    assert {kind for kind, _ in BLOCKS} == {"sh", "sql", "error"}
    assert len(EXAMPLES) == 9


@pytest.mark.parametrize(
    ("about", "names"), [*SCALAR.items(), ("aggregates, also over windows", AGGREGATE), ("windows", WINDOW)]
)
def test_functions_are_documented(about, names):
    """The table has each function that is allowed, and no other."""
    (row,) = re.findall(rf"^\| {re.escape(about)} \| (.*) \|$", PAGE, re.MULTILINE)
    assert row == " ".join(f"`{name}`" for name in sorted(names))


def test_types_are_documented():
    """Each that can be cast to; lists are shown as they are written."""
    line = re.findall(r"^Values are cast to (.*), by any", PAGE, re.MULTILINE)[0]
    assert set(re.findall(r"`([^`]*)`", line)) == TYPES - {"LIST"} | {"INT[]"}


def test_numbers_are_documented():
    """Those on the page are those in force."""
    assert f"An answer has {DEFAULT_LIMIT:,} rows at most" in PAGE
    assert f"make a text {MOST_GROWTH:,} times as long" in PAGE
    assert f"fill up to {MOST_PADDING:,} characters" in PAGE
