"""What must occur where an expression matches: never more than is true, and enough to be of use."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.model.words import fold_case, is_word_character
from query.plan.regex_pieces import Alternatives, Literal, Needed, Sequence, pieces_of


def holds(needed: Needed, text: str) -> bool:
    """Whether a text has what is needed, looked at in the simplest way."""
    match needed:
        case Sequence(items):
            return all(holds(item, text) for item in items)
        case Alternatives(items):
            return any(holds(item, text) for item in items)
        case Literal(piece, before, after):
            folded = fold_case(text)
            return any(
                (not before or at.start() == 0 or not is_word_character(folded[at.start() - 1]))
                and (not after or at.end() == len(folded) or not is_word_character(folded[at.end()]))
                for at in re.finditer(f"(?=({re.escape(fold_case(piece))}))", folded)
                for at in [_Span(at.start(1), at.end(1))]
            )


class _Span:
    """A place in a text."""

    def __init__(self, start: int, end: int) -> None:
        self._span = start, end

    def start(self) -> int:
        """Where it starts."""
        return self._span[0]

    def end(self) -> int:
        """Where it ends."""
        return self._span[1]


PIECES = (
    *"abkKsS1_- é|()*+?.^$",
    *("ab", "foo", r"\d", r"\w", r"\s", r"\b", r"\B", r"\.", r"\n", "[ab]", "[^a]", "[]x]", "[[:alpha:]]", r"[\]a]"),
    *(
        "(?i)",
        "(?:",
        "(?i:",
        "(?-i)",
        "(?P<n>",
        "(?s)",
        "(?m)",
        r"\Qa+\E",
        r"\Q\E",
        r"\x41",
        r"\x{e9}",
        r"\012",
        r"\pL",
    ),
    *("{2}", "{0,1}", "{1,}", "{,2}", "*?", "+?", r"\A", r"\z", r"\C", r"\|", r"\("),
)

any_pattern = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
any_text = st.text("abAkK\u017f\u212a1_- é\nfo.(|AxX+\n", max_size=12)


@given(any_pattern, st.lists(any_text, min_size=1, max_size=40))
@settings(max_examples=500, deadline=None)
def test_whatever_matches_has_what_is_needed(pattern, texts):
    """By RE2 itself, over expressions of all kinds."""
    try:
        matches = pc.match_substring_regex(pa.array(texts), pattern).to_pylist()
    except pa.ArrowInvalid:
        return
    needed = pieces_of(pattern)
    for text, is_match in zip(texts, matches, strict=True):
        assert not is_match or holds(needed, text), (pattern, text, needed)


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("timeout", Literal("timeout", before=False, after=False)),
        ("^timeout$", Literal("timeout", before=True, after=True)),
        (r"took\s+\d+ms", Sequence((Literal("took", False, True), Literal("ms", False, False)))),  # noqa: FBT003
        (
            "a(b|c)d",
            Sequence(
                (
                    Literal("a", False, False),  # noqa: FBT003
                    Alternatives((Literal("b", False, False), Literal("c", False, False))),  # noqa: FBT003
                    Literal("d", False, False),  # noqa: FBT003
                )
            ),
        ),
        (r"10\.0\.0\.1", Literal("10.0.0.1", before=False, after=False)),
        ("ab+c", Sequence((Literal("ab", False, False), Literal("bc", False, False)))),  # noqa: FBT003
        ("colou?r", Sequence((Literal("colo", False, False), Literal("r", False, False)))),  # noqa: FBT003
        ("(?i)ERROR", Literal("ERROR", before=False, after=False)),
        ("(?i)disk", Literal("di", before=False, after=False)),
        (r"\Qa.b\E", Literal("a.b", before=False, after=False)),
        (".*", Sequence(())),
        ("a|", Alternatives((Literal("a", False, False), Sequence(())))),  # noqa: FBT003
        ("(" * 60 + "a" + ")" * 60, Sequence(())),
        ("a" * 300, Sequence(())),
    ],
)
def test_what_is_needed(pattern, needed):
    """The examples of everyday."""
    assert pieces_of(pattern) == needed
