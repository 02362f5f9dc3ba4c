"""What is kept of files, within bounds."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from query.taking.kept import Kept


@dataclass(slots=True)
class Thing:
    """Something that takes memory."""

    nbytes: int


def test_the_least_recently_used_goes() -> None:
    """To be asked for counts as a use."""
    kept: Kept[Thing] = Kept(40)
    things = [Thing(10) for _ in range(5)]
    for place, thing in enumerate(things[:4]):
        kept.put(place, thing)
    assert kept.get(0) is things[0]
    kept.put(4, things[4])
    assert [kept.get(place) for place in range(5)] == [things[0], None, *things[2:]]


def test_several_are_had_at_once() -> None:
    """In the order of their keys, those that are not there missing; to be asked for counts as a use."""
    kept: Kept[Thing] = Kept(40)
    things = [Thing(10) for _ in range(5)]
    for place, thing in enumerate(things[:4]):
        kept.put(place, thing)
    assert kept.get_all([2, "other", 0]) == [things[2], None, things[0]]
    kept.put(4, things[4])
    kept.put(5, things[1])
    assert [kept.get(place) for place in range(4)] == [things[0], None, things[2], None]


def test_what_grew_is_counted_anew() -> None:
    """It takes the place of others, or goes itself once it takes more than its share."""
    kept: Kept[Thing] = Kept(40)
    grown = Thing(1)
    kept.put("grown", grown)
    for place in range(3):
        kept.put(place, Thing(10))
    grown.nbytes = 9
    kept.put("grown", grown)
    assert kept.nbytes == 39
    grown.nbytes = 11
    kept.put("grown", grown)
    assert (kept.get("grown"), kept.nbytes) == (None, 30)


PUTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 30)), max_size=30)


@given(PUTS)
def test_it_never_takes_more_than_it_may(puts: list[tuple[int, int]]) -> None:
    """Whatever is put there, and it knows how much that is."""
    kept: Kept[Thing] = Kept(100)
    for key, size in puts:
        kept.put(key, Thing(size))
        held = [thing for each in range(6) if (thing := kept.get(each)) is not None]
        assert kept.nbytes == sum(thing.nbytes for thing in held) <= 100


def test_threads_share_it() -> None:
    """However they interleave, it stays within its bounds."""
    kept: Kept[Thing] = Kept(100)
    start = threading.Barrier(4)

    def use(seed: int) -> None:
        start.wait()
        for step in range(2000):
            kept.put((seed * step) % 17, Thing(step % 25))
            kept.get(step % 17)

    threads = [threading.Thread(target=use, args=(seed,)) for seed in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = [thing for each in range(17) if (thing := kept.get(each)) is not None]
    assert kept.nbytes == sum(thing.nbytes for thing in held) <= 100
