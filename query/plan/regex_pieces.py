r"""The texts that must occur wherever an RE2 expression matches. Pure.

Careful rather than clever: what is not surely understood counts as something unknown, which needs nothing. `^`, `$`,
`\A` and `\z` are ends of the text or of a line; either way no word character stands beyond them. `\b` is no border of
ours: to RE2 a character beyond ASCII is no part of a word. Under `(?i)` some ASCII letters match others beyond ASCII.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """These characters, in either case; whether a border of words is known to be before and after them."""

    text: str
    before: bool
    after: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """All of them."""

    items: tuple[Needed, ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """One of them."""

    items: tuple[Needed, ...]


Needed: TypeAlias = Literal | Sequence | Alternatives

NOTHING = Sequence(())

_TOKEN = re.compile(
    r"""
      (?P<quoted>\\Q(?P<run>.*?)(?:\\E|\Z))
    | (?P<anchor>[\^$]|\\[Az])
    | (?P<space>\\s)
    | (?P<code>\\x(?:\{[0-9A-Fa-f]+\}|[0-9A-Fa-f]{2}))
    | (?P<named>\\[pP](?:\{[^}]*\}|.))
    | (?P<escape>\\.)
    | (?P<class>\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\])
    | (?P<flags>\(\?(?P<on>[imsU]*)(?P<off>-[imsU]+)?(?P<colon>[:)]))
    | (?P<open>\((?:\?P<\w+>)?)
    | (?P<close>\))
    | (?P<or>\|)
    | (?P<repeat>[*+?]\??|\{\d+(?:,\d*)?\}\??)
    | (?P<any>\.)
    | (?P<plain>.)
    """,
    re.DOTALL | re.VERBOSE,
)

_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_BORDER, _UNKNOWN = object(), object()
"""An end or white space: no character of a word. Anything, perhaps nothing."""

_SURROGATES = (0xD800, 0xDFFF)
_FOLDS_BEYOND_ASCII = frozenset("kKsS")
_MOST_NESTED = 50
_MOST_PIECES = 200
"""An expression of more is looked at no further: that it needs nothing is always right."""


class _GiveUpError(Exception):
    """The expression is not surely understood."""


def pieces_of(pattern: str) -> Needed:
    """What must occur, in texts that a valid expression matches."""
    try:
        reader = _Reader(pattern)
        needed = reader.alternatives(ignores_case=False, nested=0)
    except _GiveUpError:
        return NOTHING
    return needed if reader.is_at_end else NOTHING


class _Reader:
    """Reads an expression from its start to its end."""

    def __init__(self, pattern: str) -> None:
        self._tokens = list(_TOKEN.finditer(pattern))
        if len(self._tokens) > _MOST_PIECES:
            raise _GiveUpError
        self._place = 0

    @property
    def is_at_end(self) -> bool:
        return self._place == len(self._tokens)

    def alternatives(self, *, ignores_case: bool, nested: int) -> Needed:
        """Branches up to a closing parenthesis, which is not taken, or the end."""
        if nested > _MOST_NESTED:
            raise _GiveUpError
        branches: list[Needed] = []
        while True:
            needed, ignores_case = self._branch(ignores_case=ignores_case, nested=nested)
            branches.append(needed)
            if self._peek("or"):
                self._place += 1
                continue
            return branches[0] if len(branches) == 1 else Alternatives(tuple(branches))

    def _branch(self, *, ignores_case: bool, nested: int) -> tuple[Needed, bool]:
        """A branch, and whether case is ignored after it."""
        items: list[object] = []
        while not self.is_at_end and not self._peek("or") and not self._peek("close"):
            token = self._tokens[self._place]
            self._place += 1
            if token["flags"] is not None:
                ignores = (ignores_case or "i" in token["on"]) and "i" not in (token["off"] or "")
                if token["colon"] == ")":
                    ignores_case = ignores
                    continue
                self._add_group(items, ignores_case=ignores, nested=nested)
            elif token["open"] is not None:
                self._add_group(items, ignores_case=ignores_case, nested=nested)
            elif token["repeat"] is not None:
                raise _GiveUpError
            else:
                self._add(items, _atoms(token, ignores_case=ignores_case))
        return _joined(items), ignores_case

    def _add_group(self, items: list[object], *, ignores_case: bool, nested: int) -> None:
        inner = self.alternatives(ignores_case=ignores_case, nested=nested + 1)
        if not self._peek("close"):
            raise _GiveUpError
        self._place += 1
        self._add(items, [_UNKNOWN, inner, _UNKNOWN], is_group=True)

    def _add(self, items: list[object], atoms: list[object], *, is_group: bool = False) -> None:
        """Adds atoms, the last of which (of a group all) may be repeated."""
        fewest = self._repeated()
        if fewest is None:
            items += atoms
            return
        kept, last = ([], atoms) if is_group else (atoms[:-1], atoms[-1:])
        items += kept
        if fewest == 0:
            items.append(_UNKNOWN)
        elif last == [_BORDER]:
            items += [_BORDER, _UNKNOWN, _BORDER]
        else:
            items += [*last, _UNKNOWN, *last]

    def _repeated(self) -> int | None:
        """Takes the repetitions that follow; how often there is one at least, None when there is nothing to repeat."""
        fewest = None
        while self._peek("repeat"):
            sign = self._tokens[self._place]["repeat"]
            self._place += 1
            least = int(re.findall(r"\d+", sign)[0]) if sign[0] == "{" else int(sign[0] == "+")
            fewest = min(least, 1 if fewest is None else fewest)
        return fewest

    def _peek(self, kind: str) -> bool:
        return not self.is_at_end and self._tokens[self._place][kind] is not None


def _atoms(token: re.Match[str], *, ignores_case: bool) -> list[object]:
    """The characters that a token stands for: texts of one character, borders, unknowns."""
    if token["quoted"] is not None:
        if not token["run"]:
            # What follows it may repeat what came before it.
            raise _GiveUpError
        return [_character(char, ignores_case=ignores_case) for char in token["run"]]
    if token["anchor"] is not None or token["space"] is not None:
        return [_BORDER]
    if token["code"] is not None:
        return [_numbered(int(token["code"][2:].strip("{}"), 16), ignores_case=ignores_case)]
    if token["escape"] is not None:
        return [_escaped(token["escape"][1], ignores_case=ignores_case)]
    if token["plain"] is not None:
        return [_character(token["plain"], ignores_case=ignores_case)]
    return [_UNKNOWN]


def _numbered(code: int, *, ignores_case: bool) -> object:
    is_character = code <= sys.maxunicode and not _SURROGATES[0] <= code <= _SURROGATES[1]
    return _character(chr(code), ignores_case=ignores_case) if is_character else _UNKNOWN


def _escaped(char: str, *, ignores_case: bool) -> object:
    if char.isdigit():
        # An octal number, of which we do not know how long it is.
        raise _GiveUpError
    if char in _CONTROLS:
        return _CONTROLS[char]
    if char.isascii() and not char.isalnum():
        return _character(char, ignores_case=ignores_case)
    return _UNKNOWN


def _character(char: str, *, ignores_case: bool) -> object:
    if ignores_case and (not char.isascii() or char in _FOLDS_BEYOND_ASCII):
        return _UNKNOWN
    return char


def _joined(items: list[object]) -> Needed:
    """Neighbouring characters as literals."""
    needed: list[Needed] = []
    text, before = "", False
    for item in [*items, _UNKNOWN]:
        if isinstance(item, str):
            text += item
            continue
        if text:
            needed.append(Literal(text, before, after=item is _BORDER))
        text, before = "", item is _BORDER
        if isinstance(item, Literal | Sequence | Alternatives):
            needed.append(item)
    return needed[0] if len(needed) == 1 else Sequence(tuple(needed))
