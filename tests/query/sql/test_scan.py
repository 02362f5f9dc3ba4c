"""Tests of query.sql.scan: what batches in memory are read as."""

from __future__ import annotations

from dataclasses import replace

import pytest

from logstore.model.batch import EventBatch
from logstore.model.schema import DICTIONARY_TYPE
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.lang.parse import parse
from query.plan.lower import lower
from query.plan.pruning import Pruning
from query.plan.rules import optimise
from query.sql.compile import Compiled, compile_plan
from tests.query.sql.laid_down import NOW_NS, batch, engine_of, in_memory, read

ROWS = 3
NS = 10**9


def _batch(number: int, **more: object) -> EventBatch:
    first = number * ROWS
    times = ({"time": NOW_NS + (first + k) * NS, "_seq": first + k + 1} for k in range(ROWS))
    return batch(
        [{**each, "tag": f"t{number}", "n": first + k, "message": "m", **more} for k, each in enumerate(times)]
    )


def _with_dictionary(one: EventBatch) -> EventBatch:
    place = one.table.schema.get_field_index("tag")
    return replace(one, table=one.table.set_column(place, "tag", one.table.column("tag").cast(DICTIONARY_TYPE)))


def _compiled(batches: list[EventBatch], text: str, window: TimeSpan = EVERYTHING) -> Compiled:
    return compile_plan(optimise(lower(parse(text), NOW_NS, window)), Pruning(in_memory(*batches).held))


def test_batches_with_the_same_columns_are_one_table() -> None:
    """However many there are, in one SELECT; only the columns that are asked for count."""
    batches = [_batch(0), _batch(1, other="x"), _batch(2, another=1.5)]
    assert len(_compiled(batches, "* | stats sum(n) by tag").tables) == 1
    assert len(_compiled(batches, "* | count by other").tables) == 2
    assert _compiled(batches, "* | stats sum(n) by tag").tables[0].arrow().num_rows == 3 * ROWS


def test_batches_that_the_window_cuts_are_a_table_of_their_own() -> None:
    """Only their times are compared with it."""
    window = TimeSpan(NOW_NS + NS, None)
    compiled = _compiled([_batch(0), _batch(1), _batch(2)], "* | stats sum(n) by tag", window)
    assert [table.arrow().num_rows for table in compiled.tables] == [ROWS, 2 * ROWS]


@pytest.mark.parametrize(
    "text", ["* | fields n, tag, other", "t1 OR tag:t3 | fields n, tag", "* | count by tag, other"]
)
def test_the_rows_are_those_of_all_batches(text: str) -> None:
    """As from one batch that holds all of them: with texts of either type, and columns that some lack."""
    single = [
        {"time": NOW_NS + k * NS, "_seq": k + 1, "tag": f"t{k // ROWS}", "n": k, "message": "m"} for k in range(12)
    ]
    whole = [{**each, "other": "x"} if each["n"] // ROWS == 1 else each for each in single]
    batches = [_batch(0), _batch(1, other="x"), _with_dictionary(_batch(2)), _with_dictionary(_batch(3))]
    with engine_of(in_memory(batch(whole))) as one, engine_of(in_memory(*batches)) as several:
        expected, found = read(one, text), read(several, text)
    assert found.columns == expected.columns
    assert sorted(map(str, found.rows)) == sorted(map(str, expected.rows))
    assert found.rows
