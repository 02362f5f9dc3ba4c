"""The functions of the language in SQL: a file per family, an entry per function.

`FUNCTIONS` must have just the names of `query.lang.functions.FUNCTIONS` but for `if`, `coalesce` and `now`, which the
plan expresses otherwise; a test compares them.
"""

from __future__ import annotations

from query.sql.functions import json, network, numeric, text, time
from query.sql.functions.arguments import Entry

FUNCTIONS: dict[str, Entry] = {**text.ENTRIES, **numeric.ENTRIES, **time.ENTRIES, **json.ENTRIES, **network.ENTRIES}
