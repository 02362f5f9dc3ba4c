"""What running a query took and gave, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from query.execution.book import Activity, Measured, Ran
from query.execution.purpose import Purpose
from query.results.answer import Work
from query.results.facts import Facts

_INDENT = "  "
_MOST_SHOWN = 5
"""Statements that are told one by one: those of slices and portions are all alike."""


@dataclass(frozen=True, slots=True)
class Slices:
    """Slices of time, newest first, of which no more are asked once there are enough rows."""

    asked: int
    of: int


def slices_asked(work: Work, measured: Measured, facts: Facts) -> Slices | None:
    """How many slices an answer took; None when it was not sought in slices, or all of them were asked."""
    if not facts.cut and facts.rows != work.enough:
        return None
    if work.lookup is not None:
        return Slices(_number(measured, Purpose.LOOKUP), sum(1 for _ in work.lookup.addresses()))
    if work.checks is not None:
        return Slices(_number(measured, Purpose.ROWS), sum(1 for _ in work.statements()))
    return None


def _number(measured: Measured, purpose: Purpose) -> int:
    return sum(ran.purpose is purpose for ran in measured.ran)


def explain_run(measured: Measured, facts: Facts, parts: int, slices: Slices | None = None) -> str:
    """What came of it, where the time went, what was read, and what each statement did.

    Args:
        measured: what was taken down.
        facts: about the answer.
        parts: of the snapshot.
        slices: after which there were enough rows; None: all was asked.
    """
    sections = {
        "run": _came(measured, facts, slices),
        "time": _times(measured),
        "was read": _was_read(measured, parts),
        "statements": _statements(measured.ran),
    }
    return "\n\n".join("\n".join([name, *(f"{_INDENT}{line}" for line in lines)]) for name, lines in sections.items())


def _came(measured: Measured, facts: Facts, slices: Slices | None) -> Iterator[str]:
    yield f"{_count(facts.rows, 'row')}, thrown away, in {_ms(sum(measured.spent_ns.values()))}"
    if facts.cut:
        yield f"cut at the limit of {_count(facts.rows, 'row')}: there are more"
    if slices is not None and slices.asked < slices.of:
        yield f"enough after {slices.asked:,} of {_count(slices.of, 'slice')} of time, newest first"
    if facts.could_not_compute:
        yield f"values that could not be computed: {facts.could_not_compute:,}"
    if facts.outside is not None:
        yield f"matching events outside the time window: {facts.outside.events:,}"
    if facts.lacking is not None:
        lacking = facts.lacking
        yield f"damaged, missing or out of reach: {_count(lacking.parts, 'part')} of {_count(lacking.rows, 'event')}"


def _times(measured: Measured) -> Iterator[str]:
    spent = {activity.value: _ms(measured.spent_ns.get(activity, 0)) for activity in Activity}
    spent["in all"] = _ms(sum(measured.spent_ns.values()))
    names, times = max(map(len, spent)), max(map(len, spent.values()))
    return (f"{name.ljust(names)}  {time.rjust(times)}" for name, time in spent.items())


def _was_read(measured: Measured, parts: int) -> Iterator[str]:
    told = [ran.profile for ran in measured.ran if ran.profile is not None]
    yield f"{len(measured.paths):,} of {_count(parts, 'part')} begun"
    yield f"word indexes of {_count(measured.indexes, 'part')} asked"
    yield f"{_count(sum(each.bytes_read for each in told), 'byte')} from files"
    yield f"processor time of DuckDB: {_ms(sum(each.cpu_ns for each in told))}"
    # DuckDB counts both for all queries of an instance together.
    yield f"in memory at most: {_count(max((each.memory_bytes for each in told), default=0), 'byte')} of all queries"
    yield f"spilled at most: {_count(max((each.spilled_bytes for each in told), default=0), 'byte')} of all queries"


def _statements(ran: Sequence[Ran]) -> Iterator[str]:
    shown = ran if len(ran) <= _MOST_SHOWN + 1 else ran[:_MOST_SHOWN]
    for each in shown:
        yield f"{each.purpose.value}: {_did([each])}"
    if len(shown) < len(ran):
        yield f"and {len(ran) - len(shown):,} more: {_did(ran[len(shown) :])}"
    yield f"{_count(len(ran), 'statement')} in all: {_did(ran)}"


def _did(ran: Sequence[Ran]) -> str:
    """Figures of a statement, or of several together: what is begun again and again is counted each time."""
    told = [each.profile for each in ran if each.profile is not None]
    files, batches = sum(each.files for each in ran), sum(each.batches for each in ran)
    figures = [_count(sum(each.rows for each in ran), "row"), _ms(sum(each.elapsed_ns for each in ran))]
    if files:
        groups, of = sum(each.row_groups for each in told), sum(each.of_row_groups for each in told)
        figures.append(f"{groups:,} of {_count(of, 'row group')} in {_count(files, 'file')}")
        figures.append(f"{_count(sum(each.rows for each in told), 'row')} out of them")
        figures.append(f"{_count(sum(each.bytes_read for each in told), 'byte')} read")
    if batches:
        memory_rows = sum(each.memory_rows for each in ran)
        figures.append(f"{_count(memory_rows, 'row')} in {_count(batches, 'table')} in memory")
    if len(told) < len(ran):
        figures.append(f"ended before the last row: {len(ran) - len(told):,}")
    return ", ".join(figures)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _ms(time_ns: int) -> str:
    return f"{time_ns / 1e6:,.1f} ms"
