"""Asking a data directory, with or without a server on it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from logstore.app.answers import Answer
from logstore.app.cli.asking import Asked
from logstore.app.cli.local import explanation, local_desk, question_of
from logstore.app.desk import EngineDesk
from logstore.app.library.logs import FieldInfo
from logstore.app.library.rows import rows_of
from logstore.app.questions import Cancellation
from logstore.storage.layout import CATALOG_FILE, WAL

_LOOK_INTERVAL_S = 1.0
"""How often a tail looks whether the directory has changed. Each change costs opening it anew."""

_State: TypeAlias = tuple[tuple[str, int, int], ...]
"""Names, sizes and times of the files that say what is stored."""


class LocalLogs:
    """A data directory, as it is when a question is asked; see `logs.Answering`.

    Raises:
        LogstoreError: there is no data directory.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._opened = _Opened(path)

    @contextmanager
    def ask(self, asked: Asked, *, is_export: bool) -> Iterator[Answer]:
        """The answer, for as long as the context is open."""
        with self._desk() as desk, desk.ask(question_of(asked, is_export=is_export), Cancellation()) as answer:
            yield answer

    def explain(self, asked: Asked, *, is_analyzed: bool) -> str:
        """How it would be answered; or is, and what that took."""
        with self._desk() as desk:
            return explanation(desk, asked, is_analyzed=is_analyzed)

    def fields(self, asked: Asked) -> list[FieldInfo]:
        """The fields that the events of a search may have."""
        with self._desk() as desk:
            found = desk.fields(question_of(asked), Cancellation())
        return [FieldInfo(known.name, tuple(kind.value for kind in known.kinds)) for known in found]

    def tail(self, text: str) -> Iterator[dict[str, Any]]:
        """Matching events as they arrive."""
        # A query that is wrong is told now, and the tail starts now.
        with self._desk() as desk:
            seq = desk.newest_seq()
            desk.look(text, seq, Cancellation())
        return self._events(text, seq)

    def close(self) -> None:
        """Lets go of the directory, when the last answer is closed."""
        self._opened.let_go()

    def _events(self, text: str, seq: int) -> Iterator[dict[str, Any]]:
        while True:
            with self._desk() as desk:
                news = desk.look(text, seq, Cancellation())
            seq = news.seq
            for batch in news.batches:
                yield from rows_of(batch, news.shape)
            time.sleep(_LOOK_INTERVAL_S)

    @contextmanager
    def _desk(self) -> Iterator[EngineDesk]:
        """The directory as it is now: opened anew when it has changed since."""
        with self._lock:
            if self._opened.is_outdated():
                outdated, self._opened = self._opened, _Opened(self._path)
                outdated.let_go()
            opened = self._opened
            opened.hold()
        try:
            yield opened.desk
        finally:
            opened.let_go()


class _Opened:
    """The directory as it was once, open as long as somebody holds it. Whoever makes it holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._resources = ExitStack()
        self._lock = threading.Lock()
        self._holders = 1
        # Looked at before it is opened: what changes in between makes it outdated, never overlooked.
        self._state = _state_of(path)
        self.desk = self._resources.enter_context(local_desk(path))

    def is_outdated(self) -> bool:
        """Whether the directory has changed since."""
        return self._state != _state_of(self._path)

    def hold(self) -> None:
        """Keeps it open until `let_go`."""
        with self._lock:
            self._holders += 1

    def let_go(self) -> None:
        """Closes it when nobody holds it any more."""
        with self._lock:
            self._holders -= 1
            is_last = self._holders == 0
        if is_last:
            self._resources.close()


def _state_of(path: Path) -> _State:
    return tuple(sorted((*_files(path, CATALOG_FILE), *_files(path / WAL, ""))))


def _files(folder: Path, start: str) -> Iterator[tuple[str, int, int]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                # Readers touch the file that SQLite shares between processes.
                if entry.name.startswith(start) and not entry.name.endswith("-shm"):
                    status = entry.stat()
                    yield entry.name, status.st_size, status.st_mtime_ns
    except FileNotFoundError:
        return
