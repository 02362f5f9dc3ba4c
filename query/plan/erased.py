"""What deletions leave out of the pieces of a snapshot: known rows of files, and whatever meets a condition. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from logstore.errors import QueryError, StorageError
from logstore.model.deletions import known_rows, touches
from logstore.model.schema import SEQ, TIME
from logstore.model.snapshot import DeletedRows, Deletion, Part
from query.lang import nodes
from query.lang.parse import parse
from query.plan.demand import Demand, demand_of
from query.plan.expressions import And, Condition, FieldRef, NumberTest, TimeTest
from query.plan.lower_search import SearchLowering
from query.plan.prune import Piece, unwanted

MOST_ROWS = 8_000_000
"""Rows of files that a statement leaves out by their numbers, which are in memory then, 8 bytes each and as much again.
What more of them a query would read it tests instead."""


@dataclass(frozen=True, slots=True)
class Erased:
    """A deletion, as a condition that its events meet; `demand` is what such an event must be like."""

    deletion: Deletion
    condition: Condition
    demand: Demand


@dataclass(frozen=True, slots=True)
class Missing:
    """What of a piece is left out: these rows of its file, and the events that meet one of these conditions."""

    rows: tuple[DeletedRows, ...] = ()
    tests: tuple[Erased, ...] = ()


@lru_cache(4096)
def erased(deletion: Deletion) -> Erased:
    """The condition of a deletion.

    Raises:
        StorageError: its search is none that this version understands.
    """
    try:
        query = parse(deletion.search)
        searched = SearchLowering(deletion.made_ns, _refuse).condition(query.search)
    except QueryError as error:
        raise StorageError(
            f"the search of deletion {deletion.number} is not understood: {error.message}",
            "use the version of Logstore that made it, or undo it: `logstore undelete`",
        ) from error
    time, window = FieldRef(TIME), deletion.window
    tests: list[Condition] = [NumberTest(FieldRef(SEQ), "<=", deletion.seq, read_text=False)]
    if window.start_ns is not None:
        tests.append(TimeTest(time, ">=", window.start_ns))
    if window.end_ns is not None:
        tests.append(TimeTest(time, "<", window.end_ns))
    return Erased(deletion, And((*tests, searched)), demand_of(searched))


def missing_of(pieces: Sequence[Piece], deletions: Sequence[Deletion]) -> list[Missing]:
    """What is left out of each of the pieces that a statement reads."""
    if not deletions:
        return [Missing()] * len(pieces)
    active = {one.number for one in deletions}
    known = [tuple(known_rows(piece, active)) if isinstance(piece, Part) else () for piece in pieces]
    are_few = sum(each.count for found in known for each in found) <= MOST_ROWS
    return [
        Missing(found if are_few else (), _tests(piece, deletions, are_few=are_few))
        for piece, found in zip(pieces, known, strict=True)
    ]


def _tests(piece: Piece, deletions: Sequence[Deletion], *, are_few: bool) -> tuple[Erased, ...]:
    """The deletions that each event of the piece must be tested for."""
    known = {found.deletion for found in piece.deleted if are_few or not found.count} if isinstance(piece, Part) else ()
    tests = (erased(one) for one in deletions if one.number not in known and touches(one, piece))
    return tuple(test for test in tests if unwanted(piece, test.demand) is None)


def _refuse(_: nodes.Query) -> NoReturn:
    raise QueryError("a query inside a deletion")
