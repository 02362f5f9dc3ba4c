"""Which queries have a place, and who is next."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from query.execution.places import Length, Places, Waiter

LENGTHS = st.sampled_from(Length)


class Queries(RuleBasedStateMachine):
    """Queries that come, wait, run, give up and go, beside a list of who came when."""

    @initialize(number=st.integers(1, 6))
    def open(self, number: int) -> None:
        """So many places, all free."""
        self.number, self.most_long = number, max(1, number // 2)
        self.places = Places(number)
        self.running: list[Length] = []
        self.line: list[Waiter] = []

    @rule(length=LENGTHS)
    def come(self, length: Length) -> None:
        """A place at once is had just if there is one of the kind."""
        is_free = self._may_enter(length)
        assert self.places.take(length) == is_free
        if is_free:
            self.running.append(length)
        else:
            self.line.append(Waiter(length))
            self.places.line_up(self.line[-1])

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        """The place is that of the first in line who may have it."""
        length = data.draw(st.sampled_from(self.running))
        self.running.remove(length)
        self._came_in(self.places.give_back(length))

    @precondition(lambda self: Length.LONG in self.running)
    @rule()
    def shorten(self) -> None:
        """It keeps its place; another may be long now."""
        self.running.remove(Length.LONG)
        self.running.append(Length.SHORT)
        self._came_in(self.places.shorten())

    @precondition(lambda self: Length.SHORT in self.running)
    @rule()
    def lengthen(self) -> None:
        """It keeps its place if it takes nothing away from those who wait."""
        is_awaited = self.number > 1 and any(each.length is Length.LONG for each in self.line)
        may = self.running.count(Length.LONG) < self.most_long and not is_awaited
        assert self.places.lengthen() == may
        if may:
            self.running.remove(Length.SHORT)
            self.running.append(Length.LONG)

    @precondition(lambda self: self.line)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        """Nothing came free by that."""
        waiter = data.draw(st.sampled_from(self.line))
        self.line.remove(waiter)
        self.places.step_out(waiter)

    @invariant()
    def nothing_is_exceeded_or_lost(self) -> None:
        """Neither the places nor the share of the long, and nobody waits for what is free."""
        long = self.running.count(Length.LONG)
        assert (self.places.running, self.places.long, self.places.waiting) == (
            len(self.running),
            long,
            len(self.line),
        )
        assert len(self.running) <= self.number
        assert long <= self.most_long
        assert not any(self._may_enter(waiter.length) for waiter in self.line)

    def _may_enter(self, length: Length) -> bool:
        is_room = self.running.count(Length.LONG) < self.most_long
        return len(self.running) < self.number and (length is Length.SHORT or is_room)

    def _came_in(self, waiter: Waiter | None) -> None:
        first = next((each for each in self.line if self._may_enter(each.length)), None)
        assert waiter is first
        if waiter is not None:
            self.line.remove(waiter)
            self.running.append(waiter.length)


TestQueries = Queries.TestCase


@given(lengths=st.lists(LENGTHS, max_size=12))
def test_of_a_single_place_the_length_matters_to_nobody(lengths: list[Length]) -> None:
    """First come first served, as if all were alike."""
    places, line = Places(1), [Waiter(length) for length in lengths]
    assert places.take(Length.LONG)
    length = Length.LONG
    for waiter in line:
        assert not places.take(waiter.length)
        places.line_up(waiter)
    for waiter in line:
        assert places.give_back(length) is waiter
        length = waiter.length


def test_a_short_one_passes_the_long_ones_and_no_other_short_one() -> None:
    """Of two places one is for long ones; who waits for that is passed, and is next when it comes free."""
    places = Places(2)
    long, first, second = Waiter(Length.LONG), Waiter(Length.SHORT), Waiter(Length.SHORT)
    assert places.take(Length.LONG)
    assert not places.take(Length.LONG)
    places.line_up(long)
    assert places.take(Length.SHORT)
    for waiter in (first, second):
        assert not places.take(waiter.length)
        places.line_up(waiter)
    assert places.give_back(Length.SHORT) is first
    assert places.give_back(Length.LONG) is long
    assert places.give_back(Length.SHORT) is second
