"""Relations that are rows of one table, written as one SELECT of it.

A chain of relations is how stages build on each other; where none of them but a scan and filters stands between a table
and the answer, each costs the database as much as the answer itself: names to bind, columns to carry along. So what
they come to is kept beside them, in terms of the table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

_TOKEN = re.compile(r"""'[^']*'|"[^"]*"|\b[a-z][0-9]+\b""")
"""A literal, or as much of it as comes before a doubled quote, a quoted name likewise, or a name of ours."""


@dataclass(frozen=True, slots=True)
class Flat:
    """Rows of a table.

    Attributes:
        table: as FROM names it, with an alias by which `columns` are qualified: no name within a condition hides them.
        columns: what each column of the relation is, in terms of the table; atoms, so that they fit into any place.
        conditions: those that hold for the rows, in terms of the table.
        is_typed: whether columns have the types that answers have.
    """

    table: str
    columns: Mapping[str, str]
    conditions: tuple[str, ...]
    is_typed: bool

    def where(self, condition: str) -> Flat | None:
        """Those of the rows that meet a condition; None where it looks at more than columns of the relation."""
        if any(token[0] not in "'\"" and token not in self.columns for token in _TOKEN.findall(condition)):
            return None
        return replace(self, conditions=(*self.conditions, f"({self.of(condition)})"))

    def of(self, sql: str) -> str:
        """The same SQL in terms of the table."""
        return _TOKEN.sub(lambda token: self.columns.get(token[0], token[0]), sql)

    def select(self, terms: str, rest: str = "") -> str:
        """A SELECT of terms, with what comes after its conditions; both as of the relation."""
        where = f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""
        return f"SELECT {self.of(terms)} FROM {self.table}{where}{self.of(rest)}"
