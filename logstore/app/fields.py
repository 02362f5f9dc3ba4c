"""Fields as people and programs are told of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from logstore.app.listing import ListColumn, Listing, list_rows
from logstore.model.schema import Kind

if TYPE_CHECKING:
    # The engine is slow to import, and of no use when a server is asked.
    from query.results.fields import KnownField

COLUMNS: tuple[ListColumn, ...] = (("field", Kind.TEXT), ("kinds", Kind.TEXT), ("rare", Kind.BOOL))
"""What is told of a field; `docs/http-api.md` says what each means."""

BRIEF = frozenset({"field", "kinds", "rare"})
"""What a table shows of it."""


def list_fields(found: Iterable[KnownField]) -> Listing:
    """All of them; a rare one, whose values are kept beside the columns, tells no kinds."""
    rows = [
        {
            "field": known.name,
            "kinds": ", ".join(kind.value for kind in known.kinds) or None,
            "rare": True if not known.kinds else None,
        }
        for known in found
    ]
    return list_rows(COLUMNS, rows, cut=False)
