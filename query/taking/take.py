"""Taking the newest rows that meet a condition, out of row groups and batches, the newest first."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from logstore.model.deletions import rows_of
from logstore.model.schema import SEQ, TIME
from logstore.model.snapshot import Part
from logstore.model.timespan import MAX_NS, MIN_NS
from query.pages.choice import compiled
from query.taking.conditions import EVERYTHING, Marks, narrow
from query.taking.groups import Group, NotTakenError, Places
from query.taking.held import HeldGroup
from query.taking.newest import Newest
from query.taking.rows import batch_of
from query.taking.runs import Run, runs_of
from query.taking.sealed import Fit, KeptOfFiles, SealedPart
from query.taking.wanted import Wanted

if TYPE_CHECKING:
    from query.pages.taking import Values

MOST_LOOKED_AT = 1 << 19
"""Rows. Where among so many there are not enough, the database, which reads with all processors, goes on."""

_PLENTY = 4
"""So many times the rows that are wanted are looked at first, by their times, lest they come less evenly than most."""

_NO_ROWS: Places = np.empty(0, np.int32)

_JUDGED_SHARE = 4
"""After one row in so many of these the database goes on if, by those found so far, there would not be enough."""


@dataclass(slots=True)
class Looked:
    """What was looked into, also where it was in vain.

    Attributes:
        paths: of the parts.
        row_groups, rows: row groups of these, and the rows that they hold.
        batches, held_rows: batches in memory, and their rows.
        bytes_read: from files; what was kept of them is not read again.
    """

    paths: set[str] = field(default_factory=set)
    row_groups: int = 0
    rows: int = 0
    batches: int = 0
    held_rows: int = 0
    bytes_read: int = 0


@dataclass(frozen=True, slots=True)
class Access:
    """How rows are come by.

    Attributes:
        kernel: `query.pages.taking`.
        kept: what is kept of files.
        fit: is asked before anything is read of a part.
        check: is called now and then; what it raises ends the question.
        without: paths of parts to leave out.
        looked: takes down what is looked into.
    """

    kernel: ModuleType
    kept: KeptOfFiles
    fit: Fit
    check: Callable[[], None]
    without: Collection[str]
    looked: Looked


@dataclass(frozen=True, slots=True)
class Taken:
    """Rows that were taken.

    Attributes:
        rows: in the form of a statement's.
        least_ns: no row that is older could be one of them.
    """

    rows: pa.RecordBatch
    least_ns: int


def take(wanted: Wanted, access: Access) -> Taken:
    """The rows.

    Raises:
        NotTakenError: it would take too long so, or they cannot be had so.
    """
    with ExitStack() as undo:
        return _Taking(wanted, access, undo).taken()


class _Taking:
    def __init__(self, wanted: Wanted, access: Access, undo: ExitStack) -> None:
        footers = compiled()
        if footers is None:
            raise NotTakenError
        self._wanted = wanted
        self._access = access
        self._undo = undo
        self._footers = footers
        self._pieces = wanted.pruned.pieces
        self._newest = Newest(wanted.most_rows)
        self._groups: list[Group] = []
        self._parts: dict[int, SealedPart] = {}
        self._deleted: dict[int, NDArray[np.int64]] = {}

    def taken(self) -> Taken:
        """All of it. Once."""
        looked = self._access.looked
        for run in runs_of(self._wanted.pruned, self._wanted.bounds.window, self._access.without):
            if self._newest.is_full and run.newest_ns < self._newest.least_ns:
                break
            if self._is_in_vain(run):
                raise NotTakenError
            self._access.check()
            if run.place is None:
                looked.batches, looked.held_rows = looked.batches + 1, looked.held_rows + run.rows
            else:
                looked.row_groups, looked.rows = looked.row_groups + 1, looked.rows + run.rows
            self._find(run)
        output, kernel = self._wanted.output, self._access.kernel
        rows = batch_of(self._newest.found(), self._groups, output, kernel, self._access.check)
        return Taken(rows, self._newest.least_ns)

    def _group(self, run: Run) -> Group:
        piece = self._pieces[run.piece]
        if not isinstance(piece, Part):
            return HeldGroup(piece, self._access.kernel)
        if run.place is None:
            raise TypeError(run)
        part = self._parts.get(run.piece)
        if part is None:
            access = self._access
            part = SealedPart(piece, access.kept, access.fit, access.kernel, self._footers)
            self._undo.callback(self._close, part)
            self._parts[run.piece] = part
        return part.group(run.place)

    def _is_in_vain(self, next_run: Run) -> bool:
        """Whether too many rows would have to be looked at, as far as it can be told by now."""
        looked = self._access.looked.rows + self._access.looked.held_rows
        is_too_much = looked + next_run.rows > MOST_LOOKED_AT
        if looked * _JUDGED_SHARE >= MOST_LOOKED_AT:
            is_too_much |= self._newest.count * MOST_LOOKED_AT < self._wanted.most_rows * looked
        # Adding up the rows of all parts is left to the last.
        return is_too_much and self._are_many

    @cached_property
    def _are_many(self) -> bool:
        return self._wanted.pruned.rows > MOST_LOOKED_AT

    def _close(self, part: SealedPart) -> None:
        part.close()
        self._access.looked.paths.add(part.part.path)
        self._access.looked.bytes_read += part.bytes_read

    def _find(self, run: Run) -> None:
        """Shows the rows of a run that meet the condition."""
        group, likely_ns = self._group(run), self._likely_ns(run)
        rows = _NO_ROWS if likely_ns is None else self._rows(run, group, likely_ns)
        if len(rows) < self._wanted.most_rows:
            rows = self._rows(run, group, MIN_NS)
        if not len(rows):
            return
        times_of, seqs_of = group.values((TIME, SEQ), None if len(rows) == group.rows else rows)
        times = times_of.numbers(rows)
        after = self._wanted.after
        if after is not None:
            behind = (times < after.time_ns) | ((times == after.time_ns) & (seqs_of.numbers(rows) < after.seq))
            rows, times = rows[behind], times[behind]
        wanted = times >= self._newest.cut_ns(times)
        rows, times = rows[wanted], times[wanted]
        self._newest.add(times, seqs_of.numbers(rows), len(self._groups), rows)
        self._groups.append(group)

    def _likely_ns(self, run: Run) -> int | None:
        """From when on a run likely has enough rows, if they come evenly over time; None where nothing can be said.

        Where nothing but its time says whether a row is wanted, this spares sorting those that are older by far.
        """
        share = self._wanted.most_rows * _PLENTY
        if self._newest.count or self._wanted.after is not None or share >= run.rows:
            return None
        if self._wanted.checks[run.piece] != EVERYTHING:
            return None
        return run.newest_ns - (run.newest_ns - run.oldest_ns) * share // run.rows

    def _rows(self, run: Run, group: Group, start_ns: int) -> Places:
        """The rows of a run that are not older, within the bounds, and meet the condition."""
        marks: Marks = np.ones(group.rows, np.uint8)
        check = self._wanted.checks[run.piece]
        if not self._narrow_to_bounds(run, group, marks, start_ns):
            return _NO_ROWS
        if not narrow(check, group.columns, lambda name, left: self._look(group, name, left), marks):
            return _NO_ROWS
        rows: Places = self._access.kernel.marked(marks)
        return rows

    def _narrow_to_bounds(self, run: Run, group: Group, marks: Marks, start_ns: int) -> bool:
        """Takes the marks from what is outside the bounds, is deleted, or is too old to be wanted."""
        bounds, kernel, piece = self._wanted.bounds, self._access.kernel, self._pieces[run.piece]
        start = MIN_NS if bounds.window.start_ns is None else bounds.window.start_ns
        start = max(start, self._newest.least_ns, start_ns)
        last = MAX_NS if bounds.window.end_ns is None else bounds.window.end_ns - 1
        if run.oldest_ns < start or run.newest_ns > last:
            (times,) = group.values((TIME,), None)
            if not times.mark(kernel.Test.between(start, last), marks):
                return False
        if bounds.seq is not None and piece.seq_max > bounds.seq:
            (seqs,) = group.values((SEQ,), None)
            if not seqs.mark(kernel.Test.between(0, bounds.seq), marks):
                return False
        if self._wanted.missing[run.piece].rows and run.place is not None and isinstance(piece, Part):
            rows = self._deleted_rows(run.piece)
            first = piece.row_groups[run.place].first_row
            begin, end = np.searchsorted(rows, (first, first + group.rows))
            marks[rows[begin:end] - first] = 0
        return True

    def _deleted_rows(self, piece: int) -> NDArray[np.int64]:
        """The rows of a part, ascending, that are known to be deleted."""
        if piece not in self._deleted:
            self._deleted[piece] = rows_of(self._wanted.missing[piece].rows)
        return self._deleted[piece]

    def _look(self, group: Group, name: str, marks: Marks) -> Values:
        """A column, of which the values of all marked rows are at hand."""
        # There may be thousands of tests.
        self._access.check()
        rows = self._access.kernel.marked(marks)
        (values,) = group.values((name,), None if len(rows) == len(marks) else rows)
        return values
