"""Whether the rows of a statement come one by one, as they are found. Pure."""

from __future__ import annotations

from query.sandbox.functions import AGGREGATE, WINDOW
from query.sandbox.growth import Node
from query.sandbox.tree import Checked

_CUTTING = "LIMIT_MODIFIER"
_TABLE = "BASE_TABLE"
_PERCENTAGE = "PERCENTAGE"
_GROUP_BY_ALL = "FORCE_AGGREGATES"
_ALL_ROWS = frozenset((*AGGREGATE, *WINDOW))


def is_row_by_row(node: Node, checked: Checked) -> bool:
    """Whether each row is made of one row of the table, whatever the others are, and in no order.

    Args:
        node: the tree of a statement.
        checked: what it refers to.
    """
    is_plain = node.get("type") == "SELECT_NODE" and checked.tables == 1
    is_of_table = node.get("from_table", {}).get("type") == _TABLE and not node.get("cte_map", {}).get("map")
    is_only_cut = all(map(_cuts_at_once, node.get("modifiers", ())))
    is_by_all = node.get("aggregate_handling") == _GROUP_BY_ALL
    is_grouped = is_by_all or bool(node.get("group_expressions")) or not _ALL_ROWS.isdisjoint(checked.functions)
    return is_plain and is_of_table and is_only_cut and not is_grouped


def _cuts_at_once(modifier: Node) -> bool:
    """Whether it leaves rows out, and need not know how many there are."""
    return modifier.get("type") == _CUTTING and modifier.get("limit_type") != _PERCENTAGE
