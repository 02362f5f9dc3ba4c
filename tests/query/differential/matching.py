"""Text against words, phrases, wildcards, `like` and regular expressions, one character at a time."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from query.lang import nodes

_WORD_ASCII = frozenset(string.ascii_letters + string.digits + "_")
_SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def in_word(char: str) -> bool:
    """Whether a character belongs to words."""
    return char in _WORD_ASCII or ord(char) > 127


def fold(text: str) -> str:
    """ASCII capitals made small, all else as it is."""
    return text.translate(_SMALL)


def words_of(text: str) -> list[str]:
    """The words of `text`, folded."""
    found, current = [], ""
    for char in [*fold(text), " "]:
        if in_word(char):
            current += char
        elif current:
            found.append(current)
            current = ""
    return found


def has_word(message: str, word: str) -> bool:
    """Whether `word` is one of the words of `message`."""
    return fold(word) in words_of(message)


def has_piece(message: str, piece: str, *, border_before: bool = True, border_after: bool = True) -> bool:
    """Whether `piece` stands in `message`, with a word border on the sides asked for.

    A border counts only where that end of the piece is a word character.
    """
    text, wanted = fold(message), fold(piece)
    before, after = border_before and in_word(wanted[0]), border_after and in_word(wanted[-1])
    for start in range(len(text) - len(wanted) + 1):
        end = start + len(wanted)
        if text[start:end] != wanted:
            continue
        torn_before = before and start > 0 and in_word(text[start - 1])
        torn_after = after and end < len(text) and in_word(text[end])
        if not torn_before and not torn_after:
            return True
    return False


def matches_pieces(text: str, pieces: Sequence[str | nodes.Wild]) -> bool:
    """Whether the whole `text` fits literal pieces and wildcards in turn."""
    if not pieces:
        return text == ""
    first, rest = pieces[0], pieces[1:]
    if first is nodes.Wild.ANY:
        return any(matches_pieces(text[start:], rest) for start in range(len(text) + 1))
    if first is nodes.Wild.ONE:
        return text != "" and matches_pieces(text[1:], rest)
    return text.startswith(first) and matches_pieces(text[len(first) :], rest)


def matches_parts(text: str, pattern: str, *, many: str, one: str, escape: str = "") -> bool:
    """Whether the whole `text` fits `pattern`, where `many` stands for any characters and `one` for one.

    `escape` makes the next character stand for itself. Case counts.
    """
    expression, at = "", 0
    while at < len(pattern):
        char = pattern[at]
        if escape and char == escape and at + 1 < len(pattern):
            at += 1
            expression += re.escape(pattern[at])
        else:
            expression += {many: ".*", one: "."}.get(char, re.escape(char))
        at += 1
    return re.fullmatch(expression, text, re.DOTALL) is not None


def search_regex(text: str, pattern: str) -> re.Match[str] | None:
    r"""An unanchored match; generated patterns stay where Python and RE2 agree (ASCII classes, no `$` before `\n`)."""
    return re.search(pattern, text, re.ASCII)
