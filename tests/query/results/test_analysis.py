"""Tests of query.results.analysis."""

from __future__ import annotations

from dataclasses import replace

from query.execution.book import Activity, Measured, Profile, Ran
from query.execution.purpose import Purpose
from query.results.analysis import Slices, explain_run
from query.results.facts import Facts, Lacking, Outside

FACTS = Facts(rows=2, cut=False, could_not_compute=0, notices=(), scanned_parts=1, scanned_rows=9, elapsed_ns=1, seq=1)
PROFILE = Profile(3_500_000, 1_234_567, 3, 12, 2_500, 9_000_000, 0)
ROWS = Ran(Purpose.ROWS, 2, 12_345_678, 4, 1, 70_000, PROFILE)
SPENT = {Activity.WAITING: 1_500_000_000, Activity.PLANNING: 250_000, Activity.DATABASE: 12_345_678}
MEASURED = Measured(SPENT, (ROWS,), frozenset("abcd"), 3)


def section(text: str, name: str) -> list[str]:
    """The lines of a section."""
    (lines,) = [each.splitlines()[1:] for each in text.split("\n\n") if each.splitlines()[0] == name]
    return [line.removeprefix("  ") for line in lines]


def test_the_sections_have_their_order() -> None:
    """First what came of it, at the end each statement."""
    text = explain_run(MEASURED, FACTS, 5)
    assert [each.splitlines()[0] for each in text.split("\n\n")] == ["run", "time", "was read", "statements"]


def test_times_stand_below_each_other_and_add_up() -> None:
    """Every activity, with its unit, and their sum."""
    assert section(explain_run(MEASURED, FACTS, 5), "time") == [
        "taking the snapshot              0.0 ms",
        "waiting for a place to run   1,500.0 ms",
        "planning and pruning             0.2 ms",
        "asking word indexes              0.0 ms",
        "bringing and checking files      0.0 ms",
        "counting values in files         0.0 ms",
        "taking rows one by one           0.0 ms",
        "DuckDB                          12.3 ms",
        "everything else                  0.0 ms",
        "in all                       1,512.6 ms",
    ]


def test_what_was_read_is_told_with_units() -> None:
    """Of all statements together; of memory and disk the most that one of them had."""
    more = replace(PROFILE, memory_bytes=4, spilled_bytes=1)
    measured = replace(MEASURED, ran=(ROWS, replace(ROWS, profile=more)), indexes=1)
    assert section(explain_run(measured, FACTS, 5), "was read") == [
        "4 of 5 parts begun",
        "word indexes of 1 part asked",
        "2,469,134 bytes from files",
        "processor time of DuckDB: 7.0 ms",
        "in memory at most: 9,000,000 bytes of all queries",
        "spilled at most: 1 byte of all queries",
    ]


def test_a_statement_is_a_line() -> None:
    """What for, rows, time, and what was read for it; of files and memory nothing where there was none."""
    bare = Ran(Purpose.GATHER, 1, 0, 0, profile=Profile())
    assert section(explain_run(replace(MEASURED, ran=(bare, ROWS)), FACTS, 5), "statements") == [
        "gathering: 1 row, 0.0 ms",
        (
            "rows: 2 rows, 12.3 ms, 3 of 12 row groups in 4 files, 2,500 rows out of them, 1,234,567 bytes read,"
            " 70,000 rows in 1 table in memory"
        ),
        (
            "2 statements in all: 3 rows, 12.3 ms, 3 of 12 row groups in 4 files, 2,500 rows out of them,"
            " 1,234,567 bytes read, 70,000 rows in 1 table in memory"
        ),
    ]


def test_of_many_statements_the_first_are_told_and_a_sum() -> None:
    """A line that stands for one alone says no more than that one."""
    ran = [replace(ROWS, rows=n, files=0, batches=0) for n in range(7)]
    lines = section(explain_run(replace(MEASURED, ran=ran), FACTS, 5), "statements")
    assert len(lines) == 5 + 2
    assert lines[4:] == [
        "rows: 4 rows, 12.3 ms",
        "and 2 more: 11 rows, 24.7 ms",
        "7 statements in all: 21 rows, 86.4 ms",
    ]
    lines = section(explain_run(replace(MEASURED, ran=ran[:6]), FACTS, 5), "statements")
    assert lines[5] == "rows: 5 rows, 12.3 ms"


def test_of_a_statement_that_was_left_early_it_is_said() -> None:
    """DuckDB tells nothing of it."""
    lines = section(
        explain_run(replace(MEASURED, ran=(replace(ROWS, profile=None, batches=0),)), FACTS, 5), "statements"
    )
    assert lines[0].endswith(", ended before the last row: 1")


def test_nothing_is_told_of_what_did_not_happen() -> None:
    """An answer that is whole is one line."""
    assert section(explain_run(MEASURED, FACTS, 5), "run") == ["2 rows, thrown away, in 1,512.6 ms"]


def test_what_happened_is_told() -> None:
    """Cut, enough, failed, outside, lacking."""
    facts = replace(FACTS, cut=True, could_not_compute=1_000, outside=Outside(3, 5), lacking=Lacking(1, 20, 0, 9))
    assert section(explain_run(MEASURED, facts, 5, Slices(1, 12)), "run")[1:] == [
        "cut at the limit of 2 rows: there are more",
        "enough after 1 of 12 slices of time, newest first",
        "values that could not be computed: 1,000",
        "matching events outside the time window: 3",
        "damaged, missing or out of reach: 1 part of 20 events",
    ]
    assert section(explain_run(MEASURED, FACTS, 5, Slices(12, 12)), "run")[1:] == []
