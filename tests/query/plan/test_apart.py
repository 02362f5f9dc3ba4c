"""Which parts are counted apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from logstore.model.snapshot import Deletion, Part
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.lang.parse import parse
from query.plan import logical
from query.plan.apart import apart, most_values_of
from query.plan.lower import lower
from query.plan.prune import Bounds, Pruned
from tests.query.sql.laid_down import NOW_NS, batch, part

_SCAN = logical.Scan()
_CHAIN: list[logical.Plan] = [logical.Facets(_SCAN, 10)]
_BOUNDS = Bounds(EVERYTHING, 10)


@pytest.fixture
def known(tmp_path: Path) -> Part:
    """Three events, `_seq` 1 to 3."""
    return part(tmp_path / "p", batch([{"a": 1}, {"a": 2}, {}]))


def _pruned(*parts: Part) -> Pruned:
    return Pruned(parts, (), (), {})


def test_whole_parts_and_windows(known: Part) -> None:
    """A window may cut a part; what is counted apart is read by nobody else."""
    for window in (EVERYTHING, TimeSpan(NOW_NS + 1)):
        counted, left = apart(_CHAIN, _SCAN, _pruned(known), replace(_BOUNDS, window=window))
        assert counted == (known,)
        assert left.parts == ()


def test_what_else_bounds_its_events(known: Part) -> None:
    """Then it is read: rows above the snapshot, only new ones, only some, and deleted ones."""
    for bounds in (replace(_BOUNDS, seq=2), replace(_BOUNDS, after_seq=1), replace(_BOUNDS, only=(1,))):
        assert apart(_CHAIN, _SCAN, _pruned(known), bounds) == ((), _pruned(known))
    deleting = replace(_pruned(known), deletions=(Deletion(1, "a:1", EVERYTHING, 10, NOW_NS),))
    assert apart(_CHAIN, _SCAN, deleting, _BOUNDS)[0] == ()
    elsewhere = replace(deleting, deletions=(Deletion(1, "a:1", TimeSpan(0, 1), 10, NOW_NS),))
    assert apart(_CHAIN, _SCAN, elsewhere, _BOUNDS)[0] == (known,)


def test_only_what_goes_right_into_facets(known: Part) -> None:
    """Neither other stages, nor rows that a stage changes first, nor moved times."""
    between: list[logical.Plan] = [logical.Limit(_SCAN, 3), *_CHAIN]
    for chain in (between, [], [logical.Limit(_SCAN, 3)]):
        assert apart(chain, _SCAN, _pruned(known), _BOUNDS)[0] == ()
    for scan in (replace(_SCAN, moved_ns=1), replace(_SCAN, fields=frozenset({"a"}))):
        assert apart(_CHAIN, scan, _pruned(known), _BOUNDS)[0] == ()


def test_what_filters_leave(known: Part) -> None:
    """Which events these are is asked of the database, which knows of bounds, deletions and indexes."""
    condition = lower(parse("a:1"), 0, EVERYTHING)
    assert isinstance(condition, logical.Filter)
    chain: list[logical.Plan] = [condition, *_CHAIN]
    chosen = replace(_pruned(known), chosen={known.path: known.row_groups[:0]})
    for pruned in (_pruned(known), chosen):
        for bounds in (_BOUNDS, replace(_BOUNDS, seq=2), replace(_BOUNDS, after_seq=1)):
            assert apart(chain, _SCAN, pruned, bounds)[0] == (known,)
    deleting = replace(_pruned(known), deletions=(Deletion(1, "a:1", EVERYTHING, 10, NOW_NS),))
    assert apart(chain, _SCAN, deleting, _BOUNDS)[0] == (known,)
    assert apart([condition, logical.Limit(_SCAN, 3), *_CHAIN], _SCAN, _pruned(known), _BOUNDS)[0] == ()
    asking = lower(parse("a:in(* | fields a)"), 0, EVERYTHING)
    assert apart([asking, *_CHAIN], _SCAN, _pruned(known), _BOUNDS)[0] == ()


def test_most_rows_of_values(known: Part) -> None:
    """So many for each field, where all of them are known and nothing changes the rows."""
    facets = logical.Facets(_SCAN, 3)
    assert most_values_of(facets, [known]) == 3 * len({column.field for column in known.columns})
    assert most_values_of(facets, [known, replace(known, has_more=True)]) is None
    filtered = replace(facets, input=lower(parse("a:1"), 0, EVERYTHING))
    assert most_values_of(filtered, [known]) == most_values_of(facets, [known])
    assert most_values_of(logical.Limit(facets, 1), [known]) is None
    assert most_values_of(replace(facets, input=logical.Limit(_SCAN, 1)), [known]) is None
