"""The query as it stands on a command line."""

from __future__ import annotations

from typing import Annotated

import typer

from logstore.errors import SettingsError

Words = Annotated[
    list[str], typer.Argument(metavar="TEXT", help="The query: a search, then stages after '|'. '*' is everything.")
]


def query_of(words: list[str]) -> str:
    """The query, which the shell must have left in one piece."""
    if len(words) > 1:
        # Joined they would mean something else wherever the shell has taken quotes away.
        raise SettingsError(
            f"a query is one argument, not {len(words)}",
            "put the whole query between single quotes: 'level:error timeout | count by path'",
        )
    return words[0]
