"""How large a query may be. Parsing is linear in the text; these bound what comes after it."""

from __future__ import annotations

MAX_CHARACTERS = 65_536
"""Characters of a query. Larger ones are made by programs gone wrong, and their SQL would take seconds to plan."""

MAX_NODES = 4_000
"""Nodes of a syntax tree. The database plans its part of them before anything can end it: about
2 ms each at worst."""

MAX_NAMED = 300
"""What all stages of a query name or work out. Each may become a column of every layer of SQL behind it."""

MAX_REPEATS = 200
"""The sum of what `{n,m}` in a regular expression may repeat. Where RE2 has too many states to remember it tries each
of them at every character, and nothing ends it in the middle of a batch of rows."""

MAX_REGEX_CHARACTERS = 16_384
"""Characters of a regular expression. RE2 keeps the states that it met while they fit into its memory: a batch of 2,048
lines took half a second with alternatives of so many characters, and nothing ends it in the midst of a batch."""

MAX_OPEN_REPEATS = 128
"""Times that a regular expression says `*`, `+` or `{n,}`. Alternatives like `.*a.*b` multiply the states that RE2 may
be in: with twice as many of these a batch took three seconds. The searches that `patterns` writes say up to 102."""

MAX_TIME_FORMAT = 100
"""Characters of a strftime format: each may become dozens of them in every row."""

MAX_QUERIES = 16
"""Queries in one text, those inside others included. Each reads the store for itself, and makes the SQL longer."""

MAX_JOIN_FIELDS = 4
"""Fields that a join goes by. Where both numbers and texts occur each doubles the joins that the database makes."""

MAX_CONTEXT = 1000
"""Lines before and after each match of `context`. Times a thousand matches they are still few enough to keep."""

MAX_DEPTH = 100
"""Nodes from the root of a syntax tree to a leaf. Visitors recurse a few Python frames per node, of about 1,000."""
