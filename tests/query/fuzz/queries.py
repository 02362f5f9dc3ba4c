"""Queries as the grammar allows them, over all stages and functions, most of which have an answer."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from query.lang import nodes as n
from query.lang.unparse import unparse
from tests.query.lang import strategies


@st.composite
def _settled(draw: st.DrawFn, inner: n.Query) -> n.Query:
    """The query with one column, as `in` and `join` want it."""
    column = draw(strategies.fields)
    return replace(inner, stages=(*inner.stages, n.Fields((column,))))


@st.composite
def _mostly_legal(draw: st.DrawFn) -> n.Query:
    query = draw(strategies.queries)
    if isinstance(query.search, n.FieldIn):
        search = replace(query.search, query=draw(_settled(query.search.query)))
        query = replace(query, search=search)
    stages = [
        replace(stage, query=draw(_settled(stage.query))) if isinstance(stage, n.Join) else stage
        for stage in query.stages
    ]
    return replace(query, stages=tuple(stages))


queries = st.one_of(strategies.queries, _mostly_legal())
texts = queries.map(unparse)
