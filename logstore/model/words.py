r"""What a word is. Index, pruning and matching all follow this one definition.

A word is a maximal run of ASCII letters, digits, `_` and all non-ASCII characters. Case is ignored for ASCII letters
only.
Three engines have three opinions of `\b`, `lower()` and `(?i)`; none of them is ever asked about a user's text.
"""

from __future__ import annotations

import re

# As members of a character class; RE2, Python and the compiled tokenizer all understand this spelling.
WORD_CHARACTERS = r"0-9A-Z_a-z\x{80}-\x{10FFFF}"

_WORD = re.compile("[0-9A-Z_a-z\x80-\U0010ffff]+")
_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def is_word_character(char: str) -> bool:
    """Whether `char`, one character, belongs to words."""
    return char > "\x7f" or char.isalnum() or char == "_"


def fold_case(text: str) -> str:
    """`text` with ASCII capitals made small and nothing else changed."""
    return text.translate(_FOLD)


def words(text: str) -> list[str]:
    """The words of `text` in order, case folded."""
    return _WORD.findall(fold_case(text))


def is_word(text: str) -> bool:
    """Whether the whole of `text` is one word."""
    return _WORD.fullmatch(text) is not None
