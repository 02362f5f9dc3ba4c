"""Where the values of one stage are worked out: steps that build on each other, each computed once.

Nested expressions over several kinds would repeat their operands' SQL without end. So what is used more than once is
*kept*: it becomes a column of its own in a layer over the relation, and further steps name that column. Layers are
plain projections and cost next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from query.sql.rows import Rows
from query.sql.statement import FailureCount, Statement
from query.sql.typed import Typed, all_of, present

_OWN_NAME = re.compile(r"\b[a-z][0-9]+\b")
_ATOM = re.compile(r"[a-z][0-9]+|(?:[0-9]+|\(-?[0-9]+\)|NULL|true|false)(?:::[A-Z]+)?|'[^']*'(?:::[A-Z]+)?")
"""What may be repeated, and stand in any place of an expression without parentheses: our names and plain literals."""


class Bench:
    """The working place of a stage over its input rows."""

    def __init__(self, statement: Statement, rows: Rows) -> None:
        self.statement = statement
        self.rows = rows
        self._kept: dict[str, str] = {}
        self._level: dict[str, int] = {}
        self._steps: list[list[str]] = []
        self._guards: list[str] = []
        self._failures: list[str] = []

    def keep(self, sql: str) -> str:
        """Something short and safe that stands for an expression, which is then computed once per row."""
        return sql if _ATOM.fullmatch(sql) else self.column(sql)

    def column(self, sql: str) -> str:
        """The name of a column that holds an expression, also when that is a literal.

        For ORDER BY and GROUP BY, where a literal is no value: DuckDB refuses a text, and takes a bare integer for the
        position of a column.
        """
        if _OWN_NAME.fullmatch(sql):
            return sql
        if sql not in self._kept:
            self._kept[sql] = self._add_step(sql)
        return self._kept[sql]

    def keep_all(self, value: Typed) -> Typed:
        """The value with every alternative kept."""
        return Typed({kind: self.keep(sql) for kind, sql in value.items()}, value.severity)

    def _add_step(self, sql: str) -> str:
        # A text literal that looks like one of our names only makes the layer later than it must be.
        level = 1 + max((self._level.get(name, -1) for name in _OWN_NAME.findall(sql)), default=-1)
        name = self.statement.fresh("x")
        self._level[name] = level
        while len(self._steps) <= level:
            self._steps.append([])
        self._steps[level].append(f"{sql} AS {name}")
        return name

    def fail_where(self, condition: str) -> None:
        """Counts the rows where the condition holds as values that could not be computed."""
        guarded = all_of([*self._guards, condition])
        if guarded not in self._failures:
            self._failures.append(guarded)

    def strict(self, arguments: list[Typed], result: Typed) -> Typed:
        """The result of a function whose arguments were all present should be present; where it is not, it failed."""
        kept = self.keep_all(result)
        self.fail_where(all_of([*map(present, arguments), f"NOT {present(kept)}"]))
        return kept

    @contextmanager
    def only_where(self, condition: str) -> Iterator[None]:
        """Inside, failures count only in rows where the condition holds."""
        self._guards.append(condition)
        yield
        self._guards.pop()

    def close(self) -> Rows:
        """The rows with all kept columns at hand; registers the failures."""
        relation = self.rows.relation
        for steps in self._steps:
            wider = self.statement.define(f"SELECT *, {', '.join(steps)} FROM {relation}")
            self.statement.widened[wider] = relation
            relation = wider
        if self._failures:
            self.statement.failures.append(FailureCount(relation, tuple(self._failures)))
        self._steps, self._failures = [], []
        return self.rows.at(relation)
