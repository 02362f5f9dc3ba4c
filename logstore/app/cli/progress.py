"""A progress bar on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TimeRemainingColumn, TransferSpeedColumn


class Bar:
    """Shows how much has been read."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def read(self, count: int) -> None:
        """So many bytes more were read."""
        self._progress.advance(self._task, count)


@contextmanager
def progress_bar(total_bytes: int) -> Iterator[Bar]:
    """A bar that is full when `total_bytes` have been read; gone afterwards."""
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bar(progress, progress.add_task("sending", total=total_bytes))
