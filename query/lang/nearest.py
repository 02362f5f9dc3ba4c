"""Which name was meant: the nearest of those that exist, by edit distance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, or None when none is near enough to be offered.

    Near enough is one edit in three characters, case not counted; ties go to the first in alphabetical order.
    """
    return _nearest(name, frozenset(candidates))


# Each statement of a question asks for the same name again, and so does whoever asks the question again.
@lru_cache(maxsize=256)
def _nearest(name: str, candidates: frozenset[str]) -> str | None:
    ranked = ((distance(name.lower(), other.lower()), other) for other in candidates if _comparable(name, other))
    edits, found = min(ranked, default=(0, None))
    return found if found is not None and edits <= _tolerance(name) else None


def _tolerance(name: str) -> int:
    return (len(name) + 1) // 3


def _comparable(name: str, other: str) -> bool:
    """Whether the lengths alone do not rule it out already."""
    return abs(len(name) - len(other)) <= _tolerance(name)


def distance(a: str, b: str) -> int:
    """Insertions, deletions, replacements and swaps of neighbours that make `b` of `a` (optimal string alignment)."""
    before: list[int] = []
    above = list(range(len(b) + 1))
    for i, left in enumerate(a):
        row = [i + 1]
        for j, right in enumerate(b):
            cost = min(above[j + 1] + 1, row[j] + 1, above[j] + (left != right))
            if i and j and left == b[j - 1] and a[i - 1] == right:
                cost = min(cost, before[j - 1] + 1)
            row.append(cost)
        before, above = above, row
    return above[-1]


def suggestion(
    name: str, candidates: Iterable[str], listing: str, elsewhere: Mapping[str, str] = MappingProxyType({})
) -> str:
    """A hint: the candidate that was meant, or else all of them after the words `listing`.

    Args:
        name: what was written.
        candidates: what exists.
        listing: how the list of all starts, such as "stages are".
        elsewhere: names that other languages have for some of the candidates.
    """
    known = sorted(candidates)
    near = nearest(name, (*known, *elsewhere))
    return f"{listing}: {', '.join(known)}" if near is None else f"did you mean {elsewhere.get(near, near)}?"
