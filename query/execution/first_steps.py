"""What a query needs to know before it can be compiled well: found by statements of its own, run first.

All of them read the snapshot of the query, and count towards its limits. Whether they are run or not, the query yields
the same rows: what they find only says where those cannot be.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from query.execution.context_step import ContextStep
from query.execution.executor import Session
from query.execution.facets_step import with_plenty
from query.execution.sound import Make, Sound
from query.plan import logical
from query.plan.describe import describe_condition
from query.plan.expressions import Condition, Constant, EqualsAny, InRows
from query.plan.must_read import looked_at, must_read
from query.plan.prune import Pruned
from query.plan.pruning import Pruning
from query.plan.rewrite import bottom_up, in_memberships, in_subqueries
from query.sql.around import Asked, compile_matches
from query.sql.compile import Compiled, compile_values
from query.sql.statement import Notice

_MOST_ROWS = 65_536
"""Rows among which so few values must be found: more are not worth the time before the query itself begins."""


class FirstSteps:
    """Takes the first steps of one query. Used by one thread.

    Attributes:
        pruned: what they read.
        notices: what the asker should know of them.
        failures: values that they could not compute.
        told: what they found, in words.
    """

    def __init__(self, pruning: Pruning, sound: Sound, session: Session, listed_values: int) -> None:
        self.pruned: list[Pruned] = []
        self.notices: list[Notice] = []
        self.failures = 0
        self.told: list[str] = []
        self._pruning = pruning
        self._sound = sound
        self._session = session
        self._most_values = listed_values

    def settled(self, plan: logical.Plan) -> logical.Plan:
        """The plan with what was found in it.

        Raises:
            QueryError: a query inside it cannot be run as written.
            LogstoreError: the query was ended, or came to a limit.
        """
        plan = in_memberships(in_subqueries(plan, self.settled), self._looked_up)
        return bottom_up(plan, self._stage)

    def _stage(self, node: logical.Plan) -> logical.Plan:
        match node:
            case logical.Context():
                return self._with_context(node)
            case logical.Facets():
                return self._with_plenty(node)
        return node

    def _with_plenty(self, node: logical.Facets) -> logical.Facets:
        # The look takes no time. What comes after it does, and so waits only once.
        self._session.must_read(self._must_read(node))
        found = with_plenty(node, self._pruning, self._rows)
        if found.plenty is not None:
            self.told.append(f"fields of too many values to list: {', '.join(sorted(found.plenty)) or 'none so far'}")
        return found

    def _must_read(self, plan: logical.Plan) -> int:
        return must_read(plan, (self._pruning.of_plan(plan),))

    def _rows(self, make: Make) -> Iterator[pa.RecordBatch]:
        """Runs a statement whose rows are read again by the query itself: it is in no books."""
        compiled = self._sound.statement(make)
        return self._session.run(compiled.sql, compiled.tables, compiled.steps)

    def _with_context(self, node: logical.Context) -> logical.Plan:
        self._session.must_read(self._must_read(node.input))
        asked = Asked(node.by, self._pruning)
        plan, matches, is_cut = ContextStep(node, asked, self._run).taken()
        self._add_failures(self._sound.statement(partial(compile_matches, node.input, asked)))
        self.told.append(f"matches to show the context of: {matches:,}")
        if is_cut:
            hint = "narrow the search or the time window, or choose them by limit"
            self.notices.append(Notice(f"only the first {matches:,} matches have their context here", node.span, hint))
        return plan

    def _run(self, make: Make) -> tuple[Compiled, Iterator[pa.RecordBatch]]:
        """Runs a statement, and puts it into the books."""
        compiled = self._sound.statement(make)
        self.pruned += compiled.pruned
        self.notices += (notice for notice in compiled.notices if notice not in self.notices)
        return compiled, self._session.run(compiled.sql, compiled.tables, compiled.steps)

    def _looked_up(self, condition: InRows) -> Condition:
        self._session.must_read(looked_at(condition.query, self._pruning.of_plan(condition.query)))
        compiled = self._sound.statement(partial(compile_values, condition, self._pruning, _MOST_ROWS + 1))
        found: set[Constant] = set()
        rows = 0
        for batch in self._session.run(compiled.sql, compiled.tables, compiled.steps):
            rows += batch.num_rows
            if len(found) <= self._most_values:
                found.update(_constants(batch, compiled))
        if len(found) > self._most_values or rows > _MOST_ROWS:
            self.told.append(f"{describe_condition(condition)}: too many values for a list")
            return condition
        self.told.append(f"{describe_condition(condition)}: values found: {len(found)}")
        self._count(compiled)
        return EqualsAny(condition.value, tuple(sorted(found, key=lambda each: (each.kind.value, str(each.value)))))

    def _count(self, compiled: Compiled) -> None:
        """Puts a step that was taken into the books."""
        self.pruned += compiled.pruned
        self.notices += compiled.notices
        self._add_failures(compiled)

    def _add_failures(self, compiled: Compiled) -> None:
        if compiled.failures_sql is not None:
            batches = self._session.run(compiled.failures_sql, compiled.tables, compiled.steps)
            (row,) = [row for batch in batches for row in batch.to_pylist()]
            self.failures += int(row["failures"])


def _constants(batch: pa.RecordBatch, compiled: Compiled) -> Iterator[Constant]:
    for column, values in zip(compiled.output.columns, batch.columns, strict=True):
        for value in pc.unique(values.drop_null()).to_pylist():
            yield Constant(value, column.kind)
