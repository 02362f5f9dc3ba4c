"""The thread that seals in the background, and tries again when a seal fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from logstore.errors import WorldError

_log = logging.getLogger(__name__)


class SealLoop:
    """Seals when a seal is due.

    Args:
        seal: seals what is there; raises when that fails.
        due_s: seconds until a seal is due, None when there is nothing to seal.
        backoff_s: the pause after so many failures in a row.
    """

    def __init__(
        self, seal: Callable[[], None], due_s: Callable[[], float | None], backoff_s: Callable[[int], float]
    ) -> None:
        self._seal = seal
        self._due_s = due_s
        self._backoff_s = backoff_s
        self._changed = threading.Condition()
        self._woken = self._closing = False
        self._thread = threading.Thread(target=self._run, name="logstore-seal", daemon=True)

    def start(self) -> None:
        """Begins to seal."""
        self._thread.start()

    def wake(self) -> None:
        """Says that a seal may be due earlier than it was."""
        with self._changed:
            self._woken = True
            self._changed.notify()

    def close(self) -> None:
        """Ends, after the seal that is under way."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        failures = 0
        while not self._is_closing():
            wait_s = self._backoff_s(failures) if failures else self._due_s()
            if wait_s != 0:
                self._wait(wait_s, until_woken=not failures)
            if not self._is_closing() and (failures or self._due_s() == 0):
                failures = 0 if self._try_seal() else failures + 1

    def _is_closing(self) -> bool:
        with self._changed:
            return self._closing

    def _wait(self, seconds: float | None, *, until_woken: bool) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing or (until_woken and self._woken), seconds)
            self._woken = False

    def _try_seal(self) -> bool:
        try:
            self._seal()
        except WorldError as error:
            _log.warning("a seal failed and is tried again: %s", error)
        except Exception:  # noqa: BLE001 - a bug of ours must not end sealing: all is still in the log and in memory
            _log.exception("a seal failed and is tried again")
        else:
            return True
        return False
