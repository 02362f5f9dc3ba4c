"""`logstore export`: all rows of a query, in files."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from logstore.app.answers import Answer
from logstore.app.cli.asking import Asked, DirectoryTarget, ServerTarget
from logstore.app.cli.query import remarks
from logstore.app.export_files import MANIFEST, ExportShape, Watcher, export_directory, write_export, write_whole
from logstore.app.export_manifest import Exported, encode_manifest, time_text
from logstore.app.formats.registry import WRITERS
from logstore.app.window import WindowRequest, resolve
from logstore.model.timespan import EVERYTHING, TimeSpan


@dataclass(frozen=True, slots=True)
class ExportWanted:
    """What is exported, and into what."""

    text: str
    window: WindowRequest
    limit: int | None
    directory: Path
    format: str
    compress: bool
    max_file_rows: int | None
    max_file_bytes: int

    def shape(self) -> ExportShape:
        """What the files are like. Parquet is compressed inside."""
        compress = self.compress and self.format != "parquet"
        return ExportShape(WRITERS[self.format], f".{self.format}", compress, self.max_file_rows, self.max_file_bytes)

    @property
    def compression(self) -> str | None:
        """How the files are compressed."""
        return "zstd" if self.compress or self.format == "parquet" else None


def run(wanted: ExportWanted, target: ServerTarget | DirectoryTarget) -> None:
    """Writes the files, then the manifest, and says what was written.

    Raises:
        SettingsError: the directory is not empty.
        LogstoreError: the query failed, or the disk refused; nothing is left then.
    """
    asked_ns = time.time_ns()
    window = resolve(wanted.window, asked_ns)
    asked = Asked(wanted.text, _absolute(window), wanted.limit)
    with export_directory(wanted.directory), _answer(asked, target) as answer, _watched() as watcher:
        shape = answer.shape
        files = write_export(answer, wanted.directory, wanted.shape(), watcher)
        facts = answer.facts()
        exported = Exported(wanted.text, window, wanted.format, wanted.compression, asked_ns, shape, facts, files)
        write_whole(wanted.directory, MANIFEST, encode_manifest(exported))
    _say(exported, wanted.directory)


def _absolute(window: TimeSpan) -> WindowRequest:
    """The window in times that mean the same to every clock, so that the manifest can tell it."""
    if window == EVERYTHING:
        return WindowRequest(everything=True)
    return WindowRequest(start=time_text(window.start_ns), end=time_text(window.end_ns))


@contextmanager
def _answer(asked: Asked, target: ServerTarget | DirectoryTarget) -> Iterator[Answer]:
    if isinstance(target, ServerTarget):
        from logstore.app.cli.http import Request  # noqa: PLC0415 (one of the two is needed, both are slow)
        from logstore.app.cli.remote import RemoteAnswer  # noqa: PLC0415

        # How long it may take is the server's to say.
        yield RemoteAnswer(target.url, Request("/api/v1/export", asked.as_request()), timeout_s=None)
    else:
        from logstore.app.cli.local import local_answer  # noqa: PLC0415

        with local_answer(target.path, asked, is_export=True) as answer:
            yield answer


class _Nobody:
    """Looks away."""

    def wrote(self, rows: int, total_bytes: int, files: int) -> None:
        """Nothing is shown."""


@contextmanager
def _watched() -> Iterator[Watcher]:
    """Shows how it goes, on a terminal."""
    if not sys.stderr.isatty():
        yield _Nobody()
        return
    from logstore.app.cli.progress import export_progress  # noqa: PLC0415 (slow)

    with export_progress() as progress:
        yield progress


def _say(exported: Exported, directory: Path) -> None:
    for line in remarks(exported.facts):
        print(line, file=sys.stderr)  # noqa: T201 (a command line talks)
    rows = "1 row" if exported.facts.rows == 1 else f"{exported.facts.rows:,} rows"
    files = "1 file" if len(exported.files) == 1 else f"{len(exported.files):,} files"
    size = sum(file.bytes for file in exported.files)
    print(f"{rows} in {files}, {size:,} bytes, in {directory}", file=sys.stderr)  # noqa: T201
