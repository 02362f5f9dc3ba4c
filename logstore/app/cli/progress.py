"""Progress bars on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    FileSizeColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


class Bar:
    """Shows how much has been read."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._total = 0

    def read(self, count: int) -> None:
        """So many bytes more were read."""
        self._progress.advance(self._task, count)

    def expect(self, total_bytes: int) -> None:
        """So many bytes more are to be read."""
        self._total += total_bytes
        self._progress.update(self._task, total=self._total)

    def did(self, count: int) -> None:
        """So many of them were."""
        self.read(count)


@contextmanager
def progress_bar(total_bytes: int) -> Iterator[Bar]:
    """A bar that is full when `total_bytes` have been read; gone afterwards."""
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bar(progress, progress.add_task("sending", total=total_bytes))


class ExportProgress:
    """Shows how much has been written."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._rows = 0

    def wrote(self, rows: int, total_bytes: int, files: int) -> None:
        """So many rows more are written; bytes and files so far."""
        self._rows += rows
        told = f"{self._rows:,} rows, {files:,} {'file' if files == 1 else 'files'}"
        self._progress.update(self._task, completed=total_bytes, description=told)


@contextmanager
def export_progress() -> Iterator[ExportProgress]:
    """A bar that moves while rows are written, for nobody knows how many there are; gone afterwards."""
    columns = (
        BarColumn(),
        TextColumn("{task.description}"),
        FileSizeColumn(),
        TransferSpeedColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield ExportProgress(progress, progress.add_task("", total=None))


@contextmanager
def growing_bar(what: str) -> Iterator[Bar]:
    """A bar that learns on the way how much there is to read; shown on a terminal only, and gone afterwards."""
    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        yield Bar(progress, progress.add_task(what, total=None))
