"""What was taken of tallies is kept for who asks the same."""

from __future__ import annotations

from typing import cast

import numpy as np

from query.plan.coded import Tallied
from query.plan.kept_volumes import Cut, KeptVolumes
from query.source import PartIndex


class Index:
    """An index that nobody asks anything."""


def test_the_same_is_made_once() -> None:
    """Of the same index; another one at the same path was made again, and may tell something else."""
    volumes, made = KeptVolumes(), Making(3)
    index, again = cast("PartIndex", Index()), cast("PartIndex", Index())
    cut = Cut("/p", frozenset({"a"}), by_time=True, by_tag=True, by_level=False)
    first = volumes.cut(index, cut, made)
    assert volumes.cut(index, cut, made) is first
    assert made.times == 1
    assert volumes.cut(again, cut, made) is not first
    assert made.times == 2
    for other in (Cut("/q", cut.tags, True, True, False), Cut("/p", None, True, True, False)):  # noqa: FBT003
        volumes.cut(index, other, made)
    assert made.times == 4


def test_what_is_not_known_is_asked_again() -> None:
    """A damaged index tells nothing until it was made again."""
    volumes, made = KeptVolumes(), Making(None)
    index = cast("PartIndex", Index())
    cut = Cut("/p", None, by_time=True, by_tag=False, by_level=False)
    assert [volumes.cut(index, cut, made) for _ in range(2)] == [None, None]
    assert made.times == 2


def test_memory_is_bounded() -> None:
    """Large ones are not kept, and of many small ones those that were asked for last."""
    volumes, large, small = KeptVolumes(), Making(2**16), Making(2**14)
    index = cast("PartIndex", Index())
    cuts = [Cut(f"/{n}", None, by_time=True, by_tag=False, by_level=False) for n in range(300)]
    for _ in range(2):
        volumes.cut(index, cuts[0], large)
    assert large.times == 2
    for cut in cuts:
        volumes.cut(index, cut, small)
    volumes.cut(index, cuts[-1], small)
    assert small.times == 300
    volumes.cut(index, cuts[0], small)
    assert small.times == 301


class Making:
    """Makes a piece of so many rows, and counts how often; of None rows: nothing."""

    def __init__(self, rows: int | None) -> None:
        self.times = 0
        self._rows = rows

    def __call__(self) -> Tallied | None:
        """Once more."""
        self.times += 1
        return None if self._rows is None else Tallied(np.ones(self._rows, np.int64))
