"""Which fields have too many values for `facets` to list them, as far as some of the rows tell."""

from __future__ import annotations

from collections.abc import Collection

from query.plan.logical import Plan
from query.plan.portions import Portion
from query.plan.pruning import Pruning
from query.sql import quote
from query.sql.compile import Compiled, Compiler, Extent
from query.sql.final import Output
from query.sql.stage_facets import TOO_MANY, columns_of

_NO_ANSWER = Output((), more=False, events=False)


def compile_many_valued(
    plan: Plan, pruning: Pruning, portion: Portion, without: Collection[str] = frozenset()
) -> Compiled:
    """A statement that yields one row: how many rows the portion has, and the fields with too many values in them."""
    compiler = Compiler(pruning, without)
    rows, columns = columns_of(compiler.statement, compiler.rows(plan, Extent(portion=portion)))
    names = (
        f"CASE WHEN approx_count_distinct({column.sql}) > {TOO_MANY} THEN {quote.text(column.field)} END"
        for column in columns
    )
    terms = f"count(*) AS o1, [{', '.join(names)}]::VARCHAR[] AS o2"
    return compiler.finish(compiler.statement.select(terms, rows.relation), _NO_ANSWER)
