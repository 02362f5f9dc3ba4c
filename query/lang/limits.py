"""How large a query may be. Parsing is linear in the text; these bound what comes after it."""

from __future__ import annotations

MAX_CHARACTERS = 65_536
"""Characters of a query. Larger ones are made by programs gone wrong, and their SQL would take seconds to plan."""

MAX_DEPTH = 100
"""Nodes from the root of a syntax tree to a leaf. Visitors recurse a few Python frames per node, of about 1,000."""
