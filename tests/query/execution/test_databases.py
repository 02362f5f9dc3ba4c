"""Which instance a query runs in."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from logstore.model.schema import FIXED_COLUMNS
from logstore.model.snapshot import Part, RowGroup
from query.execution.databases import Databases
from query.execution.limits import Limits

PART = Part("/p", 1, 1, 1, 0, 1, 1, 1, FIXED_COLUMNS, has_more=False, tags=None, row_groups=(RowGroup(0, 9, 0, 1),))
FOOTER_BYTES = len(FIXED_COLUMNS) * 1024


def test_an_instance_that_remembers_too_much_is_replaced() -> None:
    """Each part is counted once; who is in the old instance stays there, and the last one out closes it."""
    databases = Databases(Limits(threads=1), footer_bytes=FOOTER_BYTES)
    first = databases.lease()
    first.will_read([PART])
    first.will_read([PART, PART])
    second = databases.lease()
    assert second._instance is first._instance
    second.will_read([replace(PART, path="/q")])
    third = databases.lease()
    assert third._instance is not first._instance
    old = first._instance.database
    first.end()
    assert second.cursor.execute("SELECT 1").fetchall() == [(1,)]
    second.end()
    with pytest.raises(duckdb.Error):
        old.execute("SELECT 1")
    assert third.cursor.execute("SELECT 1").fetchall() == [(1,)]
    third.end()
    databases.close()


def test_each_query_has_its_share_of_the_memory() -> None:
    """So that one which sorts or groups much spills, and leaves the others theirs."""
    databases = Databases(Limits(threads=1, memory_bytes=400 << 20, max_running=4))
    lease = databases.lease()
    assert lease.cursor.execute("SELECT current_setting('operator_memory_limit')").fetchall() == [("100.0 MiB",)]
    lease.end()
    databases.close()


def test_a_clean_cursor_is_had_again() -> None:
    """With its share of the memory; one in which something is left is closed."""
    databases = Databases(Limits(threads=1, memory_bytes=400 << 20, max_running=4))
    first = databases.lease()
    first.end(is_clean=True)
    second = databases.lease()
    assert second.cursor is first.cursor
    assert second.cursor.execute("SELECT current_setting('operator_memory_limit')").fetchall() == [("100.0 MiB",)]
    second.end(is_clean=False)
    with pytest.raises(duckdb.ConnectionException):
        second.cursor.execute("SELECT 1")
    third = databases.lease()
    assert third.cursor is not first.cursor
    third.end(is_clean=True)
    databases.close()
    with pytest.raises(duckdb.ConnectionException):
        third.cursor.execute("SELECT 1")


def test_cursors_of_an_instance_that_was_replaced_are_closed() -> None:
    """They would keep the instance, and all that it remembers, in memory."""
    databases = Databases(Limits(threads=1), footer_bytes=FOOTER_BYTES)
    idle, last = databases.lease(), databases.lease()
    idle.end(is_clean=True)
    last.will_read([PART, replace(PART, path="/q")])
    new = databases.lease()
    assert new._instance is not last._instance
    last.end(is_clean=True)
    for each in (idle, last):
        with pytest.raises(duckdb.ConnectionException):
            each.cursor.execute("SELECT 1")
    new.end()
    databases.close()


def test_an_instance_that_was_given_gives_each_a_new_cursor() -> None:
    """Statements that strangers wrote share nothing."""
    databases = Databases(Limits(threads=1), duckdb.connect())
    first = databases.lease()
    first.end(is_clean=True)
    second = databases.lease()
    assert second.cursor is not first.cursor
    second.end()
    databases.close()
