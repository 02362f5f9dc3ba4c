"""`patterns` over rows: folded by hand, mined by the miner in plain Python. The miner itself has tests of its own."""

from __future__ import annotations

from query.patterns.bounds import Bounds
from query.patterns.mined import Cluster
from query.patterns.plain import Miner
from query.patterns.templates import joined, search_for, text_of
from tests.query.differential import values
from tests.query.differential.expressions_model import Row
from tests.query.differential.rows_model import Rows, present
from tests.query.differential.values import Time
from tests.query.patterns.lines import mined

COLUMNS = ("pattern", "count", "share", "first", "last", "example", "search")


def templates(name: str, rows: Rows) -> Rows:
    """A row per template of the texts in a field."""
    folded: dict[str, tuple[int, int, int]] = {}
    for place, row in enumerate(rows.rows):
        text = values.text_of(row.get(name))
        if text is not None:
            time = 0 if rows.origins is None else rows.origins[place].time
            count, first, last = folded.get(text, (0, time, time))
            folded[text] = count + 1, min(first, time), max(last, time)
    clusters = joined(mined(Miner(Bounds()), [[(text, *rest) for text, rest in folded.items()]]))
    made = [_row(name, cluster, rows) for cluster in clusters]
    total = sum(cluster.count for cluster in clusters)
    for row, cluster in zip(made, clusters, strict=True):
        row |= {"count": cluster.count, "share": cluster.count / total}
    made.sort(key=lambda row: (-row["count"], row["pattern"], row["search"]))  # type: ignore[operator,return-value,arg-type]
    return Rows([present(row) for row in made], None, COLUMNS, shaped=True)


def _row(name: str, cluster: Cluster, rows: Rows) -> Row:
    return {
        "pattern": text_of(cluster.tokens),
        "first": None if rows.origins is None else Time(cluster.first),
        "last": None if rows.origins is None else Time(cluster.last),
        "example": cluster.example.decode(),
        "search": search_for(cluster.tokens, None if name == "message" else name),
    }
