"""A query as people like to read it: its canonical text, with a stage on each line where one line would be too long."""

from __future__ import annotations

from query.lang import nodes as n
from query.lang.unparse import unparse, unparse_search, unparse_stage

MOST_COLUMNS = 80
"""Characters of a query that stays on one line: what the editors of panels show without a break."""


def laid_out(query: n.Query) -> str:
    """The canonical text, on several lines where it is long: `parse(laid_out(query)) == query`."""
    line = unparse(query)
    if len(line) <= MOST_COLUMNS or not query.stages:
        return line
    return "\n".join([unparse_search(query.search), *(f"| {unparse_stage(stage)}" for stage in query.stages)])
