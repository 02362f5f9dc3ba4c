"""The miner, in plain Python: Drain over folded lines.

Source: P. He, J. Zhu, Z. Zheng, M. R. Lyu, "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017.
A line is masked (`masks`) and split at white space. A tree of fixed depth leads to a group of templates: by the number
of tokens, then by the first two tokens that are words. Among these the most similar one is chosen, and what differs
from it becomes a wildcard; if none is similar enough, the line is a template of its own.

What is not as in the paper:

- Drain's result depends on the order of lines. Lines that are equal after masking are folded into *forms* first, and
  forms are fed by falling count, then by their text: so the result depends on the lines alone.
- Two tokens that differ keep what they have in common (`merge`): `user=ann` and `user=bob` become `user=<*>`. A token
  that fits such a template counts as equal, and one with the same `key=` counts half.
- All is bounded (`bounds`). When there are too many forms, lines are cut after fewer tokens and get a wildcard at the
  end; that again depends on the lines alone. What fits no template of a full group is gathered in one.

`kernel` is the same, compiled; tests hold one against the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice, repeat

from query.patterns.bounds import (
    EXAMPLE_BYTES,
    FORM_WEIGHT,
    KEPT_TOKENS,
    MOST_TOKENS,
    PLACE_WEIGHT,
    TOKEN_BYTES,
    TOKEN_WEIGHT,
    Bounds,
)
from query.patterns.masks import REST, WILD, masked
from query.patterns.mined import Cluster, Lines
from query.patterns.tokens import fits, is_word, key_of, merge

_REST, _WILD = bytes((REST,)), bytes((WILD,))
_TOKEN = re.compile(rb"[^ \t\n\r\f]+")
"""White space as RE2 has it, so that searches find what was mined."""

_Tokens = tuple[bytes, ...]


@dataclass(slots=True)
class _Tally:
    """What is known of the lines of a form or of a template, all of it independent of their order."""

    count: int
    first: int
    last: int
    example: bytes
    room: int

    def join(self, other: _Tally) -> None:
        self.count += other.count
        self.first = min(self.first, other.first)
        self.room = max(self.room, other.room)
        if (-other.last, other.example) < (-self.last, self.example):
            self.last, self.example = other.last, other.example


@dataclass(slots=True)
class _Template:
    tokens: list[bytes]
    tally: _Tally


@dataclass(slots=True)
class _Group:
    """Templates that a line is compared with; `rest` gathers the lines that found no place."""

    templates: list[_Template] = field(default_factory=list)
    rest: _Template | None = None


class Miner:
    """Takes lines, then gives templates. See the module."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._level = 0
        self._forms: dict[_Tokens, _Tally] = {}
        self._waiting: Iterator[tuple[_Tokens, _Tally]] | None = None
        self._groups: dict[tuple[object, ...], _Group] = {}
        self._children: dict[tuple[object, ...], set[bytes]] = {}
        self._templates = 0

    def add(self, lines: Lines) -> None:
        """Takes lines; before `advance`."""
        for text, count, first, last in lines.rows():
            example = _cut(text)
            self._fold(_tokens(text), _Tally(count, first, last, example, len(example)))
        while KEPT_TOKENS[self._level] and self._weight() > self._bounds.weight:
            self._coarsen()

    def advance(self, forms: int) -> bool:
        """Finds the templates of so many forms more; whether there may be others."""
        if self._waiting is None:
            self._waiting = iter(sorted(self._forms.items(), key=lambda form: (-form[1].count, form[0])))
        done = 0
        for tokens, tally in islice(self._waiting, forms):
            self._place(tokens, tally)
            done += 1
        return done == forms

    def clusters(self) -> list[Cluster]:
        """The templates, in no order that matters."""
        templates = [each for group in self._groups.values() for each in (*group.templates, group.rest) if each]
        return [
            Cluster(tuple(each.tokens), each.tally.count, each.tally.first, each.tally.last, each.tally.example)
            for each in templates
        ]

    def _fold(self, tokens: _Tokens, tally: _Tally) -> None:
        tokens = _kept(tokens, KEPT_TOKENS[self._level])
        form = self._forms.get(tokens)
        if form is None:
            self._forms[tokens] = tally
        else:
            form.join(tally)

    def _weight(self) -> int:
        forms = sum(FORM_WEIGHT + PLACE_WEIGHT * len(tokens) + tally.room for tokens, tally in self._forms.items())
        return forms + sum(TOKEN_WEIGHT + len(token) for token in {token for form in self._forms for token in form})

    def _coarsen(self) -> None:
        self._level += 1
        forms, self._forms = self._forms, {}
        for tokens, tally in forms.items():
            self._fold(tokens, tally)

    def _place(self, tokens: _Tokens, tally: _Tally) -> None:
        group = self._group(tokens)
        found = _most_similar(group.templates, tokens)
        if found is None and (
            len(group.templates) == self._bounds.siblings or self._templates == self._bounds.templates
        ):
            found = group.rest
            if found is None:
                group.rest = _Template(list(tokens), tally)
                return
        if found is None:
            group.templates.append(_Template(list(tokens), tally))
            self._templates += 1
            return
        found.tokens = [merge(one, other) for one, other in zip(found.tokens, tokens, strict=True)]
        found.tally.join(tally)

    def _group(self, tokens: _Tokens) -> _Group:
        path: tuple[object, ...] = (len(tokens),)
        for word in islice(chain(map(_branch, filter(is_word, tokens)), repeat(_WILD)), len(self._bounds.branches)):
            path = self._child(path, word)
        return self._groups.setdefault(path, _Group())

    def _child(self, path: tuple[object, ...], word: bytes) -> tuple[object, ...]:
        """One step down the tree; to WILD where there are too many branches already."""
        children = self._children.setdefault(path, set())
        if word not in children and len(children) == self._bounds.branches[len(path) - 1]:
            word = _WILD
        elif word != _WILD:
            children.add(word)
        return (*path, word)


def _most_similar(templates: list[_Template], tokens: _Tokens) -> _Template | None:
    """The one with the most tokens in common, at least half of them.

    Of equals it is the one with the most wildcards, of these the oldest.
    """
    best, chosen = (-1, -1), None
    for template in templates:
        shares = [_agreement(one, other) for one, other in zip(template.tokens, tokens, strict=True)]
        score = sum(shares), template.tokens.count(_WILD)
        if score > best:
            best, chosen = score, template
    return chosen if best[0] >= len(tokens) else None


def _agreement(template: bytes, token: bytes) -> int:
    """In halves: how much of a token of a line is in that of a template."""
    if template == _WILD:
        return 0
    if template == token or (WILD in template and fits(template, token)):
        return 2
    return int(bool(key := key_of(template)) and key == key_of(token))


def _branch(word: bytes) -> bytes:
    return key_of(word) or word


def _tokens(line: bytes) -> _Tokens:
    """The tokens of a line, masked: at most one more than are looked at."""
    found = islice(_TOKEN.finditer(masked(line)), MOST_TOKENS + 1)
    return tuple(_WILD if len(token[0]) > TOKEN_BYTES else token[0] for token in found)


def _kept(tokens: _Tokens, most: int) -> _Tokens:
    return tokens if len(tokens) <= most else (*tokens[:most], _REST)


def _cut(text: bytes) -> bytes:
    """An example: no longer than is kept, and no character in pieces."""
    return text[:EXAMPLE_BYTES].decode(errors="ignore").encode()
