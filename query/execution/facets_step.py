"""The first step of `facets`: a look at a few rows, for the fields whose values are too many to be listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pyarrow as pa

from query.execution.sound import Make
from query.plan import logical
from query.plan.apart import apart
from query.plan.earlier import times_read
from query.plan.prune import Bounds
from query.plan.pruning import Pruning
from query.plan.sampled import sample_of
from query.plan.shape import chain_of, is_row_by_row, scan_of
from query.sql.compile import SHAPE, compile_plan
from query.sql.many_valued import compile_many_valued

_LEAST_ROWS = 4096
"""Rows that must be left of a sample. Of fewer no column can show enough values, though all rows may have very many."""

Look = Callable[[Make], Iterator[pa.RecordBatch]]
"""Runs a statement."""


def with_plenty(node: logical.Facets, pruning: Pruning, look: Look) -> logical.Facets:
    """The stage, told which fields have too many values; as it is where a sample cannot tell."""
    if not is_row_by_row(node.input):
        return node
    pruned = compile_plan(node.input, pruning, SHAPE).pruned[0]
    scan = scan_of(node.input)
    _, pruned = apart(chain_of(node), scan, pruned, Bounds(times_read(scan), pruning.snapshot.seq))
    portion = sample_of(pruned)
    if portion is None:
        return node
    (row,) = (
        row for batch in look(partial(compile_many_valued, node.input, pruning, portion)) for row in batch.to_pylist()
    )
    if row["o1"] < _LEAST_ROWS:
        return node
    return replace(node, plenty=frozenset(name for name in row["o2"] if name is not None))
