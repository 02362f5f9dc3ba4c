"""From text to syntax tree."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from threading import Lock
from typing import cast

from lark import Lark, UnexpectedInput
from lark.parsers.lalr_interactive_parser import InteractiveParser

from logstore.errors import QueryError, Span
from query.lang import limits
from query.lang import nodes as n
from query.lang.build import Builder
from query.lang.check import check
from query.lang.diagnose import diagnose
from query.lang.fault import Fault
from query.lang.walk import children, walk


def parse(text: str) -> n.Query:
    """The syntax tree of a query that passes every check that needs no data.

    Raises:
        QueryError: it is no query; with the place, what is wrong there and what to write instead.
    """
    if len(text) > limits.MAX_CHARACTERS:
        raise QueryError(f"the query has {len(text)} characters; {limits.MAX_CHARACTERS} are allowed")
    try:
        query = _read(text)
        check(query)
    except Fault as fault:
        raise fault.in_text(text) from None
    return query


def _read(text: str) -> n.Query:
    _refuse_surrogates(text)
    try:
        # The builder makes nodes where Lark's types speak of trees.
        query = cast("n.Query", _parser().parse(text))
    except UnexpectedInput as error:
        raise diagnose(text, error) from None
    _refuse_large(query)
    return query


def _refuse_surrogates(text: str) -> None:
    for index, char in enumerate(text):
        if "\ud800" <= char <= "\udfff":
            raise Fault("this is no character (bytes that were no UTF-8, perhaps)", Span(index, index + 1))


def _refuse_large(query: n.Query) -> None:
    queries = named = 0
    for number, (node, depth) in enumerate(walk(query)):
        if number >= limits.MAX_NODES:
            hint = "ask several questions, or join with a query that finds the values"
            raise Fault(f"a query has at most {limits.MAX_NODES:,} parts", node.span, hint)
        named += sum(1 for _ in children(node)) if isinstance(node, n.Stage) else 0
        if named > limits.MAX_NAMED:
            hint = "a star takes all fields that start so: fields a.*"
            raise Fault(f"the stages of a query name at most {limits.MAX_NAMED} things", node.span, hint)
        if depth > limits.MAX_DEPTH:
            raise Fault(f"nested more than {limits.MAX_DEPTH} levels deep", node.span, "split the query, or use in (…)")
        queries += isinstance(node, n.Query)
        if queries > limits.MAX_QUERIES:
            raise Fault(f"more than {limits.MAX_QUERIES} queries in one", node.span, "ask them one after the other")


def parsing(text: str) -> InteractiveParser:
    """The parser at the start of a text, for who wants to read it step by step."""
    return _parser().parse_interactive(text)


_making = Lock()
"""Held while the parser is made, once: two threads that make one disturb each other in Python's own parser."""


def _parser() -> Lark:
    """The parser, made when the first query comes: making it takes longer than all else that a short command does."""
    with _making:
        return _made()


@cache
def _made() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", start="query", transformer=Builder(), maybe_placeholders=True)
