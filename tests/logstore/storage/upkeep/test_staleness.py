"""When the parts that a rewrite has made may still take the place of others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from logstore.model.snapshot import DeletedRows, Deletion, Part
from logstore.model.timespan import EVERYTHING, TimeSpan
from logstore.storage.upkeep.staleness import counted_as, is_stale

BY_HAND = Deletion(1, "a", EVERYTHING, 100, 0)
RULE = Deletion(2, "b", TimeSpan(None, 50), 100, 0, rule="short")
RENEWED = replace(RULE, number=7, window=TimeSpan(None, 80), seq=120)
FOUND, NONE_FOUND = DeletedRows(2, 3, b"rows"), DeletedRows(2, 0, b"")
TAKEN = Part("/p", 1, 10, 1, 0, 40, 1, 10, (), has_more=False, tags=None, row_groups=(), deleted=(FOUND,))


@pytest.mark.parametrize(
    ("taken", "now", "active", "stale"),
    [
        (TAKEN, TAKEN, (RULE,), False),
        (TAKEN, replace(TAKEN, deleted=(replace(FOUND, deletion=7),)), (RENEWED,), False),
        (TAKEN, replace(TAKEN, deleted=()), (RENEWED,), False),
        (TAKEN, replace(TAKEN, deleted=(DeletedRows(1, 2, b"r"), FOUND)), (BY_HAND, RULE), False),
        (TAKEN, replace(TAKEN, deleted=()), (), True),
        (TAKEN, replace(TAKEN, deleted=()), (replace(RENEWED, window=TimeSpan(None, 49)),), True),
        (TAKEN, replace(TAKEN, deleted=()), (replace(RENEWED, search="c"),), True),
        (TAKEN, replace(TAKEN, deleted=()), (replace(RENEWED, seq=99),), True),
        (TAKEN, replace(TAKEN, deleted=()), (replace(RENEWED, rule="other"),), True),
        (replace(TAKEN, deleted=(NONE_FOUND,)), replace(TAKEN, deleted=()), (), False),
        (TAKEN, replace(TAKEN, rows=9), (RULE,), True),
    ],
)
def test_rows_that_went_must_still_be_deleted(taken, now, active, stale):
    """By the same deletion or the rule's newer one, which covers no less; of what else is deleted nothing is known."""
    assert is_stale([taken], [now], [RULE], active) is stale


def test_a_part_that_is_gone_is_missed():
    """Whatever was deleted of it."""
    assert is_stale([TAKEN], [], [RULE], (RULE,))


def test_rows_are_counted_as_those_of_the_deletion_that_is_known_to_cover_just_them():
    """Of a newer one of the rule only where it has taken over what the older one covered."""
    taken_over = replace(TAKEN, deleted=(replace(FOUND, deletion=7),))
    looked_up = replace(TAKEN, deleted=(DeletedRows(7, 4, b"more"),))
    assert counted_as([TAKEN], [TAKEN], [RULE], (RULE,)) == {2}
    assert counted_as([TAKEN], [taken_over], [RULE], (RENEWED,)) == {7}
    assert counted_as([TAKEN], [looked_up], [RULE], (RENEWED,)) == frozenset()
