"""Which parts are merged."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.model.snapshot import Part
from logstore.model.timespan import NS_PER_DAY, NS_PER_HOUR, NS_PER_SECOND
from logstore.storage.upkeep.compaction_plan import SMALL_SHARE, CompactionRules, Level, Merge, Reason, is_over, plan

RULES = CompactionRules(part_rows=1000, part_bytes=100_000, day_rows=50, many_parts=8, most_parts=20, settle_s=900)
NOON_NS = 20_000 * NS_PER_DAY + 12 * NS_PER_HOUR
LATER_NS = NOON_NS + 100 * NS_PER_DAY
_names = count()


def part(rows: int, start_ns: int = NOON_NS, span_ns: int = 10, level: int = 0, **fields: object) -> Part:
    """A part with so many rows and times."""
    made = Part(
        path=f"p{next(_names):06d}", generation=1, rows=rows, bytes=rows * 50, time_min_ns=start_ns,
        time_max_ns=start_ns + span_ns, seq_min=1, seq_max=1, columns=(), has_more=False, tags=None, row_groups=(),
        level=level,
    )  # fmt: skip
    return replace(made, **fields)


@dataclass(frozen=True)
class Rewritten:
    """A part, and how often each of its rows was rewritten: for so many rows so often."""

    part: Part
    times: Counter[int]


def merged(merge: Merge, of: dict[str, Rewritten]) -> list[Rewritten]:
    """What comes of a merge, as `merging` cuts it: days of enough rows for themselves, others together."""
    rows, times = merge.rows, Counter[int]()
    for one in merge.parts:
        times.update({again + 1: rows for again, rows in of[one.path].times.items()})
    start = min(one.time_min_ns for one in merge.parts)
    end = max(one.time_max_ns for one in merge.parts)
    pieces = -(-rows // (RULES.part_rows + RULES.part_rows // SMALL_SHARE))
    if merge.reason is Reason.MIXED:
        pieces = max(1, min(rows // RULES.day_rows, len(merge.parts) // 2 + 1))
    step = (end - start) // pieces
    shares = [rows * (place + 1) // pieces - rows * place // pieces for place in range(pieces)]
    return [
        Rewritten(part(share, start + place * step, step, merge.level, tenant=merge.parts[0].tenant), times)
        for place, share in enumerate(shares)
    ]


def run_to_end(parts: Sequence[Part], now_ns: int, most_merges: int = 1000) -> list[Rewritten]:
    """Plans and merges until nothing is planned any more; checks what holds for every plan."""
    known = {one.path: Rewritten(one, Counter({0: one.rows})) for one in parts}
    for _ in range(most_merges):
        merges = plan([one.part for one in known.values()], now_ns, RULES)
        check(merges, known)
        if not merges:
            return list(known.values())
        made = merged(merges[0], known)
        for one in merges[0].parts:
            del known[one.path]
        known |= {one.part.path: one for one in made}
    raise AssertionError("planning does not end")


def check(merges: Sequence[Merge], known: dict[str, Rewritten]) -> None:
    """No part is in two merges, and all of a merge belong together and are within the bounds."""
    taken = [one.path for merge in merges for one in merge.parts]
    assert len(taken) == len(set(taken))
    assert set(taken) <= known.keys()
    for merge in merges:
        assert len({one.tenant for one in merge.parts}) == 1
        assert len(merge.parts) <= RULES.most_parts
        assert merge.rows < RULES.part_rows + max(one.rows for one in merge.parts)
        assert all(one.rows * SMALL_SHARE < RULES.part_rows for one in merge.parts)
        assert Level.MERGED <= merge.level <= Level.DAILY


PARTS = st.lists(
    st.builds(
        part,
        st.integers(1, 1200),
        st.integers(0, 60).map(lambda hours: NOON_NS - hours * NS_PER_HOUR),
        st.sampled_from([10, 10, 10, NS_PER_HOUR, 30 * NS_PER_HOUR, 900 * NS_PER_DAY]),
        tenant=st.sampled_from(["default", "default", "other"]),
    ),
    max_size=60,
)


@settings(max_examples=150)
@given(PARTS, st.sampled_from([NOON_NS, NOON_NS + NS_PER_HOUR, LATER_NS]))
def test_planning_ends_with_few_parts_and_little_rewriting(parts, now_ns):
    """Whatever the parts, planning ends, keeps all rows, and rewrites each only as often as sizes can grow by half."""
    after = run_to_end(parts, now_ns)
    assert sum(one.part.rows for one in after) == sum(one.rows for one in parts)
    growths = math.ceil(math.log(RULES.part_rows, 1.5)) + 2
    assert all(again <= growths for one in after for again in one.times)
    if now_ns == LATER_NS:
        days = Counter((one.part.tenant, one.part.time_min_ns // NS_PER_DAY) for one in after if is_small_day(one.part))
        assert all(parts <= growths for parts in days.values())


def is_small_day(one: Part) -> bool:
    """Whether a part is a small one of one day."""
    is_small = one.rows * SMALL_SHARE < RULES.part_rows
    return is_small and one.time_min_ns // NS_PER_DAY == one.time_max_ns // NS_PER_DAY


@settings(max_examples=30)
@given(st.integers(1, 240), st.integers(1, 40))
def test_steady_ingest_rewrites_each_event_about_twice(rows, days):
    """Parts of one size, twelve an hour for some days, planned as time passes: each row is rewritten twice or less."""
    known: dict[str, Rewritten] = {}
    for hour in range(min(days * 24, 60)):
        for place in range(12):
            new = part(rows, NOON_NS + hour * NS_PER_HOUR + place * 300 * NS_PER_SECOND)
            known[new.path] = Rewritten(new, Counter({0: rows}))
        after = advance(known, NOON_NS + (hour + 1) * NS_PER_HOUR + 1000 * NS_PER_SECOND)
        known = {one.part.path: one for one in after}
    total = sum(one.part.rows for one in known.values())
    rewritten = sum(again * share for one in known.values() for again, share in shares_of(one).items())
    assert rewritten <= 2.2 * total


def shares_of(one: Rewritten) -> dict[int, float]:
    """How often the rows of a part were rewritten: so often for so many of its rows."""
    known = sum(one.times.values())
    return {again: rows * one.part.rows / known for again, rows in one.times.items()}


def advance(known: dict[str, Rewritten], now_ns: int) -> list[Rewritten]:
    """What compaction makes of parts by this time."""
    while merges := plan([one.part for one in known.values()], now_ns, RULES):
        made = merged(merges[0], known)
        known = {path: one for path, one in known.items() if path not in {gone.path for gone in merges[0].parts}}
        known |= {one.part.path: one for one in made}
    return list(known.values())


def test_parts_of_an_hour_that_goes_on_wait():
    """Few small parts of the hour wait; many, or such that make a full one, are merged at once."""
    assert plan([part(10) for _ in range(7)], NOON_NS, RULES) == ()
    (many,) = plan([part(10) for _ in range(8)], NOON_NS, RULES)
    assert (many.reason, len(many.parts), many.level) == (Reason.COUNT, 8, Level.MERGED)
    (full,) = plan([part(200) for _ in range(6)], NOON_NS, RULES)
    assert (full.reason, len(full.parts)) == (Reason.SIZE, 5)


def test_parts_of_an_hour_that_is_over_are_merged():
    """Once the hour has settled its parts become one; before that they wait, and its day's do longer."""
    parts = [part(10), part(12)]
    end_ns = NOON_NS + NS_PER_HOUR
    assert plan(parts, end_ns + 899 * NS_PER_SECOND, RULES) == ()
    (merge,) = plan(parts, end_ns + 900 * NS_PER_SECOND, RULES)
    assert (merge.reason, merge.level) == (Reason.HOUR, Level.MERGED)
    hours = [part(100, NOON_NS - hour * NS_PER_HOUR, level=1) for hour in range(5)]
    assert plan(hours, end_ns + 900 * NS_PER_SECOND, RULES) == ()
    (merge,) = plan(hours, NOON_NS + NS_PER_DAY, RULES)
    assert (merge.reason, merge.level) == (Reason.DAY, Level.DAILY)


