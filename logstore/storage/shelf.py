"""Which ledger files and quarantine files there are now, as the catalog lists them."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, replace

from logstore.storage.catalog.records import LedgerFile
from logstore.storage.quarantine.item import QuarantineFile


@dataclass(frozen=True, slots=True)
class Shelved:
    """The files, oldest first."""

    ledger: tuple[LedgerFile, ...] = ()
    quarantine: tuple[QuarantineFile, ...] = ()


class Shelf:
    """Keeps the list. Safe from several threads."""

    def __init__(self, files: Shelved) -> None:
        self._files = files
        self._lock = threading.Lock()

    @property
    def files(self) -> Shelved:
        """The files now."""
        return self._files

    def change(
        self, gone: Collection[str], ledger: LedgerFile | None = None, quarantine: QuarantineFile | None = None
    ) -> None:
        """Takes files away by name, and adds newer ones."""
        left = set(gone)
        with self._lock:
            files = self._files
            kept = [file for file in files.quarantine if file.name not in left]
            kept += [quarantine] if quarantine else []
            self._files = replace(
                files,
                ledger=(*(file for file in files.ledger if file.name not in left), *([ledger] if ledger else [])),
                quarantine=tuple(sorted(kept, key=lambda file: file.generation)),
            )
