"""The order of acks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.acks import AckQueue, Owed


def owing(count: int) -> tuple[AckQueue, list[Owed]]:
    """A queue that owes some answers of ten bytes each."""
    queue = AckQueue()
    owed = [Owed(b"%d" % number, size=10) for number in range(count)]
    for each in owed:
        queue.owe(each)
    return queue, owed


def test_nothing_overtakes():
    """What is durable early waits for those before it."""
    queue, (a, b, c) = owing(3)
    assert queue.settle(c) == []
    assert queue.settle(a) == [a]
    assert queue.unacked_bytes == 20
    assert queue.settle(b) == [b, c]
    assert queue.is_empty


def test_after_a_refusal_nothing_later_is_answered():
    """The refused chunk and its followers are dropped, those before it still answered."""
    queue, (a, b, c) = owing(3)
    queue.settle(c)
    queue.refuse(b)
    assert queue.unacked_bytes == 10
    assert queue.settle(a) == [a]
    assert queue.is_empty
    assert queue.is_refused
    assert queue.settle(c) == []


@given(st.integers(0, 8).flatmap(lambda n: st.tuples(st.permutations(range(n)), st.sets(st.integers(0, n)))))
def test_answers_are_a_prefix_of_what_came_in(case):
    """Whatever completes in whatever order: answered is exactly what comes before the first refused, in order."""
    order, refused = case
    queue, owed = owing(len(order))
    answered = []
    for number in order:
        if number in refused:
            queue.refuse(owed[number])
        else:
            answered += queue.settle(owed[number])
    first_refused = min((n for n in refused if n < len(order)), default=len(order))
    assert answered == owed[:first_refused]
    assert queue.is_empty
    assert queue.unacked_bytes == 0
