"""Runs the scripts of `tests/scripts` against everything that can be asked."""

from __future__ import annotations

import json
import math
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from logstore.errors import QueryError
from tests.scripts.askers import ASKERS, Asker
from tests.scripts.records import read_records, read_time
from tests.scripts.script import Block, read_script

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.logtest"))
NOTICE = "notice: "


@pytest.mark.parametrize("kind", sorted(ASKERS))
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_reads_as_it_runs(script: Path, kind: str, tmp_path: Path):
    """Every query of a script gives the rows, the remarks or the error that stand below it."""
    with closing(ASKERS[kind](tmp_path)) as asker:
        faults = [fault for block in read_script(script) if (fault := _fault(asker, block))]
    assert not faults, "\n\n".join(f"{script.name}, {fault}" for fault in faults)


def _fault(asker: Asker, block: Block) -> str | None:
    """What is wrong with the answer to a block; None when nothing is."""
    if block.verb == "now":
        asker.now = read_time(block.text)
        return None
    if block.verb == "load":
        asker.load(read_records(block.lines, asker.loaded))
        return None
    if block.verb == "error" and not asker.knows_columns:
        return None
    got, expected = _asked(asker, block), list(block.lines)
    if _agree(got, expected, asker):
        return None
    return "\n".join([f"line {block.line}: {block.text}", "expected:", *expected, "got:", *got])


def _asked(asker: Asker, block: Block) -> list[str]:
    """The answer as a script would write it."""
    try:
        reply = asker.ask(block.text)
    except QueryError as error:
        return error.diagram().split("\n")
    rows = [json.dumps(row, ensure_ascii=False) for row in reply.rows]
    return rows + [NOTICE + notice for notice in reply.notices]


def _agree(got: list[str], expected: list[str], asker: Asker) -> bool:
    if not asker.knows_columns:
        expected = [line for line in expected if not line.startswith(NOTICE)]
    return len(got) == len(expected) and all(map(_same_line, got, expected))


def _same_line(got: str, expected: str) -> bool:
    if got == expected:
        return True
    if not (got.startswith("{") and expected.startswith("{")):
        return False
    return _same(json.loads(got), json.loads(expected))


def _same(got: Any, expected: Any) -> bool:
    """Equal in type, in order of keys, and in value but for the last digits of floats."""
    if type(got) is not type(expected):
        return False
    if isinstance(got, float):
        return math.isclose(got, expected, rel_tol=1e-9) or (math.isnan(got) and math.isnan(expected))
    if isinstance(got, dict):
        return list(got) == list(expected) and all(_same(got[key], expected[key]) for key in got)
    if isinstance(got, list):
        return len(got) == len(expected) and all(map(_same, got, expected))
    return bool(got == expected)


def test_a_block_of_an_unknown_kind_is_refused(tmp_path: Path):
    """A misspelt first word is told with its place, instead of being read as nothing."""
    path = tmp_path / "odd.logtest"
    path.write_text('load\n{"time": "2026-11-22"}\n\n# remark\nqueri *\n----\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"odd\.logtest, line 5"):
        read_script(path)


def test_a_script_says_where_its_blocks_are(tmp_path: Path):
    """Queries may run over lines, and every block knows its first."""
    path = tmp_path / "one.logtest"
    path.write_text("# remark\n\nquery *\n| count\n----\n", encoding="utf-8")
    assert read_script(path) == [Block("query", "*\n| count", (), 3)]
