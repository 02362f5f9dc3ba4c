"""Which statements answer a question: a slice of time or a portion of the files each, where one would read too much."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from logstore.model.row_id import RowId
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.execution.sound import Make
from query.pages.choice import taker
from query.plan import logical
from query.plan.countable import counted_of
from query.plan.even_slices import even_slices
from query.plan.known import KnownRows, known_rows
from query.plan.must_read import must_read
from query.plan.portions import NOTHING, Portion, portions_of
from query.plan.prune import Bounds, Pruned
from query.plan.pruning import Pruning
from query.plan.shape import is_computing, is_pageable, is_row_by_row, scan_of
from query.plan.slices import RARE, RARE_SHARE, SEARCH, slices_of
from query.plan.split import has_subqueries, split
from query.results.answer import Makes, Work
from query.results.lookup import MOST_ROWS as MOST_LOOKED_UP
from query.results.lookup import Address, Lookup
from query.sql.compile import Compiled, Extent, compile_addresses, compile_census, compile_plan
from query.sql.gathered import Gathered
from query.sql.kept_shapes import KeptShapes
from query.taking.conditions import Check
from query.taking.wanted import MOST_ROWS as MOST_TAKEN
from query.taking.wanted import Asked, Wanted, checks_of, wanted_of
from query.tallied.unread import Unread

_MOST_EXPLAINED = 3
"""Statements before the last that are shown: those that read portions are all alike."""

_TAKEN = "-- none, as long as the rows can be taken from files and memory one by one; else"


@dataclass(frozen=True, slots=True)
class Question:
    """A plan, and which of its rows are wanted.

    Attributes:
        plan: the plan.
        pruning: of the snapshot that it is asked of.
        limit: rows to give at most; None: all.
        after_seq: only rows of events beyond this one.
        is_export: whether all rows are wanted, and are written somewhere as they come.
        most_files: that a statement should read at most.
        after: only the rows behind this one; of plans that are pageable.
        with_ids: whether rows that stem from events show their ids.
        text: what was asked.
        shapes: knows which columns the answers to texts have.
    """

    plan: logical.Plan
    pruning: Pruning
    limit: int | None
    after_seq: int | None
    is_export: bool
    most_files: int
    after: RowId | None = None
    with_ids: bool = False
    text: str = ""
    shapes: KeptShapes = field(default_factory=KeptShapes)

    @property
    def extent(self) -> Extent:
        """One row more than wanted, which tells whether the answer is cut."""
        return Extent(
            self.after_seq,
            self._window,
            None if self.limit is None else self.limit + 1,
            after=self.after,
            is_addressed=self.limit is not None and is_pageable(self.plan),
            with_ids=self.with_ids,
        )

    def work(self) -> Work:
        """What an answer has to run: statements of at most so many files each, as far as the plan can be divided.

        Raises:
            QueryError: the query cannot be run as written.
        """
        unread = self._unread()
        checks = self._checks()
        is_alone = checks is None and self._is_alone(unread)
        whole = compile_plan(self.plan, self.pruning, self.extent) if is_alone else self._shape()
        at_once = partial(self._at_once, whole if is_alone else None)
        census, pageable = self._census(), is_pageable(self.plan)
        work = Work(whole, at_once, None, self.limit, self._enough, census, pageable)
        if is_row_by_row(self._body):
            if _reads_nothing(whole):
                return replace(work, statements=_no_statements)
            wanted = None if checks is None else self._wanted(checks, whole)
            return self._sliced(work) if wanted is None else replace(work, wanted=wanted, otherwise=self._sliced)
        return work if unread is None else self._divided(work, unread)

    def must_read(self, work: Work) -> int:
        """The events that its work has to look at before it can answer.

        None for an export: how long that takes is its reader's choice, and slow readers must not keep others waiting.
        """
        return 0 if self.is_export else must_read(self._body, work.whole.pruned)

    def explained(self) -> list[Compiled]:
        """The statements, for people to read: one of each sort, and instead of slices all of them at once."""
        work = self.work()
        is_taken, work = work.wanted is not None, work.by_statements()
        if work.checks is not None:
            made = [compile_plan(self.plan, self.pruning, replace(self.extent, is_early=True))]
        else:
            made = [make(without=frozenset()) for make in work.statements()]
        made = made or [compile_plan(self.plan, self.pruning, self.extent)]
        if is_taken:
            made[0] = replace(made[0], sql=f"{_TAKEN}\n{made[0].sql}")
        return made if len(made) <= _MOST_EXPLAINED else [*made[:_MOST_EXPLAINED], made[-1]]

    @property
    def _window(self) -> TimeSpan | None:
        """The part of the plan's window in which the wanted events lie; None: all of it."""
        if self.after is None or not is_row_by_row(self.plan):
            return None
        return scan_of(self.plan).window.intersect(TimeSpan(None, self.after.time_ns + 1))

    @property
    def _body(self) -> logical.Plan:
        """The plan without a `limit` at its end."""
        return self.plan.input if isinstance(self.plan, logical.Limit) else self.plan

    @property
    def _enough(self) -> int | None:
        """That limit."""
        return self.plan.count if isinstance(self.plan, logical.Limit) else None

    def _unread(self) -> Unread | None:
        """What is known of the parts of a plan that can be divided."""
        if is_row_by_row(self._body) or self.after is not None or self.with_ids:
            return None
        divided = split(self.plan, self.extent.most_rows)
        if divided is None:
            return None
        bounds = Bounds(scan_of(self.plan).window, self.pruning.snapshot.seq, self.after_seq)
        pruned = self.pruning.of_plan(self.plan, self.after_seq)
        counted = counted_of(divided.each)
        known, unknown = known_rows(divided.each, counted, pruned, bounds, self.pruning.survey)
        return Unread(divided, counted, known, unknown, bounds, self.pruning.snapshot.deletions)

    def _is_alone(self, unread: Unread | None) -> bool:
        """Whether the statement for all rows is likely the only one. It tells the columns then, too."""
        if unread is not None and unread.is_told:
            return False
        pruned = self.pruning.of_plan(self.plan, self.after_seq)
        if is_row_by_row(self._body) and not pruned.pieces:
            # No statement at all is likely, so its columns are enough.
            return False
        is_one_slice = not is_row_by_row(self._body) or pruned.rows <= SEARCH.first_rows
        return is_one_slice and len(pruned.parts) <= self.most_files

    def _shape(self) -> Compiled:
        return self.shapes.shape(self.text, self.plan, self.pruning, replace(self.extent, portion=NOTHING))

    def _at_once(self, whole: Compiled | None) -> Iterator[Make]:
        make = partial(compile_plan, self.plan, self.pruning, self.extent)
        yield make if whole is None else partial(_made_before, whole, make)

    def _sliced(self, work: Work) -> Work:
        """Newest first, until there is enough; who wants all rows gets them so too: only a slice is sorted at once."""
        most = self._most
        if most is None and not self.is_export:
            return work
        pruned, window = work.whole.pruned[0], self.extent.window or scan_of(self.plan).window
        work = replace(work, lookup=self._lookup(pruned, window, most))
        in_slices = partial(even_slices if most is None else slices_of, most_files=self.most_files)
        windows = partial(in_slices, pruned, window)
        is_one = len(tuple(itertools.islice(windows(), 2))) <= 1
        if is_one and (self._enough is not None or not is_computing(self._body)):
            return work

        def statements() -> Iterator[Make]:
            for each in windows():
                extent = replace(self.extent, window=each, most_rows=most, is_early=True)
                yield partial(compile_plan, self._body, self.pruning, extent)

        def checks() -> Iterator[Make]:
            for portion in self._portions(pruned):
                yield partial(compile_plan, self.plan, self.pruning, replace(self.extent, portion=portion))

        return replace(work, statements=statements, checks=checks)

    def _checks(self) -> tuple[Check, ...] | None:
        """What the wanted rows must be like, where they may be taken without a statement."""
        kernel, most = taker(), self._most
        if kernel is None or most is None or most > MOST_TAKEN or self.after_seq is not None:
            return None
        return checks_of(self._body, kernel) if is_row_by_row(self._body) else None

    def _wanted(self, checks: tuple[Check, ...], whole: Compiled) -> Wanted | None:
        """The rows, where they can be taken without a statement."""
        kernel, most = taker(), self._most
        if kernel is None or most is None or whole.failures_sql is not None:
            return None
        bounds = Bounds(self._window or scan_of(self.plan).window, self.pruning.snapshot.seq)
        asked = Asked(self._body, checks, whole.pruned[0], bounds, self.after, most)
        return wanted_of(asked, whole.output, kernel)

    @property
    def _most(self) -> int | None:
        """So many of the first rows are wanted; None: all of them."""
        return self.extent.most_rows if self._enough is None else self._enough

    def _lookup(self, pruned: Pruned, window: TimeSpan, most: int | None) -> Lookup | None:
        """Finds the first rows before they are read; None where it is as well to read them all."""
        if most is None or most > MOST_LOOKED_UP or pruned.rows <= SEARCH.first_rows:
            return None
        left = sum(len(pruned.row_groups_of(part)) for part in pruned.parts)
        steps = RARE if left * RARE_SHARE <= left + pruned.passed else SEARCH

        def addresses() -> Iterator[Make]:
            for each in slices_of(pruned, window, steps, self.most_files):
                extent = replace(self.extent, window=each, most_rows=most)
                yield partial(compile_addresses, self._body, self.pruning, extent)

        def at(found: Sequence[Address]) -> Make:
            times = [time_ns for time_ns, _ in found]
            span, only = TimeSpan(min(times), max(times) + 1), tuple(seq for _, seq in found)
            extent = replace(self.extent, window=span, most_rows=most, only=only, is_early=True)
            return partial(compile_plan, self._body, self.pruning, extent)

        return Lookup(most, addresses, at)

    def _divided(self, work: Work, unread: Unread) -> Work:
        """Not of what is known without reading, and of too many files in portions."""
        known, unknown = unread.known, unread.unknown
        gathered = Gathered(unread.split, self.pruning, self.extent.most_rows, work.whole.most_rows)
        if len(unknown.parts) > self.most_files:
            return self._gathered(work, gathered, known, unknown)
        if not unread.is_told:
            return work
        otherwise = partial(gathered.at_once, known, unknown) if known else next(work.statements())
        whole = replace(work.whole, pruned=tuple(_read(each, known, unknown) for each in work.whole.pruned))
        reading = partial(_reading, known, unknown, otherwise)
        made = partial(_put_together, unread, whole, self.extent.most_rows, reading)
        return replace(work, whole=whole, statements=lambda: iter((made,)))

    def _gathered(self, work: Work, gathered: Gathered, known: KnownRows, unknown: Portion) -> Work:
        """Of a portion of the files after the other, and then of what these gave."""
        answer = partial(_reading, known, unknown, gathered.answer)

        def statements() -> Iterator[Make]:
            yield gathered.making
            if known:
                yield partial(gathered.known, known)
            for portion in portions_of(unknown, self.most_files):
                yield partial(gathered.portion, portion)
            yield answer

        return replace(work, whole=answer(), statements=statements)

    def _portions(self, pruned: Pruned) -> list[Portion]:
        whole = Portion(pruned.parts, pruned.head)
        return [whole] if has_subqueries(self.plan) else portions_of(whole, self.most_files)

    def _census(self) -> Makes | None:
        """What to run when an answer of event rows is empty: the same search without the window."""
        if self.after is not None or self.after_seq is not None:
            return None
        if not is_row_by_row(self.plan) or scan_of(self.plan).window == EVERYTHING:
            return None
        plan = _everywhere(self.plan)

        def statements() -> Iterator[Make]:
            if not has_subqueries(plan) and self.pruning.finds_nothing(plan):
                return
            for portion in self._portions(self.pruning.of_plan(plan)):
                yield partial(compile_census, plan, self.pruning, Extent(portion=portion))

        return statements


