"""A whole query, and the union of all that can stand in one."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as attribute
from typing import TypeAlias

from logstore.errors import Span
from query.lang.nodes.expressions import Expression
from query.lang.nodes.literals import NOWHERE, Choice, FieldChoice, Regex, Time
from query.lang.nodes.search import Search
from query.lang.nodes.stages import Aggregation, Assignment, Grouping, Renaming, SortKey, Stage


@dataclass(frozen=True, slots=True)
class Query:
    """A search, then stages."""

    search: Search
    stages: tuple[Stage, ...] = ()
    span: Span = attribute(default=NOWHERE, compare=False, repr=False)


Node: TypeAlias = (
    Query
    | Search
    | Stage
    | Expression
    | Choice
    | FieldChoice
    | Regex
    | Time
    | Assignment
    | Renaming
    | Aggregation
    | Grouping
    | SortKey
)
