"""Tests of query.sql.flat: what scans and filters come to is one SELECT, of the same rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from logstore.model.timespan import EVERYTHING
from query.lang.parse import parse
from query.plan.lower import lower
from query.plan.pruning import Pruning
from query.plan.rules import optimise
from query.sql.compile import compile_plan
from query.sql.flat import Flat
from query.sql.statement import Statement
from tests.query.sql.laid_down import NOW_NS, batch, engine_of, in_memory, part, read

_FLAT = Flat("t AS r1", {"f1": 'r1."a"', "f2": "NULL::BIGINT"}, ("n < 3",), is_typed=True)

_EVENTS = [
    {"time": NOW_NS + k, "_seq": k + 1, "tag": f"t{k % 2}", "message": f"f{k} o'{k}", "n": k, "f1": "x", "O37": f"{k}"}
    for k in range(6)
]
"""Fields and texts that look like names of ours."""

_QUERIES = [
    "*",
    "tag:t1 n:<5",
    'message:"f3 o\'3"',
    "f1:x O37:4",
    "O37:3 | fields O37, n",
    "n:* | rename n as f2 | fields f2, time",
    "absent:x",
    "n:in(tag:t1 | fields n)",
    "tag:t1 | let m = n + 1 | where m > 2",
]


def test_conditions_are_in_terms_of_the_table() -> None:
    """Names of columns are put in, and nothing that stands in quotes."""
    found = _FLAT.where("f1 = 'f1 o''f2' AND \"f1\" = f2")
    assert found is not None
    assert found.select("f2 AS o1", " ORDER BY f1") == (
        "SELECT NULL::BIGINT AS o1 FROM t AS r1 WHERE n < 3 AND (r1.\"a\" = 'f1 o''f2' AND \"f1\" = NULL::BIGINT)"
        ' ORDER BY r1."a"'
    )


def test_what_looks_at_other_relations_is_not_flat() -> None:
    """They would have to be named before."""
    assert _FLAT.where("f1 IN (SELECT x9 FROM r7)") is None
    assert _FLAT.where("f1 IN (SELECT x FROM y)") is not None


def test_a_relation_stays_one_beside_what_it_is_flat() -> None:
    """Statements that do more than select of it find it under its name."""
    statement = Statement()
    scanned = statement.define("SELECT a AS f1 FROM t")
    statement.flat[scanned] = Flat("t AS r1", {"f1": "r1.a"}, (), is_typed=True)
    kept = statement.narrow(scanned, "f1 > 3")
    assert statement.select("f1", kept) == "SELECT r1.a FROM t AS r1 WHERE (r1.a > 3)"
    assert statement.render(f"SELECT count(*) FROM {kept}").count("NOT MATERIALIZED") == len(statement.relations)
    wider = statement.define(f"SELECT *, f1 + 1 AS x1 FROM {kept}")
    assert statement.select("x1", wider).startswith("WITH ")


@pytest.mark.parametrize("text", _QUERIES)
def test_rows_of_a_flat_statement_are_those_of_one_that_is_not(text: str, tmp_path: Path) -> None:
    """A part alone is read by a flat one; one beside a batch of other columns is not."""
    single = in_memory(parts=[part(tmp_path / "a.parquet", batch(_EVENTS), 3)])
    halves = [part(tmp_path / "b.parquet", batch(_EVENTS[:3]), 3)]
    several = in_memory(batch(_EVENTS[3:]), parts=halves)
    with engine_of(single) as one, engine_of(several) as two:
        found, expected = read(one, text), read(two, text)
    assert found.columns == expected.columns
    assert found.rows == expected.rows


def test_rows_of_one_file_are_one_select(tmp_path: Path) -> None:
    """Stages that do more to them build on the relations of the scan."""
    held = in_memory(parts=[part(tmp_path / "a.parquet", batch(_EVENTS), 3)]).held

    def sql(text: str) -> str:
        return compile_plan(optimise(lower(parse(text), NOW_NS, EVERYTHING)), Pruning(held)).sql

    assert sql("tag:t1 n:<5 | fields n").startswith("SELECT ")
    assert sql("* | count by tag").startswith("WITH ")
