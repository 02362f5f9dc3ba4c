"""The walk over a statement's syntax tree: everything in it is known and allowed, or the statement is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from logstore.errors import QueryError, Span
from query.lang.limits import MAX_DEPTH
from query.lang.nearest import nearest
from query.sandbox.functions import ALLOWED, NOW, TODAY, TYPES
from query.sandbox.growth import MOST_GROWTH, GrowthError, Node, growth_of
from query.sandbox.shapes import EXPRESSIONS, IN_WORDS, LOCATION, OTHERS, UNTYPED, Shape

TABLE = "logs"
"""The one table that there is."""

# A node of SQL stands a few levels of JSON below the one above it.
_MOST_LEVELS = 4 * MAX_DEPTH
_SMALL = {capital: capital + 32 for capital in range(ord("A"), ord("Z") + 1)}
_LIST = "docs/sql.md lists what there is"


@dataclass(slots=True)
class Checked:
    """What a statement refers to.

    Attributes:
        names: every name that may be a column's, with its first place.
        functions: every function that is called, likewise.
        given: the names that it gives itself, to columns, tables and queries; in small letters.
        reads_all: whether a `*` asks for all columns.
        tables: how often the table itself is named.
        growth: how many times longer its functions may make a text.
    """

    names: dict[str, Span | None] = field(default_factory=dict)
    functions: dict[str, Span | None] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    reads_all: bool = False
    tables: int = 0
    growth: int = 1


def check(node: Node, text: str) -> Checked:
    """What the query refers to, whose tree `node` is and which was written as `text`.

    Raises:
        QueryError: something in it is not allowed; with its place.
    """
    walk = _Walk(text)
    walk.node(node, "node", frozenset(), 0)
    return walk.checked


class _Walk:
    def __init__(self, text: str) -> None:
        self.checked = Checked()
        self._text = text

    def node(self, node: Any, member: str, ctes: frozenset[str], level: int) -> None:
        """Checks what a member holds; `ctes` are the names that the queries around it have given to queries."""
        if level > _MOST_LEVELS:
            raise QueryError("the query is nested too deeply", self._text)
        if isinstance(node, list):
            for each in node:
                self.node(each, member, ctes, level + 1)
            return
        if not isinstance(node, Mapping):
            raise self._refused(member, None)
        kind, shape = self._shape(node, member)
        span = self._span(node)
        self._members(node, shape, kind, span)
        self._named(node, kind, ctes, span)
        inside = ctes
        for each in (node.get("cte_map") or {}).get("map", ()):
            # A query sees those before it. Its own name in it would be looked up elsewhere: among files, for one.
            self.node(each, "map", inside, level + 1)
            inside |= {ascii_lower(str(each["key"]))}
        for name in shape.nodes:
            if name in node and name != "cte_map":
                self.node(node[name], name, inside, level + 1)

    def _shape(self, node: Node, member: str) -> tuple[str, Shape]:
        expression, kind = node.get("class"), node.get("type")
        if expression is not None:
            shape = EXPRESSIONS.get(str(expression))
            if shape is None:
                raise self._refused(str(expression), self._span(node))
            return str(expression), shape
        if kind is not None:
            shape = OTHERS.get(str(kind))
            if shape is None:
                raise self._refused(str(kind), self._span(node))
            return f"{kind} of a query", shape
        shape = UNTYPED.get(member)
        if shape is None:
            raise self._refused(member, None)
        return member, shape

    def _members(self, node: Node, shape: Shape, kind: str, span: Span | None) -> None:
        for name, value in node.items():
            if name in shape.only:
                if value not in shape.only[name]:
                    raise self._refused(name if name in IN_WORDS else str(value), span)
            elif name in {"class", "type"} or name in LOCATION or name in shape.plain or name in shape.nodes:
                continue
            else:
                raise self._refused(name if name in IN_WORDS else f"{name} at {kind}", span)

    def _named(self, node: Node, kind: str, ctes: frozenset[str], span: Span | None) -> None:
        """Checks the names that a node bears, and remembers them."""
        given = [node.get("alias"), *(node.get("column_name_alias") or ()), *(node.get("aliases") or ())]
        self.checked.given |= {ascii_lower(str(name)) for name in given if name}
        match kind:
            case "COLUMN_REF":
                self._names(node["column_names"], span)
            case "STAR":
                self.checked.reads_all = True
            case "FUNCTION" | "WINDOW":
                self._function(node, span)
            case "TYPE":
                self._type(node, span)
            case "BASE_TABLE of a query":
                self._table(node, ctes, span)
            case "JOIN of a query":
                self._names(node.get("using_columns", ()), span)
            case _:
                pass

    def _names(self, names: Any, span: Span | None) -> None:
        for name in names:
            self.checked.names.setdefault(str(name), span)

    def _function(self, node: Node, span: Span | None) -> None:
        name = ascii_lower(str(node["function_name"]))
        if _path(node) != [name]:
            raise self._refused("schema", span)
        if name not in ALLOWED:
            near = nearest(name, sorted(each for each in ALLOWED if each[:1] == name[:1]))
            hint = f"did you mean {near}? {_LIST}" if near else _LIST
            raise QueryError(f"the function {name} cannot be used", self._text, span, hint)
        self.checked.functions.setdefault(name, span)
        try:
            self.checked.growth *= growth_of(name, [each["expression"] for each in node.get("arguments", ())])
        except GrowthError as error:
            raise QueryError(str(error), self._text, span) from None
        if self.checked.growth > MOST_GROWTH:
            message = f"the functions of this query could make texts more than {MOST_GROWTH:,} times as long"
            raise QueryError(message, self._text, span, "repeat less, or put in shorter texts")

    def _type(self, node: Node, span: Span | None) -> None:
        name = ascii_lower(str(node["type_name"])).upper()
        if name not in TYPES or [ascii_lower(each).upper() for each in _path(node)] != [name]:
            raise QueryError(f"nothing can be cast to {name}", self._text, span, _LIST)

    def _table(self, node: Node, ctes: frozenset[str], span: Span | None) -> None:
        name = ascii_lower(str(node["table_name"]))
        if [ascii_lower(each) for each in _path(node)] != [name]:
            raise self._refused("schema_name", span)
        if name in ctes:
            return
        if name != TABLE:
            hint = f"the only table is {TABLE}, beside what WITH defines"
            raise QueryError(f"there is no table {node['table_name']}", self._text, span, hint)
        self.checked.tables += 1

    def _span(self, node: Node) -> Span | None:
        start, length = node.get("query_location"), node.get("query_location_length", 0)
        return span_of(self._text, start, length)

    def _refused(self, what: str, span: Span | None) -> QueryError:
        return QueryError(f"{IN_WORDS.get(what, what)} cannot be used here", self._text, span, _LIST)


def ascii_lower(name: str) -> str:
    """A name as DuckDB compares it: what it takes for two names must never be one here, nor the other way round."""
    return name.translate(_SMALL)


def span_of(text: str, start: Any, length: Any) -> Span | None:
    """A place that DuckDB tells, in bytes of UTF-8, as one of characters; None when it is none in this text."""
    data = text.encode("utf-8", "replace")
    if not isinstance(start, int) or not isinstance(length, int) or not 0 <= start < len(data):
        return None
    first = len(data[:start].decode("utf-8", "ignore"))
    return Span(first, max(first + 1, len(data[: start + length].decode("utf-8", "ignore"))))


def _path(node: Node) -> list[str]:
    return [str(each) for each in node.get("qualified_name", {}).get("path", ())]


def with_time(node: Any, now: str) -> Any:
    """The tree in which all that is the time now is this time, and today its day: the same query gives the same rows.

    `now` is a timestamp with time zone, as text.
    """
    if isinstance(node, list):
        return [with_time(each, now) for each in node]
    if not isinstance(node, Mapping):
        return node
    name = _name_of(node)
    if name in NOW:
        return _cast(now, "TIMESTAMP WITH TIME ZONE", node)
    if name in TODAY:
        return _cast(now[:10], "DATE", node)
    return {key: _titled(value, now) if key == "select_list" else with_time(value, now) for key, value in node.items()}


def _titled(selected: Sequence[Node], now: str) -> list[Node]:
    """What is selected; what was a function and is a constant now keeps its name."""
    made = [with_time(each, now) for each in selected]
    return [
        new | {"alias": _name_of(old)} if _name_of(old) in NOW | TODAY and not old.get("alias") else new
        for old, new in zip(selected, made, strict=True)
    ]


def _name_of(node: Node) -> str:
    """The name of a function, or of a keyword that looks like a column; empty of anything else."""
    if node.get("class") == "FUNCTION":
        return ascii_lower(str(node.get("function_name")))
    names: Sequence[str] = node.get("column_names", ()) if node.get("class") == "COLUMN_REF" else ()
    return ascii_lower(str(names[0])) if len(names) == 1 else ""


def _cast(text: str, name: str, node: Node) -> Node:
    place = {key: value for key, value in node.items() if key in LOCATION or key == "alias"}
    constant = {**place, "class": "CONSTANT", "type": "VALUE_CONSTANT", "alias": ""}
    constant["literal"] = {"kind": "STRING", "text": text}
    type_ = {**place, "class": "TYPE", "type": "TYPE", "alias": "", "type_name": name}
    type_ |= {"qualified_name": {"path": [name]}, "children": []}
    return {
        **place,
        "class": "CAST",
        "type": "OPERATOR_CAST",
        "child": constant,
        "try_cast": False,
        "type_expr": type_,
    }