def _no_statements() -> Iterator[Make]:
    return iter(())


def _reads_nothing(shape: Compiled) -> bool:
    """Whether no event can be an answer, as far as pruning tells, and nothing is missing that might."""
    return not shape.lacking and not any(pruned.pieces for pruned in shape.pruned)


def _everywhere(plan: logical.Plan) -> logical.Plan:
    if isinstance(plan, logical.Scan):
        return replace(plan, window=EVERYTHING)
    return replace(plan, input=_everywhere(plan.input))


def _put_together(
    unread: Unread, whole: Compiled, most_rows: int | None, otherwise: Make, *, without: Collection[str]
) -> Compiled:
    """The rows themselves, where no statement is needed to make them."""
    found = unread.rows(whole.output.columns, most_rows)
    if found is None:
        return otherwise(without=without)
    return replace(whole, known=found, tables=(), failures_sql=None, reads=(), steps=())


def _made_before(whole: Compiled, make: Make, *, without: Collection[str] = frozenset()) -> Compiled:
    """What was compiled already, if nothing turned out to be unfit since."""
    return make(without=without) if without else whole


def _reading(
    known: KnownRows, unknown: Portion, make: Callable[..., Compiled], *, without: Collection[str] = frozenset()
) -> Compiled:
    """A statement that says that it reads only what is not known."""
    made = make(without=without)
    return replace(made, pruned=tuple(_read(each, known, unknown) for each in made.pruned))


def _read(pruned: Pruned, known: KnownRows, unknown: Portion) -> Pruned:
    return replace(unknown.of(pruned), counted=known.told)
