"""What a query needs to know before it can be compiled well: found by statements of its own, run first.

All of them read the snapshot of the query, and count towards its limits. Whether they are run or not, the query yields
the same rows: what they find only says where those cannot be.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from logstore.model.snapshot import Snapshot
from query.execution.executor import Session
from query.execution.sound import Make, Sound
from query.plan import logical
from query.plan.describe import describe_condition
from query.plan.expressions import Condition, Constant, EqualsAny, InRows
from query.plan.prune import Pruned
from query.plan.rewrite import in_memberships, in_subqueries
from query.plan.survey import Survey
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

    def __init__(self, snapshot: Snapshot, survey: Survey, sound: Sound, session: Session, listed_values: int) -> None:
        self.pruned: list[Pruned] = []
        self.notices: list[Notice] = []
        self.failures = 0
        self.told: list[str] = []
        self._snapshot = snapshot
        self._survey = survey
        self._sound = sound
        self._session = session
        self._most_values = listed_values

    def settled(self, plan: logical.Plan) -> logical.Plan:
        """The plan with what was found in it.

        Raises:
            QueryError: a query inside it cannot be run as written.
            LogstoreError: the query was ended, or came to a limit.
        """
        return in_memberships(in_subqueries(plan, self.settled), self._looked_up)

    def _looked_up(self, condition: InRows) -> Condition:
        compiled = self._compiled(partial(compile_values, condition, self._snapshot, _MOST_ROWS + 1, self._survey))
        found: set[Constant] = set()
        rows = 0
        for batch in self._session.run(compiled.sql, compiled.tables):
            rows += batch.num_rows
            if len(found) <= self._most_values:
                found.update(_constants(batch, compiled))
        if len(found) > self._most_values or rows > _MOST_ROWS:
            self.told.append(f"{describe_condition(condition)}: too many values for a list")
            return condition
        self.told.append(f"{describe_condition(condition)}: values found: {len(found)}")
        self._count(compiled)
        return EqualsAny(condition.value, tuple(sorted(found, key=lambda each: (each.kind.value, str(each.value)))))

    def _compiled(self, make: Make) -> Compiled:
        return self._sound.statement(make)

    def _count(self, compiled: Compiled) -> None:
        """Puts a step that was taken into the books."""
        self.pruned += compiled.pruned
        self.notices += compiled.notices
        if compiled.failures_sql is not None:
            (row,) = [
                row for batch in self._session.run(compiled.failures_sql, compiled.tables) for row in batch.to_pylist()
            ]
            self.failures += int(row["failures"])


def _constants(batch: pa.RecordBatch, compiled: Compiled) -> Iterator[Constant]:
    for column, values in zip(compiled.output.columns, batch.columns, strict=True):
        for value in pc.unique(values.drop_null()).to_pylist():
            yield Constant(value, column.kind)
