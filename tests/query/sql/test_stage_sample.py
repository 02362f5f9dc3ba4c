"""Rows that are drawn."""

from __future__ import annotations

from pathlib import Path

from tests.query.sql.laid_down import ask, batch, events, in_memory, part

ROWS = [{"n": n} for n in range(200)]


def test_a_sample_is_the_same_wherever_the_events_lie(tmp_path: Path) -> None:
    """In memory and in a file, and it keeps the order."""
    made = batch(ROWS)
    drawn = [row["n"] for row in ask(in_memory(made), "* | sample 20").rows]
    assert drawn == [row["n"] for row in ask(in_memory(parts=[part(tmp_path / "p", made)]), "* | sample 20").rows]
    assert (len(drawn), drawn) == (20, sorted(drawn, reverse=True))
    assert drawn[-1] > 0 or drawn[0] < 199  # not simply the first or the last ones


def test_a_smaller_sample_is_part_of_a_larger_one() -> None:
    """So a sample can be looked at more closely, or in another order."""
    source = events(*ROWS)
    larger = {row["n"] for row in ask(source, "* | sample 50").rows}
    smaller = [row["n"] for row in ask(source, "* | sort n | sample 10").rows]
    assert set(smaller) < larger
    assert smaller == sorted(smaller)


def test_groups_are_drawn_too() -> None:
    """By their places; more than there are is all of them."""
    source = events(*ROWS)
    assert len(ask(source, "* | count by n | sample 7").rows) == 7
    assert ask(source, "* | count by n | sample 300").rows == ask(source, "* | count by n").rows


def test_a_sample_is_not_cut() -> None:
    """Whoever asks for 1,500 rows gets them, as with `limit`."""
    source = events(*({"n": n} for n in range(1600)))
    answer = ask(source, "* | sample 1500")
    assert (len(answer.rows), answer.facts.cut) == (1500, False)
