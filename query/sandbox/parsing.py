"""DuckDB as the parser: text to a syntax tree and back, and what a statement's columns are. Nothing is run of it."""

from __future__ import annotations

import json
from typing import Any

import duckdb

from logstore.errors import QueryError
from query.lang.limits import MAX_CHARACTERS, MAX_DEPTH
from query.sandbox.faults import syntax_error
from query.sandbox.growth import Node
from query.sandbox.nesting import nesting

_PARSE = "SELECT json_serialize_sql($1::VARCHAR, skip_null := true, skip_empty := true, skip_default := true)"
_UNPARSE = "SELECT json_deserialize_sql($1::JSON)"


def parse_sql(cursor: duckdb.DuckDBPyConnection, text: str) -> Node:
    """The tree of the one query that a text is.

    Raises:
        QueryError: it is too large, or no SQL, or anything but one SELECT.
    """
    if len(text) > MAX_CHARACTERS:
        raise QueryError(f"a query is at most {MAX_CHARACTERS:,} characters long, this one is {len(text):,}")
    if nesting(text) > MAX_DEPTH:
        raise QueryError("the query is nested too deeply", text)
    if "\0" in text or _is_broken(text):
        raise QueryError("the query holds characters that no SQL has", text)
    told = _loaded(_one(cursor, _PARSE, text), text)
    if told.get("error"):
        raise syntax_error(told, text)
    statements = told.get("statements", ())
    if len(statements) != 1:
        raise QueryError("one SELECT can be asked at a time", text)
    node: Node = statements[0]["node"]
    return node


def unparse_sql(cursor: duckdb.DuckDBPyConnection, node: Node) -> str:
    """The SQL of a tree."""
    return _one(cursor, _UNPARSE, json.dumps({"error": False, "statements": [{"node": node}]}))


def described(cursor: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[str, str]]:
    """Name and type of each column of a SELECT."""
    return [(str(row[0]), str(row[1])) for row in cursor.execute(f"DESCRIBE {sql}").fetchall()]


def instant_of(cursor: duckdb.DuckDBPyConnection, expression: Node) -> int | None:
    """The nanoseconds of an expression without columns that is an instant; None when it is none."""
    if _looks_around(expression):
        return None
    plain = {key: value for key, value in expression.items() if key != "alias"}
    node = {"type": "SELECT_NODE", "select_list": [plain], "from_table": {"type": "EMPTY"}, "cte_map": {}}
    node["aggregate_handling"] = "STANDARD_HANDLING"
    try:
        value = unparse_sql(cursor, node)
        found = cursor.execute(f"SELECT epoch_ns(({value})::TIMESTAMPTZ)").fetchone()
    except duckdb.Error:
        # The statement itself will say what is wrong with it, if anything is.
        return None
    return found[0] if found is not None and isinstance(found[0], int) else None


def _looks_around(node: Any) -> bool:
    """Whether an expression has columns or queries in it."""
    if isinstance(node, list):
        return any(_looks_around(each) for each in node)
    if not isinstance(node, dict):
        return False
    return node.get("class") in {"COLUMN_REF", "SUBQUERY"} or any(_looks_around(each) for each in node.values())


def _is_broken(text: str) -> bool:
    """Whether it holds lone surrogates, which UTF-8 has not."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def _one(cursor: duckdb.DuckDBPyConnection, sql: str, value: str) -> str:
    row = cursor.execute(sql, [value]).fetchone()
    if row is None:
        raise TypeError(sql)
    return str(row[0])


def _loaded(told: str, text: str) -> Node:
    try:
        loaded: Node = json.loads(told)
    except RecursionError:
        raise QueryError("the query is nested too deeply", text) from None
    return loaded
