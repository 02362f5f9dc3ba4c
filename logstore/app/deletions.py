"""Deletions as people and programs order them and are told of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from logstore.app.formats.texts import times
from logstore.app.listing import ListColumn, Listing, check_limit, list_rows
from logstore.app.questions import Cancellation, Desk, Question
from logstore.app.window import WindowRequest, resolve
from logstore.errors import CallerError
from logstore.model.schema import Kind
from logstore.model.snapshot import Deletion
from logstore.model.timespan import TimeSpan
from logstore.storage.catalog.records import DeletionState
from logstore.storage.upkeep.deletions import DeletionOrder, DeletionStatus, UndoneDeletion
from query.lang.lasting import lasting

COLUMNS: tuple[ListColumn, ...] = (
    ("number", Kind.INT),
    ("state", Kind.TEXT),
    ("time", Kind.TIME),
    ("by", Kind.TEXT),
    ("search", Kind.TEXT),
    ("from", Kind.TIME),
    ("to", Kind.TIME),
    ("seq", Kind.INT),
    ("rows", Kind.INT),
    ("pending_parts", Kind.INT),
    ("gone", Kind.INT),
    ("erase", Kind.TIME),
    ("ended", Kind.TIME),
)
"""What is told of a deletion; `docs/http-api.md` says what each means."""

BRIEF = frozenset({"number", "state", "time", "by", "search", "from", "to", "rows", "gone"})
"""What a table shows of it."""

MOST_NAME = 200
"""Characters of the name of whoever makes a deletion."""


class Eraser(Protocol):
    """Who keeps deletions. Blocking; safe from several threads."""

    def delete(self, order: DeletionOrder) -> Deletion:
        """Deletes events."""

    def undelete(self, number: int) -> UndoneDeletion:
        """Makes the events of a deletion visible again."""

    def deletions(self) -> tuple[DeletionStatus, ...]:
        """Every deletion that is known, newest first."""


@dataclass(frozen=True, slots=True)
class Matching:
    """The events that match something: how many, and the times of the first and the last."""

    events: int
    first_ns: int | None
    last_ns: int | None


def order_of(search: str, window: WindowRequest, now_ns: int, made_by: str, *, at_once: bool = False) -> DeletionOrder:
    """What is to be deleted, with everything that is relative to now made absolute.

    Raises:
        CallerError: no window is given, or it makes no sense; or the search is empty.
        QueryError: the search is none, or has stages.
    """
    if window == WindowRequest():
        raise CallerError("it is not said of which time", "give from and to, since, or all")
    if not search.strip():
        # As a query it finds everything, and in a script it is a variable that was never set.
        raise CallerError("the search is empty, which would be everything", "write '*' to delete everything")
    return DeletionOrder(lasting(search, now_ns), resolve(window, now_ns), made_by[:MOST_NAME], erase_at_once=at_once)


def count_matching(desk: Desk, search: str, window: TimeSpan, now_ns: int, cancellation: Cancellation) -> Matching:
    """Counts what a search finds now, in its lasting form."""
    text = f"{search} | stats count() as events, min(time) as first, max(time) as last"
    with desk.ask(Question(text, window, None, now_ns), cancellation) as answer:
        (batch,) = answer.batches()
    events, *ends = (column[0].as_py() for column in (_plain(column) for column in batch.columns))
    return Matching(int(events), *((None if end is None else int(end)) for end in (*ends, None, None)[:2]))


def _plain(column: pa.Array) -> pa.Array:
    return column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column


def told_order(order: DeletionOrder) -> dict[str, Any]:
    """What is to be deleted, as JSON."""
    start, end = (rfc3339(bound) for bound in (order.window.start_ns, order.window.end_ns))
    return {"search": order.search, "from": start, "to": end}


def told_matching(found: Matching) -> dict[str, Any]:
    """What matches, as JSON."""
    return {"events": found.events, "first": rfc3339(found.first_ns), "last": rfc3339(found.last_ns)}


def told_undone(undone: UndoneDeletion) -> dict[str, Any]:
    """What became of an undeletion, as JSON."""
    return {"number": undone.number, "gone": undone.gone}


def list_deletions(statuses: Iterable[DeletionStatus], limit: int) -> Listing:
    """Deletions, newest first.

    Raises:
        CallerError: they are too many to list.
    """
    check_limit(limit)
    rows = [_row(status) for status in statuses]
    return list_rows(COLUMNS, rows[:limit], cut=len(rows) > limit)


def rfc3339(time_ns: int | None) -> str | None:
    """A time as text; None stays None."""
    return None if time_ns is None else times(pa.array([time_ns]))[0].as_py()


def _row(status: DeletionStatus) -> Mapping[str, Any]:
    record, deletion = status.record, status.record.deletion
    is_active = record.state is DeletionState.ACTIVE
    return {
        "number": deletion.number,
        "state": record.state.value,
        "time": deletion.made_ns,
        "by": record.made_by,
        "search": deletion.search,
        "from": deletion.window.start_ns,
        "to": deletion.window.end_ns,
        "seq": deletion.seq,
        "rows": record.marked if is_active else None,
        "pending_parts": status.pending_parts if is_active else None,
        "gone": record.gone,
        "erase": deletion.erase_ns if is_active else None,
        "ended": record.ended_ns,
    }
