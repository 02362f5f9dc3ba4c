"""What a syntax tree may be made of: for each kind of node the members that it may have, and what is in them.

DuckDB writes a member only when it is not what it is by default (`skip_default`), so that a member that is not named
here is something that was asked for and is not known: the walk refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind of node may have.

    Attributes:
        nodes: members that hold a node, a list of nodes, or lists of these.
        plain: members that hold names, numbers and flags without any power of their own.
        only: members that may only have one of these values.
    """

    nodes: tuple[str, ...] = ()
    plain: frozenset[str] = frozenset()
    only: dict[str, frozenset[str | bool | int]] = field(default_factory=dict)


LOCATION = frozenset(("query_location", "query_location_length"))
_NAMED = frozenset(("alias",))


def _only(**values: str) -> dict[str, frozenset[str | bool | int]]:
    return {name: frozenset(text.split()) for name, text in values.items()}


EXPRESSIONS: dict[str, Shape] = {
    "COLUMN_REF": Shape(plain=_NAMED | {"column_names"}),
    "CONSTANT": Shape(plain=_NAMED | {"literal"}),
    "COMPARISON": Shape(("left", "right"), _NAMED),
    "CONJUNCTION": Shape(("children",), _NAMED),
    "BETWEEN": Shape(("input", "lower", "upper"), _NAMED),
    "CASE": Shape(("case_checks", "else_expr"), _NAMED),
    "CAST": Shape(("child", "type_expr"), _NAMED | {"try_cast"}),
    "TYPE": Shape(("children",), frozenset(("type_name", "qualified_name"))),
    "OPERATOR": Shape(
        ("children",),
        _NAMED,
        _only(
            type="ARRAY_EXTRACT ARRAY_SLICE STRUCT_EXTRACT COMPARE_IN COMPARE_NOT_IN OPERATOR_COALESCE OPERATOR_NOT"
            " OPERATOR_IS_NULL OPERATOR_IS_NOT_NULL OPERATOR_TRY GROUPING_FUNCTION"
        ),
    ),
    "FUNCTION": Shape(
        ("arguments", "filter", "order_bys"),
        _NAMED | {"function_name", "qualified_name", "distinct", "is_operator"},
    ),
    "WINDOW": Shape(
        ("arguments", "partitions", "orders", "start_expr", "end_expr", "filter_expr", "arg_orders"),
        _NAMED
        | {"function_name", "qualified_name", "start", "end", "ignore_nulls", "has_ignore_nulls", "exclude_clause"}
        | {"distinct"},
    ),
    "SUBQUERY": Shape(("subquery", "child"), _NAMED | {"comparison_type", "subquery_type"}),
    "STAR": Shape(("replace_list",), _NAMED | {"relation_name", "exclude_list", "rename_list"}),
}
"""Expressions, by their `class`."""

OTHERS: dict[str, Shape] = {
    "SELECT_NODE": Shape(
        ("modifiers", "cte_map", "select_list", "from_table", "where_clause", "having", "qualify", "group_expressions"),
        frozenset(("aggregate_handling", "group_sets")),
    ),
    "SET_OPERATION_NODE": Shape(("modifiers", "cte_map", "children"), frozenset(("setop_type", "setop_all"))),
    "ORDER_MODIFIER": Shape(("orders",)),
    "LIMIT_MODIFIER": Shape(("limit", "offset"), frozenset(("limit_type",))),
    "DISTINCT_MODIFIER": Shape(("distinct_on_targets",)),
    "ORDER_DEFAULT": Shape(("expression",), frozenset(("null_order",))),
    "ASCENDING": Shape(("expression",), frozenset(("null_order",))),
    "DESCENDING": Shape(("expression",), frozenset(("null_order",))),
    "BASE_TABLE": Shape(plain=_NAMED | {"table_name", "qualified_name"}),
    "SUBQUERY": Shape(("subquery",), _NAMED | {"column_name_alias"}),
    "JOIN": Shape(
        ("left", "right", "condition"),
        frozenset(("is_implicit", "using_columns", "alias")),
        _only(join_type="INNER LEFT RIGHT OUTER FULL SEMI ANTI", ref_type="REGULAR CROSS ASOF"),
    ),
    "EMPTY": Shape(),
}
"""Queries, tables and what orders and cuts them, by their `type`."""

UNTYPED: dict[str, Shape] = {
    "arguments": Shape(("expression",), frozenset(("name",))),
    "case_checks": Shape(("when_expr", "then_expr")),
    "cte_map": Shape(("map",)),
    "map": Shape(("value",), frozenset(("key",))),
    "value": Shape(("query_node",), frozenset(("aliases", "materialized"))),
    "replace_list": Shape(("value",), frozenset(("key",))),
    "subquery": Shape(("node",)),
    "order_bys": Shape(("orders",)),
}
"""What has neither, by the member that holds it."""

IN_WORDS = {
    "COLLATE": "COLLATE",
    "DEFAULT": "DEFAULT",
    "EXPRESSION_LIST": "VALUES",
    "LAMBDA": "a lambda",
    "PARAMETER": "a parameter",
    "PIVOT": "PIVOT",
    "POSITIONAL_REFERENCE": "#n",
    "RECURSIVE_CTE_NODE": "WITH RECURSIVE",
    "SHOW_REF": "DESCRIBE, SHOW and SUMMARIZE",
    "TABLE_FUNCTION": "a table function",
    "at_clause": "AT",
    "column_name_alias": "a list of column names for logs",
    "columns": "COLUMNS(...)",
    "ref_type": "NATURAL and POSITIONAL JOIN",
    "sample": "SAMPLE",
    "schema": "a schema before the name",
    "schema_name": "a schema before the name",
}
"""What people call the kinds and members that are refused."""
