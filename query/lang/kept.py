"""Syntax trees of the texts that were asked last: dashboards, pages and tails ask the same ones again and again.

A text means the same tree whatever is stored and whenever it is asked, and a tree is never changed. What comes of the
tree, with the window and the store as they are then, is made anew each time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from query.lang import nodes as n
from query.lang.parse import parse

MOST_CHARACTERS = 65_536
"""Of all texts that are kept. A tree takes 30 to 150 bytes for each, so that all take some megabytes."""

LONGEST = MOST_CHARACTERS // 4
"""Longer ones are not kept: they would take the places of all others."""

_EACH = 64
"""Characters that any text counts for besides its own, so that short ones are not too many."""


class KeptTrees:
    """Parses texts, and keeps the trees of the last of them. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trees: OrderedDict[str, n.Query] = OrderedDict()
        self._characters = 0

    def __len__(self) -> int:
        """How many trees are kept."""
        return len(self._trees)

    def parse(self, text: str) -> n.Query:
        """The syntax tree, as of `query.lang.parse.parse`; raises like it."""
        with self._lock:
            tree = self._trees.get(text)
            if tree is not None:
                self._trees.move_to_end(text)
                return tree
        tree = parse(text)
        if len(text) <= LONGEST:
            self._keep(text, tree)
        return tree

    def _keep(self, text: str, tree: n.Query) -> None:
        with self._lock:
            if text not in self._trees:
                self._trees[text] = tree
                self._characters += _weight(text)
            while self._characters > MOST_CHARACTERS:
                oldest, _ = self._trees.popitem(last=False)
                self._characters -= _weight(oldest)


def _weight(text: str) -> int:
    return len(text) + _EACH
