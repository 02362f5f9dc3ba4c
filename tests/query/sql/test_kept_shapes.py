"""Shapes that are kept: the same as those found out anew, of the right texts and pieces, and not too many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from logstore.model.batch import EventBatch
from logstore.model.schema import Column
from logstore.model.snapshot import Snapshot
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.lang.parse import parse
from query.plan import logical
from query.plan.lower import lower
from query.plan.portions import NOTHING
from query.plan.pruning import Pruning
from query.plan.rules import optimise
from query.sql.compile import Compiled, Extent, compile_plan
from query.sql.kept_shapes import MOST_SHAPES, KeptShapes
from tests.query.sql.laid_down import NOW_NS, batch

EXTENT = Extent(most_rows=1001, portion=NOTHING, is_addressed=True)
HOUR = TimeSpan(NOW_NS - 10**9, NOW_NS + 3600 * 10**9)
LATER = TimeSpan(NOW_NS, NOW_NS + 3601 * 10**9)

TEXTS = (
    "*",
    "n:1 s:a*",
    "nosuch:1",
    "* | count",
    "* | count by bin(1m), s",
    "* | stats avg(n) as mean, rate() as r by bin(1m) | sort -mean | limit 3",
    "* | top 3 s | fields s",
    "* | let d = n / 2 | where d > 0 | rename d as e | drop s",
    '* | parse "x=<x:number>" | stats max(x)',
    "* | logfmt | dedup s",
    "time:15m | where n > nosuch",
)


def _plan(text: str, window: TimeSpan = EVERYTHING, now_ns: int = NOW_NS) -> logical.Plan:
    return optimise(lower(parse(text), now_ns, window))


def _pruning(batches: Sequence[EventBatch]) -> Pruning:
    return Pruning(Snapshot(99, (), tuple(batches)))


def _shape(kept: KeptShapes, text: str, batches: Sequence[EventBatch], window: TimeSpan = EVERYTHING) -> Compiled:
    return kept.shape(text, _plan(text, window), _pruning(batches), EXTENT)


def _told(made: Compiled) -> tuple[object, ...]:
    """All of it but the statements; of those that count failures, whether there is one."""
    same = ("output", "tables", "notices", "pruned", "reads", "lacking", "gathers", "most_rows", "steps", "known")
    return (*(getattr(made, name) for name in same), made.failures_sql is None)


def _events() -> EventBatch:
    return batch([{"n": 1, "s": "a", "message": "x=1"}, {"n": 2.5, "message": "y=2"}, {"s": True}])


@pytest.mark.parametrize("text", TEXTS)
def test_a_kept_shape_is_that_of_the_plan(text: str) -> None:
    """Asked again, of another window at another time and of other events with the same columns, it tells the same."""
    kept, first, again = KeptShapes(), _events(), _events()
    assert _told(_shape(kept, text, [first])) == _told(compile_plan(_plan(text), _pruning([first]), EXTENT))
    assert len(kept) == 1
    for batches, window in (([first], HOUR), ([again], EVERYTHING), ([again], HOUR)):
        plan = _plan(text, window)
        expected = compile_plan(plan, _pruning(batches), EXTENT)
        assert _told(kept.shape(text, plan, _pruning(batches), EXTENT)) == _told(expected)


def test_a_shape_is_found_again_whatever_the_window() -> None:
    """Dashboards move on; batches that came since have columns of their own, which are the same."""
    kept = KeptShapes()
    first = _shape(kept, "* | count by s", [_events()], HOUR)
    assert _shape(kept, "* | count by s", [_events()], LATER).output is first.output
    assert len(kept) == 1


def test_other_columns_make_another_shape() -> None:
    """A field that comes, or gets another kind, is there at once; so are fields that came without a column."""
    kept = KeptShapes()
    others = [
        batch([{"n": 1}]),
        batch([{"n": "one"}]),
        batch([{"m": 1}]),
        batch([{"n": 1, "rare": 2}], more=frozenset({"rare"})),
    ]
    for several in (*([one] for one in others), others, others[:2], others[1::-1]):
        expected = compile_plan(_plan("* | fields n, rare"), _pruning(several), EXTENT)
        assert _told(_shape(kept, "* | fields n, rare", several)) == _told(expected)
    assert len(kept) == len(others) + 3


def test_places_in_a_text_are_those_of_that_text() -> None:
    """Two texts of one meaning have their mistakes at different places."""
    kept = KeptShapes()
    for text in ("nosuch:1", "   nosuch:1"):
        (notice,) = _shape(kept, text, [_events()]).notices
        assert notice.span is not None
        assert text[notice.span.start : notice.span.end].startswith("nosuch")


@pytest.mark.parametrize(
    "text",
    [
        "n:in(* | stats max(n))",
        "* | union (* | fields s)",
        "* | join (* | fields s, n) on s",
        "* | facets",
        "* | patterns",
    ],
)
def test_what_reads_more_than_its_own_events_is_not_kept(text: str) -> None:
    """A query inside a query, and stages that run statements of their own, have more to them than columns."""
    kept = KeptShapes()
    plan = _plan(text)
    expected = compile_plan(plan, _pruning([_events()]), EXTENT)
    assert kept.shape(text, plan, _pruning([_events()]), EXTENT).output == expected.output
    assert len(kept) == 0


def test_rows_of_a_part_of_the_window_are_not_kept() -> None:
    """Pages and tails ask for a few events."""
    kept = KeptShapes()
    for extent in (replace(EXTENT, window=HOUR), replace(EXTENT, after_seq=1)):
        kept.shape("*", _plan("*"), _pruning([_events()]), extent)
    assert len(kept) == 0


def test_what_is_kept_is_bounded() -> None:
    """However many texts come, the last ones are kept; and however many batches, the shapes are right."""
    kept, events = KeptShapes(), _events()
    for number in range(MOST_SHAPES + 20):
        _shape(kept, f"id:{number}", [events])
    assert len(kept) == MOST_SHAPES
    columns: list[tuple[Column, ...]] = []
    for number in range(1100):
        one = replace(events, columns=(*events.columns[:-1], replace(events.columns[-1], field=f"f{number}")))
        columns.append(one.columns)
        found = _shape(kept, f"f{number}:1 | fields f{number}", [one])
        assert [column.field for column in found.output.columns] == [f"f{number}"]
    assert len(kept) <= MOST_SHAPES
