"""What is too old, or too much."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from logstore.model.snapshot import DeletedRows, Deletion, Part, Snapshot
from logstore.model.timespan import NS_PER_HOUR, TimeSpan
from logstore.storage.upkeep.marking import same_in
from logstore.storage.upkeep.retention_plan import YOUNG_NS, Rule, Terms, Why, plan_retention

NOW = 1_000 * NS_PER_HOUR
HOURS = st.integers(0, 1000)


def part(first_h: int, last_h: int, size: int = 100, seq: int = 1, name: str = "") -> Part:
    """A part with events from so many to so many hours."""
    return Part(
        path=name or f"/{first_h}-{last_h}-{size}",
        generation=1,
        rows=10,
        bytes=size - 10,
        time_min_ns=first_h * NS_PER_HOUR,
        time_max_ns=last_h * NS_PER_HOUR,
        seq_min=seq,
        seq_max=seq + 9,
        columns=(),
        has_more=False,
        tags=None,
        row_groups=(),
        index_bytes=10,
    )


def plan(parts, terms, deletions=()):
    """The plan now."""
    return plan_retention(Snapshot(10**6, tuple(parts), deletions=tuple(deletions)), terms, "default", NOW)


def test_nothing_goes_by_default():
    """All is kept for ever."""
    found = plan([part(0, 1), part(900, 999)], Terms())
    assert (found.drops, found.renewals, found.kept_bytes) == ((), (), 200)


def test_parts_go_when_their_youngest_event_is_too_old():
    """One that younger events keep stays, and a deletion takes the older ones out of it a day later."""
    old, straddling, young = part(0, 799), part(100, 901), part(950, 990)
    found = plan([young, straddling, old], Terms(max_age_ns=200 * NS_PER_HOUR))
    assert [(drop.part, drop.why) for drop in found.drops] == [(old, Why.AGE)]
    assert [(one.rule.search, one.window.end_ns) for one in found.renewals] == [("*", NOW - 224 * NS_PER_HOUR)]
    assert found.freed_bytes == 100


def test_the_oldest_parts_go_beyond_the_size_but_no_young_one():
    """By the time of their events; never those of the last hour."""
    parts = [part(990, 1000), part(0, 10), part(20, 30), part(5, 20)]
    found = plan(parts, Terms(max_bytes=250))
    assert [(drop.part.time_max_ns // NS_PER_HOUR, drop.why) for drop in found.drops] == [
        (10, Why.SIZE),
        (20, Why.SIZE),
    ]
    assert found.kept_bytes == 200
    assert len(plan(parts, Terms(max_bytes=1)).drops) == 3


@given(
    st.lists(st.tuples(HOURS, HOURS, st.integers(11, 500)), max_size=12),
    st.none() | HOURS.filter(bool),
    st.none() | st.integers(1, 3000),
)
def test_no_more_goes_than_must(spans, age_h, most):
    """What stays is young enough and small enough, or as young as must stay; one part more would not be."""
    parts = [part(min(a, b), max(a, b), size, name=f"/{at}") for at, (a, b, size) in enumerate(spans)]
    found = plan(parts, Terms(None if age_h is None else age_h * NS_PER_HOUR, most))
    assert sorted(each.path for each in (*found.kept, *(drop.part for drop in found.drops))) == sorted(
        each.path for each in parts
    )
    if age_h is not None:
        assert all(each.time_max_ns >= NOW - age_h * NS_PER_HOUR for each in found.kept)
    by_size = [drop.part for drop in found.drops if drop.why is Why.SIZE]
    if most is not None:
        assert found.kept_bytes <= most or all(each.time_max_ns >= NOW - YOUNG_NS for each in found.kept)
        if by_size:
            assert found.kept_bytes + by_size[-1].bytes + 10 > most
            assert all(each.time_max_ns >= by_size[-1].time_max_ns for each in found.kept)


def test_rules_are_renewed_when_their_window_has_moved_on():
    """Not before a step of time, and not when all that is old enough is covered."""
    terms = Terms(rules=(Rule("r", "tag:x", 100 * NS_PER_HOUR),))
    assert plan([part(899, 999)], terms).renewals != ()
    assert plan([part(900, 999)], terms).renewals == (), "nothing is old enough"

    def made(end_h, seq=1000):
        return Deletion(3, "tag:x", TimeSpan(None, int(end_h * NS_PER_HOUR)), seq, 0, rule="r")

    assert plan([part(800, 999)], terms, [made(899.5)]).renewals == ()
    (renewal,) = plan([part(800, 999)], terms, [made(899)]).renewals
    assert (renewal.older.number, renewal.window.end_ns) == (3, 900 * NS_PER_HOUR)
    assert plan([part(800, 890)], terms, [made(899)]).renewals == (), "all of it is covered"
    assert plan([part(800, 890, seq=5000)], terms, [made(899)]).renewals != (), "it came late"
    (shorter,) = plan([part(800, 890)], terms, [made(950)]).renewals
    assert shorter.window.end_ns == 900 * NS_PER_HOUR, "the rule was made to keep more"


def test_only_what_lies_within_both_deletions_is_known_of_the_newer_one():
    """A newer deletion covers the same rows of a part that lies within both windows and is older than both."""
    older = Deletion(3, "tag:x", TimeSpan(None, 50 * NS_PER_HOUR), 100, 0)
    within, beyond, late = part(0, 49), part(0, 50), part(0, 49, seq=95, name="/late")
    found = [replace(each, deleted=(DeletedRows(3, 0, b""),)) for each in (within, beyond, late)]
    unknown = part(0, 40)
    assert [one.path for one in same_in([*found, unknown], older, TimeSpan(None, 60 * NS_PER_HOUR))] == [within.path]
    assert same_in(found, older, TimeSpan(None, 40 * NS_PER_HOUR)) == []
