"""Which row groups of a part can meet a clue, as far as its index tells."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from weakref import WeakKeyDictionary

from logstore.model.schema import columns_of
from logstore.model.snapshot import Part
from query.plan.clues import NOTHING, All, Any, Clue, Holds, What
from query.plan.kept_volumes import KeptVolumes
from query.source import Indexes, NoIndexes, PartIndex

_MOST_CLUES = 128
"""Clues of which it is remembered what indexes tell: some 170 bytes for each of them and each index that is open."""

_MOST_PIECES = 256
"""Texts that such a clue looks for. Those of a question as long as may be take half a megabyte, whose kind is rare."""


class Findings:
    """What indexes told questions about clues: dashboards ask the same again, of parts that never change.

    What an index told is forgotten once nobody holds the index. Safe from several threads.

    Attributes:
        volumes: what was taken of tallies.
    """

    def __init__(self) -> None:
        self.volumes = KeptVolumes()
        self._found: OrderedDict[Clue, MutableMapping[PartIndex, int]] = OrderedDict()
        self._lock = threading.Lock()

    def about(self, clue: Clue) -> MutableMapping[PartIndex, int]:
        """The row groups in which an event may meet the clue, by index; who asks an index adds what it tells."""
        if _pieces(clue) > _MOST_PIECES:
            return WeakKeyDictionary()
        with self._lock:
            found = self._found.get(clue)
            if found is None:
                found = self._found[clue] = WeakKeyDictionary()
                if len(self._found) > _MOST_CLUES:
                    self._found.popitem(last=False)
            else:
                self._found.move_to_end(clue)
            return found


def _pieces(clue: Clue) -> int:
    return 1 if isinstance(clue, Holds) else sum(map(_pieces, clue.clues))


class Survey:
    """Looks into indexes, and remembers what it found: a question asks the same of the same parts again and again.

    For one question in one thread.

    Args:
        indexes: of the parts that are asked; None: they have none.
        findings: what other questions found out, and those to come may know; None: nothing.

    Attributes:
        volumes: what was taken of tallies.
    """

    def __init__(self, indexes: Indexes | None = None, findings: Findings | None = None) -> None:
        self._indexes = indexes or NoIndexes()
        self._findings = findings or Findings()
        self.volumes = self._findings.volumes
        self._found: dict[Clue, dict[str, int | None]] = {}

    def asking(self, clue: Clue) -> Callable[[Part], int | None] | None:
        """What gives the row groups of a part in which an event may meet the clue; None: there is nothing to ask.

        As bits, of which the n-th is for the n-th row group; None: all of them.
        """
        if clue == NOTHING:
            return None
        found = self._found.setdefault(clue, {})
        earlier = self._findings.about(clue)

        def row_groups(part: Part) -> int | None:
            if part.path not in found:
                found[part.path] = self._look(part, clue, earlier)
            return found[part.path]

        return row_groups

    def tallies(self, part: Part) -> PartIndex | None:
        """What is known of how many rows of a part have what; None: nothing."""
        return self._indexes.index_of(part)

    def _look(self, part: Part, clue: Clue, earlier: MutableMapping[PartIndex, int]) -> int | None:
        index = self._indexes.index_of(part)
        if index is None:
            return None
        everywhere = (1 << len(part.row_groups)) - 1
        found = earlier.get(index)
        if found is None:
            found = earlier[index] = _row_groups(index, part, clue, everywhere)
        if found == everywhere:
            return None
        self._indexes.left_out(len(part.row_groups) - found.bit_count())
        return found


def _row_groups(index: PartIndex, part: Part, clue: Clue, everywhere: int) -> int:
    match clue:
        case All(clues):
            found = everywhere
            for each in clues:
                if not found:
                    break
                found &= _row_groups(index, part, each, everywhere)
            return found
        case Any(clues):
            found = 0
            for each in clues:
                if found == everywhere:
                    break
                found |= _row_groups(index, part, each, everywhere)
            return found
        case Holds():
            return _holding(index, part, clue, everywhere)


def _holding(index: PartIndex, part: Part, clue: Holds, everywhere: int) -> int:
    """In any of the columns that hold the field's values of these kinds."""
    columns = columns_of(part.columns, clue.field)
    if not columns:
        return everywhere if part.has_more else 0
    found = 0
    for column in columns:
        if column.kind in clue.kinds:
            there = _asked(index, column.name, clue)
            found |= everywhere if there is None else there
    return found


def _asked(index: PartIndex, column: str, clue: Holds) -> int | None:
    match clue.what:
        case What.WORD:
            return index.with_word(column, clue.text)
        case What.TEXT:
            return index.with_text(column, clue.text)
        case What.VALUE:
            return index.with_value(column, clue.text)
        case What.ANYTHING:
            return None
