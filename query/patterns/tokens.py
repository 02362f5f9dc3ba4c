"""Tokens of masked lines: when a template's token covers a line's, and what two different ones have in common.

A token is made of words and of delimiters between them, which are all ASCII characters but letters and digits.
Wildcards count as characters of words.
"""

from __future__ import annotations

import re

from query.patterns.masks import REST, WILD

_REST, _WILD = bytes((REST,)), bytes((WILD,))
_DELIMITER = re.compile(rb"[\x00-/:-@\[-`{-\x7f]")
_LETTER = re.compile(rb"[A-Za-z\x80-\xf4]")


def is_word(token: bytes) -> bool:
    """Whether it holds a letter, and is certain as a whole."""
    return _LETTER.search(token) is not None and WILD not in token


def key_of(token: bytes) -> bytes:
    """The `key=` that a token starts with, or nothing."""
    key = token[: token.find(b"=") + 1]
    return b"" if len(key) <= 1 or WILD in key else key


def fits(template: bytes, token: bytes) -> bool:
    """Whether the token is what the template's token says, any characters in the places of WILD."""
    start, *middle, end = template.split(_WILD)
    if len(token) < len(start) + len(end) or not token.startswith(start) or not token.endswith(end):
        return False
    place, stop = len(start), len(token) - len(end)
    for piece in middle:
        found = token.find(piece, place, stop)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def merge(one: bytes, other: bytes) -> bytes:
    """A token that covers both: what they share, with WILD for the rest."""
    if one == other:
        return one
    if _REST in (one, other):
        return _REST
    if _DELIMITER.findall(one) == _DELIMITER.findall(other):
        return _word_by_word(one, other)
    return _from_both_ends(one, other)


def _word_by_word(one: bytes, other: bytes) -> bytes:
    """Of tokens with the same delimiters: the words that they share; if these are all empty, WILD for all at once."""
    words, others, delimiters = _DELIMITER.split(one), _DELIMITER.split(other), _DELIMITER.findall(one)
    if not any(mine == its and mine not in (b"", _WILD) for mine, its in zip(words, others, strict=True)):
        return _from_both_ends(one, other)
    shared = [mine if mine == its else _WILD for mine, its in zip(words, others, strict=True)]
    return shared[0] + b"".join(delimiter + word for delimiter, word in zip(delimiters, shared[1:], strict=True))


def _from_both_ends(one: bytes, other: bytes) -> bytes:
    """What they share at the start and at the end, up to a delimiter."""
    shorter = min(len(one), len(other))
    start = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    while start and not _DELIMITER.match(one, start - 1):
        start -= 1
    end = next((at for at in range(shorter - start) if one[-1 - at] != other[-1 - at]), shorter - start)
    while end and not _DELIMITER.match(one, len(one) - end):
        end -= 1
    return one[:start] + _WILD + one[len(one) - end :]
