"""Searches that are kept: their text means the same whenever it is read, whatever is stored by then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from logstore.errors import QueryError, Span
from logstore.model.timespan import NS_PER_SECOND
from query.lang import nodes as n
from query.lang.parse import parse
from query.lang.unparse import unparse_search


def lasting(text: str, now_ns: int) -> str:
    """The canonical text of a search that stands alone, with times that are relative to now made absolute.

    Raises:
        QueryError: it is no search, has stages, or looks at other events than the one that it tests.
    """
    query = parse(text)
    if query.stages:
        where = query.stages[0].span
        raise QueryError("this takes a search, not stages", text, where, "leave out what comes after the '|'")
    return unparse_search(_lasting(query.search, text, now_ns))


def _lasting(term: n.Search, text: str, now_ns: int) -> n.Search:
    match term:
        case n.And(terms) | n.Or(terms):
            return replace(term, terms=tuple(_lasting(each, text, now_ns) for each in terms))
        case n.Not(inner):
            return replace(term, term=_lasting(inner, text, now_ns))
        case n.TimeWithin(length):
            return n.TimeRange(_instant(now_ns - (length.nanoseconds or 0)), _instant(now_ns + 1))
        case n.FieldIn(_, _, span):
            raise QueryError(*_in_refusal(text, span))
    return term


def _in_refusal(text: str, span: Span) -> tuple[str, str, Span, str]:
    message = "this takes no in(…): what it finds would change with what is stored"
    return message, text, span, "name the values: field:(a, b, c)"


def _instant(ns: int) -> n.Time:
    seconds, fraction = divmod(ns, NS_PER_SECOND)
    return n.Time(f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z")
