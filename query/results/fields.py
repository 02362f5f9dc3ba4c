"""Which fields there are: what completion and the curious ask before they ask anything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from logstore.model.schema import SEQ, Kind
from query.plan.prune import Piece
from query.sql.compile import Compiled


@dataclass(frozen=True, slots=True)
class KnownField:
    """A field that events have.

    Attributes:
        name: its name.
        kinds: the kinds of its values, in the order of `Kind`; empty for a rare field, which is kept in `_more`.
    """

    name: str
    kinds: tuple[Kind, ...]


def known_fields(compiled: Compiled, rare: Iterable[str]) -> list[KnownField]:
    """The fields that are columns of what a statement reads, by name, then those of `rare` that are none.

    Columns are those of whole parts and batches: a field may be told that has no value in the window, never the other
    way round.
    """
    kinds: dict[str, set[Kind]] = {}
    for name, kind in _columns(piece for pruned in compiled.pruned for piece in pruned.shaping):
        kinds.setdefault(name, set()).add(kind)
    order = {kind: place for place, kind in enumerate(Kind)}
    columns = [KnownField(name, tuple(sorted(kinds[name], key=order.__getitem__))) for name in sorted(kinds)]
    return columns + [KnownField(name, ()) for name in rare if name not in kinds]


def _columns(pieces: Iterable[Piece]) -> Iterator[tuple[str, Kind]]:
    # Of ten thousand parts most have the very same columns.
    for columns in {id(piece.columns): piece.columns for piece in pieces}.values():
        yield from ((column.field, column.kind) for column in columns if column.field != SEQ)
