"""An answer in a program's hands: as Arrow, as a data frame, or as rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from logstore.app.answers import Answer
from logstore.app.facts import Facts
from logstore.app.formats.rows import label
from logstore.app.library.rows import rows_of
from logstore.errors import CallerError, SettingsError
from logstore.model.schema import ARROW_TYPES, MORE, MORE_TYPE, Column

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


class Result:
    """The answer to one question. Nothing of it is read before it is asked for.

    Either all of it is read at once (`to_arrow`, `to_pandas`, `to_polars`, `rows`, as often as you like), or it is
    streamed once, in bounded memory: `for row in result`, or `batches()`. It holds files and a place to run until it
    was read to its end, or closed; use it as a context manager when you stop early. Used by one thread.
    """

    def __init__(self, answer: AbstractContextManager[Answer]) -> None:
        self._held = ExitStack()
        self._answer = self._held.enter_context(answer)
        self._table: pa.Table | None = None
        self._is_streamed = False
        self._facts: Facts | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """What each column holds: its name, the field, and the kind of value.

        A field whose values are of several kinds has a column for each, at most one of them non-null in a row. Events
        may have a last column `_more` beside these: a map of rare fields to JSON text.
        """
        return self._answer.shape.columns

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of every batch; times are UTC with nanoseconds."""
        shape = self._answer.shape
        fields = [pa.field(column.name, ARROW_TYPES[column.kind]) for column in shape.columns]
        more = [pa.field(MORE, MORE_TYPE)] if shape.has_more else []
        return label(pa.schema(fields + more), shape.columns)

    @property
    def facts(self) -> Facts:
        """What there is to know beside the rows: was the answer cut, is it partial, what could not be computed.

        Raises:
            CallerError: it was not read to its end yet.
        """
        if self._facts is None:
            raise CallerError("what is to be said of an answer is known after its last row", "read it first")
        return self._facts

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows as they arrive, once.

        Raises:
            LogstoreError: the query failed on the way.
        """
        if self._table is not None:
            yield from self._table.to_batches()
            return
        if self._is_streamed:
            raise CallerError("this answer was streamed, which can be done once", "use to_arrow() to keep its rows")
        self._is_streamed = True
        with self._held:
            for batch in self._answer.batches():
                yield pa.RecordBatch.from_arrays(batch.columns, schema=self.schema)
            self._facts = self._answer.facts()

    def to_arrow(self) -> pa.Table:
        """All rows."""
        if self._table is None:
            self._table = pa.Table.from_batches(list(self.batches()), self.schema)
        return self._table

    def to_pandas(self) -> pd.DataFrame:
        """All rows as a pandas data frame; `_more` is a column of JSON objects as text.

        Raises:
            SettingsError: pandas is not installed.
        """
        try:
            import pandas  # noqa: F401, ICN001, PLC0415 (optional: pyarrow imports it)
        except ImportError as error:
            raise _missing("pandas") from error
        frame: pd.DataFrame = _plain(self.to_arrow()).to_pandas()
        return frame

    def to_polars(self) -> pl.DataFrame:
        """All rows as a Polars data frame; `_more` is a column of JSON objects as text.

        Raises:
            SettingsError: Polars is not installed.
        """
        try:
            import polars as pl  # noqa: PLC0415 (likewise)
        except ImportError as error:
            raise _missing("polars") from error
        frame = pl.from_arrow(_plain(self.to_arrow()))
        if not isinstance(frame, pl.DataFrame):
            raise TypeError(frame)
        return frame

    def rows(self) -> list[dict[str, Any]]:
        """All rows: the value of each field that a row has. Times are `datetime` in UTC, to the microsecond."""
        return [row for batch in self.to_arrow().to_batches() for row in rows_of(batch, self._answer.shape)]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The rows as they arrive, as in `rows`."""
        for batch in self.batches():
            yield from rows_of(batch, self._answer.shape)

    def close(self) -> None:
        """Ends the question. Again and again is fine."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _plain(table: pa.Table) -> pa.Table:
    """With `_more` as text: data frames have no maps."""
    from logstore.app.formats.merged import more_texts  # noqa: PLC0415 (few answers have any)

    if MORE not in table.column_names:
        return table
    texts = [more_texts(batch) for batch in table.to_batches()]
    return table.set_column(table.num_columns - 1, MORE, pa.chunked_array(texts, pa.string()))


def _missing(library: str) -> SettingsError:
    return SettingsError(f"{library} is not installed", f"pip install {library}")
