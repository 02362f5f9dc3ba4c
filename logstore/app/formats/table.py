"""The format `table`: rows for people.

Events become lines of aligned time, level, tag and message, with their other fields after them as `name=value`; other
results become aligned columns with a heading, numbers to the right. Nothing is cut off: what is too wide wraps. Only
times, and floats of results that are not events, are shown shorter than they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pyarrow as pa
from rich.cells import cell_len

from logstore.app.facts import Facts
from logstore.app.formats.event_line import LEVEL_WIDTH, EventLayout, event_line, padded, short_time
from logstore.app.formats.merged import field_texts, headings, more_texts
from logstore.app.formats.rows import Shape, slices
from logstore.app.formats.terminal import BOLD, DIM, LEVEL_STYLES, safe, styled
from logstore.model.schema import LEVEL, TAG, Kind

# Longer tags of events are not padded for: messages should begin on the left half of a screen.
MAX_TAG_WIDTH = 24
# A column wider than this is not padded to its widest value: one long value would push the rest off every line.
MAX_PADDED_WIDTH = 60
_NUMBERS = frozenset({Kind.INT, Kind.UINT, Kind.FLOAT})

Row = Sequence[str | None]


class TableWriter:
    """Writes rows for people.

    Args:
        colour: whether to colour levels and dim what is secondary.
    """

    content_type = "text/plain; charset=utf-8"

    def __init__(self, *, colour: bool = False) -> None:
        self._colour = colour

    def begin(self, shape: Shape) -> bytes:
        """Takes the columns; headings come with the first rows, whose widths they share."""
        self._shape = shape
        self._names = headings(shape)
        self._widths: list[int] | None = None
        return b""

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """The lines of a batch."""
        lines: list[str] = []
        for piece in slices(batch):
            rows = self._rows(piece)
            lines += self._event_lines(rows) if self._shape.is_events else self._table_lines(rows)
        return "".join(line + "\n" for line in lines).encode()

    def end(self, facts: Facts) -> bytes:
        """Writes nothing: facts are told elsewhere."""
        del facts
        return b""

    def _rows(self, batch: pa.RecordBatch) -> list[Row]:
        columns = field_texts(batch, self._shape) if self._shape.is_events else self._short_texts(batch)
        if self._shape.has_more:
            columns.append(more_texts(batch))
        cells = [column.to_pylist() for column in columns]
        for at, name in enumerate(self._shape.fields):
            if any(self._shape.columns[column].kind is Kind.TIME for column in self._shape.positions(name)):
                cells[at] = [value and short_time(value) for value in cells[at]]
        return list(zip(*cells, strict=True))

    def _short_texts(self, batch: pa.RecordBatch) -> list[pa.StringArray]:
        """Like `field_texts`, with floats as short as people read them; the other formats have every digit."""
        short = [
            pa.array([_short(value) for value in values.to_pylist()], pa.float64())
            if column.kind is Kind.FLOAT
            else values
            for column, values in zip(self._shape.columns, batch.columns, strict=False)
        ]
        return field_texts(pa.RecordBatch.from_arrays(short, names=batch.schema.names[: len(short)]), self._shape)

    def _style(self, text: str, style: str) -> str:
        return styled(text, style) if self._colour else text

    def _event_lines(self, rows: list[Row]) -> Iterator[str]:
        tag_width = min(MAX_TAG_WIDTH, _width(self._column(rows, TAG)))
        level_width = LEVEL_WIDTH if any(self._column(rows, LEVEL)) else 0
        layout = EventLayout(self._colour, tag_width, level_width)
        for row in rows:
            yield event_line(self._members(row), layout)

    def _column(self, rows: list[Row], name: str) -> list[str | None]:
        """The texts of a field; none where the answer lacks it."""
        return [row[self._names.index(name)] for row in rows] if name in self._names else []

    def _members(self, row: Row) -> Iterator[tuple[str, str | None]]:
        """The fields of an event, those in `_more` like all others."""
        yield from zip(self._shape.fields, row, strict=False)
        if self._shape.has_more and row[-1] is not None:
            for name, value in json.loads(row[-1]).items():
                yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def _table_lines(self, rows: list[Row]) -> Iterator[str]:
        if self._widths is None:
            names = [safe(name) for name in self._names]
            self._widths = [
                _width([name, *column]) for name, column in zip(names, zip(*rows, strict=True), strict=True)
            ]
            yield self._table_line(names, BOLD)
            yield self._style("  ".join("─" * width for width in self._widths), DIM)
        for row in rows:
            yield self._table_line(row, "")

    def _table_line(self, row: Row, style: str) -> str:
        cells = []
        for name, value, width in zip(self._names, row, self._widths or [], strict=True):
            text = safe(value or "")
            cell = padded(text, width, right=self._is_number(name))
            cells.append(self._style(cell, style or (LEVEL_STYLES.get(text, "") if name == LEVEL else "")))
        return "  ".join(cells).rstrip()

    def _is_number(self, name: str) -> bool:
        return (
            all(self._shape.columns[at].kind in _NUMBERS for at in self._shape.positions(name))
            and name in self._shape.fields
        )


def _short(value: float | None) -> float | None:
    """Three decimals, or four significant digits below 1."""
    return None if value is None else round(value, 3) if abs(value) >= 1 else float(f"{value:.4g}")


def _width(values: Sequence[str | None]) -> int:
    return min(MAX_PADDED_WIDTH, max((cell_len(safe(value)) for value in values if value), default=0))
