"""The aggregates of the language in SQL: a file per family, an entry per aggregate.

`AGGREGATES` must have just the names of `query.lang.functions.AGGREGATES`; percentiles come as `quantile`.
"""

from __future__ import annotations

from query.sql.aggregates import counting, extremes, lists, moments, places
from query.sql.aggregates.gathering import Entry

AGGREGATES: dict[str, Entry] = {
    **counting.ENTRIES,
    **moments.ENTRIES,
    **extremes.ENTRIES,
    **places.ENTRIES,
    **lists.ENTRIES,
}