def test_an_hour_is_over_when_it_has_settled():
    """That of the newest event, so that a part of two hours waits for the second."""
    end_ns = NOON_NS + NS_PER_HOUR
    for one, over_ns in ((part(10), end_ns), (part(10, span_ns=NS_PER_HOUR), end_ns + NS_PER_HOUR)):
        assert not is_over(one, over_ns + 899 * NS_PER_SECOND, RULES)
        assert is_over(one, over_ns + 900 * NS_PER_SECOND, RULES)


def test_large_parts_are_left_alone():
    """What is large is not rewritten because of a few rows that come late."""
    large, late = part(999, level=2), part(3)
    assert plan([large, late], LATER_NS, RULES) == ()
    assert plan([part(200, level=2), late, part(4)], LATER_NS, RULES) == ()
    (merge,) = plan([part(200, level=2), *(part(3) for _ in range(4))], LATER_NS, RULES)
    assert merge.rows == 12


def test_mixed_parts_are_split():
    """Parts of several days are merged when they are some, or split when their days are over and it is worth it."""
    mixed = [part(30, NOON_NS, 3 * NS_PER_DAY) for _ in range(4)]
    (merge,) = plan(mixed, NOON_NS, RULES)
    assert (merge.reason, len(merge.parts)) == (Reason.MIXED, 4)
    assert plan(mixed[:3], NOON_NS, RULES) == ()
    assert plan(mixed[:3], LATER_NS, RULES) == ()
    (merge,) = plan([part(100, NOON_NS, 3 * NS_PER_DAY)], LATER_NS, RULES)
    assert len(merge.parts) == 1
    assert plan([part(100, NOON_NS, 3 * NS_PER_DAY, level=1)], LATER_NS, RULES) == ()


def test_cheapest_merges_come_first():
    """The merge that rids us of most parts for what it rewrites comes first."""
    parts = [part(100, NOON_NS - NS_PER_DAY), part(100, NOON_NS - NS_PER_DAY), *(part(1) for _ in range(8))]
    assert [len(merge.parts) for merge in plan(parts, LATER_NS, RULES)] == [8, 2]
