"""The file `parts.json`: the list of live parts, published anew soon after each change of them.

It is for others, and Logstore never reads it. So nothing fails when it cannot be written: the old list stays, which is
right for as long as the files are there that it names, and the next try comes after a pause.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from logstore.clock import Clock
from logstore.errors import StorageError
from logstore.model.snapshot import Snapshot
from logstore.storage.layout import PARTS_FILE
from logstore.storage.parts_list import encode_parts_list
from logstore.storage.publish import Publisher

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listed:
    """What is listed.

    Attributes:
        root: the data directory.
        sealed: gives the parts as they are now, and `seq` up to which they hold every event.
        away: gives the names of those whose files are in object storage only.
    """

    root: str
    sealed: Callable[[], Snapshot]
    away: Callable[[], frozenset[str]] = frozenset


class PartsFile:
    """Keeps the file up to date, in a thread of its own.

    Args:
        listed: what is listed.
        publisher: puts the file there.
        clock: dates the list.
        delay_s: from a change to the list that has it; all that changes meanwhile is written at once.
    """

    def __init__(self, listed: Listed, publisher: Publisher, clock: Clock, delay_s: float) -> None:
        self._what = listed
        self._publisher = publisher
        self._clock = clock
        self._delay_s = delay_s
        self._changed = threading.Condition()
        self._is_stale = self._is_failing = self._closing = False
        self._listed: tuple[Snapshot, frozenset[str]] | None = None
        self._thread = threading.Thread(target=self._run, name="logstore-parts-file", daemon=True)

    def start(self) -> None:
        """Writes the list as it is, whatever file was there, and begins to follow."""
        self._write()
        self._thread.start()

    def wake(self) -> None:
        """Says that parts or deletions have changed, or where files are."""
        with self._changed:
            self._is_stale = True
            self._changed.notify_all()

    def close(self) -> None:
        """Writes the last changes and ends. May be called without a start, and again."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()
            self._write()

    def _run(self) -> None:
        while self._wait():
            self._write()

    def _wait(self) -> bool:
        """Waits for a change, and then for those that follow soon; False at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_stale or self._closing)
            self._changed.wait_for(lambda: self._closing, self._delay_s)
            self._is_stale = False
            return not self._closing

    def _write(self) -> None:
        now = self._what.sealed(), self._what.away()
        if now == self._listed:
            return
        content = encode_parts_list(*now, self._what.root, self._clock.now_ns())
        try:
            self._publisher.replace(PARTS_FILE, [content])
        except StorageError as error:
            if not self._is_failing:
                _log.warning("the list of parts for other engines cannot be written, the old one stays: %s", error)
            self._is_failing, self._listed = True, None
            self.wake()
        else:
            self._is_failing, self._listed = False, now
