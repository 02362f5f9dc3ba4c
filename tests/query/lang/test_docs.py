"""docs/language.md says what the language does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from logstore.errors import QueryError
from query.execution.context_step import MOST_MATCHES
from query.lang import limits
from query.lang.functions import AGGREGATES, FUNCTIONS, PERCENTILE, Function
from query.lang.parse import parse
from query.lang.stages import STAGES
from query.lang.unparse import unparse

PAGE = (Path(__file__).parents[3] / "docs" / "language.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
EXAMPLES = [line for kind, block in BLOCKS if kind == "query" for line in block.splitlines()]
MISTAKES = [block for kind, block in BLOCKS if kind == "error"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_parses(example):
    """Each example is a query, and its canonical text means the same."""
    assert parse(unparse(parse(example))) == parse(example)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_error_is_told_as_shown(mistake):
    """Each error on the page is what its query gives."""
    with pytest.raises(QueryError) as raised:
        parse(mistake.splitlines()[1].removeprefix("  "))
    assert raised.value.diagram() == mistake.rstrip("\n")


def test_every_block_is_tested():
    """No fenced block is of a kind that no test reads."""
    assert {kind for kind, _ in BLOCKS} == {"query", "error"}


@pytest.mark.parametrize("function", [*FUNCTIONS.values(), *AGGREGATES.values(), PERCENTILE], ids=lambda f: f.name)
def test_function_is_documented(function: Function):
    """Each function and aggregate has its row, as the table of functions has it."""
    usage = " or ".join(f"`{form}`" for form in function.usage.split(" or "))
    assert f"| {usage} | {function.gives.value} | {function.summary} |" in PAGE


def test_stages_are_documented():
    """The table of stages has a row for each of them, and for no other."""
    rows = re.findall(r"^\| `(\w+) .*?` \|", PAGE.split("## Stages")[1].split("## ")[0], re.MULTILINE)
    assert rows == list(STAGES)


def test_limits_are_documented():
    """The limits on the page are those in force."""
    assert f"at most {limits.MAX_CHARACTERS:,} characters" in PAGE
    assert f"at most {limits.MAX_DEPTH} deep" in PAGE
    assert f"at most {limits.MAX_QUERIES} queries" in PAGE
    assert f"{limits.MAX_CONTEXT:,} lines before and after" in PAGE
    assert f"the first {MOST_MATCHES:,} rows" in PAGE
    assert f"on at most {limits.MAX_JOIN_FIELDS} fields" in " ".join(PAGE.split())
