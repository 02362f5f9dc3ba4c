"""A statement under construction: a chain of named relations, each defined in terms of earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import pyarrow as pa

from logstore.errors import Span
from logstore.model.batch import EventBatch
from logstore.model.snapshot import PartRead
from query.sql.counted_parts import CountedParts
from query.sql.flat import Flat


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the asker should know, with its place in the query where it has one."""

    message: str
    span: Span | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class FailureCount:
    """Conditions over one relation; each row where one holds is a value that could not be computed."""

    relation: str
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeadTable:
    """Batches that must be registered as one table under a name before the statement runs.

    `columns` are pairs (name in the statement, name in the batches' tables), which are of the same type in all of them;
    it needs no others. To register a table takes longer than to read a small one.
    """

    name: str
    batches: tuple[EventBatch, ...]
    columns: tuple[tuple[str, str], ...]

    def arrow(self) -> pa.Table:
        """Their columns, under their names in the statement. Nothing is copied."""
        aliases = [alias for alias, _ in self.columns]
        tables = [[batch.table.column(name) for _, name in self.columns] for batch in self.batches]
        return pa.concat_tables([pa.table(arrays, names=aliases) for arrays in tables])


class InMemory(Protocol):
    """Rows that are in memory, to be registered under a name."""

    @property
    def name(self) -> str:
        """Its name in the statement."""

    def arrow(self) -> pa.Table:
        """What it holds."""


Registered: TypeAlias = InMemory | CountedParts
"""Something that must be registered under a name before a statement runs."""

Digest: TypeAlias = Callable[[Iterable[pa.RecordBatch], Callable[[], None]], pa.Table]
"""Makes a table of the rows of a statement, outside of the database; calls its second argument now and then, which
raises when the query is to end."""


@dataclass(frozen=True, slots=True)
class Step:
    """What must be run before a statement: another one, and what makes a table of its rows.

    The statement finds that table under `name`. Steps run in their order; a later one may look at earlier tables.
    """

    name: str
    sql: str
    digest: Digest


@dataclass(slots=True)
class Statement:
    """Collects relations, tables, steps, failure conditions, notices and what is read while a plan is compiled."""

    relations: list[tuple[str, str]] = field(default_factory=list)
    tables: list[Registered] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    failures: list[FailureCount] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    reads: list[PartRead] = field(default_factory=list)
    computed_once: set[str] = field(default_factory=set)
    widened: dict[str, str] = field(default_factory=dict)
    """By name of a relation, the one that has the same rows with fewer columns."""
    flat: dict[str, Flat] = field(default_factory=dict)
    """By name of a relation that is rows of one table, what it is in terms of the table."""
    counted: tuple[str, str, int] | None = None
    """A relation of groups, its column that counts failures in the rows of each, and how many `failures` those are."""
    _made: int = 0

    def fresh(self, letter: str) -> str:
        """A name that nothing else has. Made of a letter and a number, so that it needs no quotes."""
        self._made += 1
        return f"{letter}{self._made}"

    def define(self, sql: str, *, once: bool = False) -> str:
        """Adds a relation and returns its name; `once` if few rows are to be worked out once for all who read it."""
        name = self.fresh("r")
        if once:
            self.computed_once.add(name)
        self.relations.append((name, sql))
        return name

    def narrow(self, relation: str, condition: str) -> str:
        """Adds the relation of those rows of another that meet a condition, and returns its name."""
        name = self.define(f"SELECT * FROM {relation} WHERE {condition}")
        flat = self.flat.get(relation)
        narrower = None if flat is None else flat.where(condition)
        if narrower is not None:
            self.flat[name] = narrower
        return name

    def step(self, final: str, digest: Digest) -> str:
        """Adds a step that runs the relations so far, ending in `final`; returns the name of its table.

        That name depends on the number of steps alone: the same in each statement that is made for a query.
        """
        name = f"step{len(self.steps) + 1}"
        self.steps.append(Step(name, self.render(final), digest))
        return name

    def start_over(self) -> None:
        """Forgets all but the notices and which names are taken: what comes is about rows that are computed already."""
        for each in (self.relations, self.tables, self.failures, self.reads, self.steps):
            each.clear()
        self.counted = None

    def failing_within(self, relation: str) -> list[str] | None:
        """The conditions of all failures, as conditions on the rows of this relation; None: it has not all of them."""
        same = {relation}
        while relation in self.widened:
            relation = self.widened[relation]
            same.add(relation)
        if any(each.relation not in same for each in self.failures):
            return None
        return [condition for each in self.failures for condition in each.conditions]

    def failures_so_far(self) -> str | None:
        """A value that every row of the statement can tell: its failures, where groups have counted all of them."""
        if self.counted is None or self.counted[2] != len(self.failures):
            return None
        relation, column, _ = self.counted
        return f"(SELECT sum({column})::BIGINT FROM {relation})"

    def notice(self, notice: Notice) -> None:
        """Adds a notice, once."""
        if notice not in self.notices:
            self.notices.append(notice)

    def select(self, terms: str, relation: str, rest: str = "", first: int = 0) -> str:
        """The whole statement, ending in a SELECT of terms from a relation, with what comes after FROM."""
        flat = self.flat.get(relation)
        if flat is not None:
            return flat.select(terms, rest)
        return self.render(f"SELECT {terms} FROM {relation}{rest}", first)

    def render(self, final: str, first: int = 0) -> str:
        """The whole statement, ending in `final`; or without the first relations, if nothing after them needs any.

        NOT MATERIALIZED: filters must reach the scan, and columns that nobody needs must never be read.
        """
        definitions = ",\n".join(f"{name} AS {self._keeping(name)} ({sql})" for name, sql in self.relations[first:])
        return f"WITH {definitions}\n{final}" if definitions else final

    def _keeping(self, name: str) -> str:
        return "MATERIALIZED" if name in self.computed_once else "NOT MATERIALIZED"

    def render_failures(self) -> str | None:
        """A statement that counts the values that could not be computed; None when none can fail."""
        if not self.failures:
            return None
        sums = [f"(SELECT {_total(each.conditions)} FROM {each.relation}{_where(each)})" for each in self.failures]
        return self.render(f"SELECT {' + '.join(sums)} AS failures")


def _where(failure: FailureCount) -> str:
    """Only the rows that count at all, so that the others go no further than the scan."""
    return f" WHERE {' OR '.join(f'({condition})' for condition in failure.conditions)}"


def _total(conditions: Sequence[str]) -> str:
    return " + ".join(f"count(*) FILTER (WHERE {condition})" for condition in conditions)
