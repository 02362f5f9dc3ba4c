"""Pruning leaves out what cannot hold an answer, says why, and never more than that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from logstore.model.schema import FIXED_COLUMNS, Column, Kind
from logstore.model.snapshot import Part, RowGroup, Snapshot
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.lang.parse import parse
from query.plan.demand import Demand, demand_of, demand_of_scan
from query.plan.expressions import FALSE, FieldRef, NumberTest, Or, TextTest
from query.plan.lower import lower
from query.plan.prune import Bounds, Pruned, Reason, Search, covered, prune, untested

PART = Part(
    path="/p",
    generation=1,
    rows=10,
    bytes=100,
    time_min_ns=100,
    time_max_ns=199,
    seq_min=1,
    seq_max=10,
    columns=(*FIXED_COLUMNS, Column("n", "n", Kind.INT), Column("s", "s", Kind.TEXT)),
    has_more=False,
    tags=("a", "b"),
    row_groups=(RowGroup(0, 5, 100, 150), RowGroup(5, 5, 151, 199)),
)
ALL = Bounds(EVERYTHING, seq=100)


def _pruned(text: str, part: Part = PART, bounds: Bounds = ALL) -> Pruned:
    return prune(Snapshot(100, (part,)), bounds, Search(demand_of_scan(lower(parse(text), 0, EVERYTHING))))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tag:c", Reason.TAG),
        ("tag:(c, d)", Reason.TAG),
        ("absent:5", Reason.FIELD),
        ("absent:*", Reason.FIELD),
        ("n:text", Reason.KIND),
        ("* | where s == true", None),
        ("s:>5", None),
        ('n:"5"', Reason.KIND),
        ("n:5 absent:1", Reason.FIELD),
        ("absent:1 OR gone:2", None),
        ("absent:1 OR absent:2", Reason.FIELD),
        ("tag:a absent:1 OR tag:c", None),
        ("tag:c OR tag:d", Reason.TAG),
        ("tag:a", None),
        ("-tag:a", None),
        ("-absent:5", None),
        ("tag:a*", None),
        ("n:5*", None),
        ("* | where absent is null", None),
        ("* | where absent != 5", Reason.FIELD),
        ("* | where not (absent == 5)", None),
        ("*", None),
    ],
)
def test_reasons(text: str, reason: Reason | None) -> None:
    """Each kind of condition, and those from which nothing follows."""
    pruned = _pruned(text)
    assert dict(pruned.reasons) == ({} if reason is None else {reason: 1})
    assert pruned.parts == ((PART,) if reason is None else ())
    assert pruned.within == (PART,)


@pytest.mark.parametrize(
    ("window", "kept"),
    [(TimeSpan(199, None), 1), (TimeSpan(200, None), 0), (TimeSpan(None, 100), 0), (TimeSpan(None, 101), 1)],
)
def test_windows_are_half_open(window: TimeSpan, kept: int) -> None:
    """A part whose last event is at the window's start is in, one whose first is at its end is not."""
    pruned = _pruned("*", bounds=Bounds(window, 100))
    assert len(pruned.parts) == kept
    assert pruned.row_groups == (kept, 2)


def test_sequence_numbers_bound_what_is_seen() -> None:
    """Parts beyond the snapshot, and for a tail those already seen, are left out."""
    assert not _pruned("*", bounds=Bounds(EVERYTHING, seq=0)).parts
    assert not _pruned("*", bounds=Bounds(EVERYTHING, 100, after_seq=10)).parts
    assert _pruned("*", bounds=Bounds(EVERYTHING, seq=1)).parts
    assert _pruned("*", bounds=Bounds(EVERYTHING, 100, after_seq=9)).parts


def test_what_is_in_more_or_unknown_prunes_nothing() -> None:
    """Any field may be in `_more`, and many tags are not listed."""
    assert _pruned("absent:5", replace(PART, has_more=True)).parts
    assert _pruned("tag:c", replace(PART, tags=None)).parts
    assert not _pruned('n:"5"', replace(PART, has_more=True)).parts


def test_covered_pieces_need_no_bounds() -> None:
    """Only when every event of the piece is inside all of them."""
    assert covered(PART, ALL)
    assert covered(PART, Bounds(TimeSpan(100, 200), 10, 0))
    for bounds in (
        Bounds(TimeSpan(101, None), 10),
        Bounds(TimeSpan(None, 199), 10),
        Bounds(EVERYTHING, 9),
        Bounds(EVERYTHING, 10, 1),
    ):
        assert not covered(PART, bounds)


def test_only_bounds_that_some_event_may_pass_are_tested() -> None:
    """Each of them on its own, so that no column is read for what is known."""
    other = replace(PART, time_min_ns=90, seq_max=12)
    inside = Bounds(TimeSpan(100, 200), 12, 0)
    assert untested([PART, PART], inside) == Bounds(EVERYTHING, None)
    assert untested([PART, other], inside) == Bounds(TimeSpan(100, None), None)
    assert untested([PART, other], replace(inside, seq=10)) == Bounds(TimeSpan(100, None), 10)
    assert untested([PART], Bounds(TimeSpan(None, 199), 10, 1, (5,))) == Bounds(TimeSpan(None, 199), None, 1, (5,))


def test_demands_of_either_or() -> None:
    """Only what both sides demand remains, of kinds that either allows."""
    number = NumberTest(FieldRef("n"), "==", 5, read_text=False)
    assert demand_of(Or((number, TextTest(FieldRef("n"), "==", "5")))).kinds == {
        "n": {Kind.INT, Kind.UINT, Kind.FLOAT, Kind.TEXT, Kind.JSON}
    }
    assert demand_of(FALSE).never
    assert demand_of(Or((FALSE, number))) == demand_of(number)
    assert demand_of(Or((number, TextTest(FieldRef("tag"), "==", "x")))) == Demand()
