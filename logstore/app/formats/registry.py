"""The formats by name."""

from __future__ import annotations

from collections.abc import Callable

from logstore.app.formats.arrow import ArrowWriter
from logstore.app.formats.csv import CsvWriter
from logstore.app.formats.jsonl import JsonlWriter
from logstore.app.formats.parquet import ParquetWriter
from logstore.app.formats.raw import RawWriter
from logstore.app.formats.table import TableWriter
from logstore.app.formats.writer import Writer

WRITERS: dict[str, Callable[[], Writer]] = {
    "table": TableWriter,
    "jsonl": JsonlWriter,
    "csv": CsvWriter,
    "raw": RawWriter,
    "arrow": ArrowWriter,
    "parquet": ParquetWriter,
}
"""A maker for each format, as it is written to a file or over the network."""
