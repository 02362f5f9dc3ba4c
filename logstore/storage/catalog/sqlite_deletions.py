"""The catalog's tables of deletions, in SQLite."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any

from logstore.model.snapshot import DeletedRows, Deletion
from logstore.model.timespan import NS_PER_SECOND, TimeSpan
from logstore.storage.catalog.records import DeletionRecord, DeletionState, NewDeletion, Rewrite

AUDIT_S = 400 * 86_400
"""Seconds that a deletion is told of after its end: a year, and time to look."""

MOST_ENDED = 10_000
"""Deletions that are told of after their end; above it the oldest are forgotten."""

_COLUMNS = "number, search, from_ns, to_ns, seq, made_ns, tenant, erase_ns, rule"


def insert_deletion(connection: sqlite3.Connection, new: NewDeletion) -> Deletion:
    """Adds a deletion under the next number."""
    (number,) = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM deletions").fetchone()
    gone = 0
    if new.replaces is not None:
        row = connection.execute("SELECT gone FROM deletions WHERE number = ?", (new.replaces,)).fetchone()
        gone = 0 if row is None else row[0]
    deletion = Deletion(
        number, new.search, new.window, new.seq, new.made_ns, new.tenant, new.erase_ns, new.rule
    )  # fmt: skip
    values = (*_values(deletion), new.made_by, gone, DeletionState.ACTIVE.value)
    connection.execute(
        f"INSERT INTO deletions ({_COLUMNS}, made_by, gone, state) VALUES ({', '.join('?' * len(values))})",  # noqa: S608 - constants
        values,
    )
    if new.replaces is not None:
        connection.executemany(
            "UPDATE deleted_rows SET deletion = ? WHERE part = ? AND deletion = ?",
            [(number, name, new.replaces) for name in new.inherits],
        )
        # What it knew of other parts goes with it.
        connection.execute("DELETE FROM deletions WHERE number = ?", (new.replaces,))
    return deletion


def insert_deleted_rows(connection: sqlite3.Connection, found: Sequence[tuple[str, DeletedRows]]) -> None:
    """Adds what was found of parts that are listed and deletions that are active."""
    connection.executemany(
        "INSERT OR REPLACE INTO deleted_rows SELECT p.name, d.number, ?, ? FROM parts p, deletions d"
        " WHERE p.name = ? AND d.number = ? AND d.state = 'active'",
        [(each.count, each.rows, name, each.deletion) for name, each in found],
    )


def end_deletion(connection: sqlite3.Connection, number: int, state: DeletionState, ended_ns: int) -> None:
    """Ends an active deletion, and forgets the oldest of those that have ended."""
    connection.execute(
        "UPDATE deletions SET state = ?, ended_ns = ? WHERE number = ? AND state = 'active'",
        (state.value, ended_ns, number),
    )
    connection.execute("DELETE FROM deleted_rows WHERE deletion = ?", (number,))
    # The largest number stays, so that none is ever given twice.
    connection.execute(
        "DELETE FROM deletions WHERE state != 'active' AND number < (SELECT max(number) FROM deletions)"
        " AND (ended_ns < ? OR number <="
        " (SELECT number FROM deletions WHERE state != 'active' ORDER BY number DESC LIMIT 1 OFFSET ?))",
        (ended_ns - AUDIT_S * NS_PER_SECOND, MOST_ENDED),
    )


def count_gone(connection: sqlite3.Connection, rewrite: Rewrite) -> None:
    """Adds up which rows go from the files; must be called before the parts that are taken are listed no longer."""
    gone: Counter[int] = Counter()
    for name in rewrite.taken:
        for number, count in connection.execute("SELECT deletion, count FROM deleted_rows WHERE part = ?", (name,)):
            # Where nothing takes the place of parts, all of their rows go.
            if number in rewrite.erased or not rewrite.parts:
                gone[number] += count
    changes = [(count, number) for number, count in gone.items()]
    connection.executemany("UPDATE deletions SET gone = gone + ? WHERE number = ?", changes)


def load_active(connection: sqlite3.Connection) -> tuple[Deletion, ...]:
    """The active deletions, by number."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM deletions WHERE state = 'active' ORDER BY number")  # noqa: S608 - a constant
    return tuple(_deletion(row) for row in rows)


def load_records(connection: sqlite3.Connection) -> tuple[DeletionRecord, ...]:
    """All deletions, newest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS}, made_by, state, ended_ns, gone,"  # noqa: S608 - a constant
        " (SELECT coalesce(sum(count), 0) FROM deleted_rows WHERE deletion = number)"
        " FROM deletions ORDER BY number DESC"
    )
    return tuple(
        DeletionRecord(_deletion(row), made_by, DeletionState(state), ended_ns, marked, gone)
        for *row, made_by, state, ended_ns, gone, marked in rows
    )


def _values(deletion: Deletion) -> tuple[Any, ...]:
    return (
        deletion.number,
        deletion.search,
        deletion.window.start_ns,
        deletion.window.end_ns,
        deletion.seq,
        deletion.made_ns,
        deletion.tenant,
        deletion.erase_ns,
        deletion.rule,
    )


def _deletion(row: Sequence[Any]) -> Deletion:
    number, search, from_ns, to_ns, seq, made_ns, tenant, erase_ns, rule = row
    return Deletion(number, search, TimeSpan(from_ns, to_ns), seq, made_ns, tenant, erase_ns, rule)
