"""The rows that groups make, sorted, cut and chosen among as the stages behind them say. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from logstore.model.schema import ARROW_TYPES, Column, Kind
from logstore.model.tally import Integers
from query.plan import logical
from query.tallied.keys import Values

Numbers: TypeAlias = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Series:
    """A column of all groups.

    Attributes:
        ranks: of each group, a number; they ascend as the values do.
        missing: the rank of a missing value, if any may be missing.
        values: what the ranks stand for; None: themselves.
        kind: theirs, then.
    """

    ranks: Numbers
    missing: int | None = None
    values: Values | None = None
    kind: Kind = Kind.INT

    def arrays(self, places: Integers) -> Mapping[Kind, pa.Array]:
        """The values of these groups, by kind."""
        ranks = self.ranks[places]
        return {self.kind: pa.array(ranks)} if self.values is None else self.values.arrays(ranks)

    def sort_key(self, places: Integers, *, descending: bool = False) -> Numbers:
        """Numbers that ascend as the groups should, missing values last either way."""
        ranks = self.ranks[places]
        if not descending:
            return ranks
        return -ranks if self.missing is None else np.where(ranks == self.missing, 1, -ranks)


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows.

    Attributes:
        series: the columns by name, in their order.
        places: of each row, its group, in the order of the rows.
    """

    series: Mapping[str, Series]
    places: Integers

    def stage(self, node: logical.Plan) -> Groups:
        """What a stage makes of them; only of those that `is_staged` says."""
        match node:
            case logical.Sort(_, keys):
                terms = [self.series[key.field.name].sort_key(self.places, descending=key.descending) for key in keys]
                return self.sorted([*terms, *(each.sort_key(self.places) for each in self.series.values())])
            case logical.Limit(_, count):
                return replace(self, places=self.places[:count])
            case logical.Project(_, choices):
                return replace(self, series={choice.name: self.series[choice.name] for choice in choices})
        raise TypeError(node)

    def sorted(self, terms: Sequence[Numbers]) -> Groups:
        """Another order: by these, the first one above all."""
        return replace(self, places=self.places[np.lexsort(terms[::-1])])

    def batch(self, columns: Sequence[Column]) -> pa.RecordBatch:
        """The rows as a statement yields them."""
        made = {name: series.arrays(self.places) for name, series in self.series.items()}
        arrays = [_array(made[column.field], column.kind, len(self.places)) for column in columns]
        return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in columns])


def is_staged(node: logical.Plan) -> bool:
    """Whether a stage is one of those that are done here."""
    if isinstance(node, logical.Project):
        return bool(node.choices) and not any(choice.prefix for choice in node.choices)
    return isinstance(node, logical.Sort | logical.Limit)


def _array(arrays: Mapping[Kind, pa.Array], kind: Kind, rows: int) -> pa.Array:
    """A kind that no value here has is a column all the same."""
    found = arrays.get(kind)
    return pa.nulls(rows, pa.int64() if kind is Kind.TIME else ARROW_TYPES[kind]) if found is None else found
