"""Tests of query.plan.cheap: which filters are tested rather than their rows named."""

from __future__ import annotations

import pytest

from logstore.model.timespan import EVERYTHING
from query.lang.parse import parse
from query.plan import logical
from query.plan.cheap import is_cheaply_filtered
from query.plan.lower import lower
from query.plan.rules import optimise


def _chain(text: str) -> list[logical.Plan]:
    """The stages of a query, the first one first."""
    chain: list[logical.Plan] = []
    node = optimise(lower(parse(text), 0, EVERYTHING))
    while not isinstance(node, logical.Scan):
        chain.append(node)
        node = node.input
    return chain[::-1]


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "tag:web level:error",
        "(status:>=500 OR NOT user:*) -tag:db",
        "tag:web | where n >= 3 | let m = n + 1 | fields m, tag",
    ],
)
def test_tests_of_stored_values_are_cheap(text: str) -> None:
    """Alone and put together, and whatever is computed behind them."""
    assert is_cheaply_filtered(_chain(text))


@pytest.mark.parametrize(
    "text",
    [
        "refused",
        "tag:web refused",
        'tag:~"w.b"',
        "path:/api/*",
        "NOT (tag:web OR refused)",
        '* | where lower(tag) == "web"',
        "* | where m + n > 3",
        "* | let m = n * 2 | where m > 3",
        '* | parse "took <n>ms" | where n > 3',
    ],
)
def test_searches_in_texts_and_computed_values_are_not(text: str) -> None:
    """Neither where they are one of several conditions."""
    assert not is_cheaply_filtered(_chain(text))
