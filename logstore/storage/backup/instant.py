"""A data directory at one instant, also while a server writes to it: which files it consists of then.

Under a lease the files that the catalog lists stay. The log is opened first and the catalog asked after it whether
something was sealed meanwhile: if so, both are looked at again. What is open can be read though it be removed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from logstore.clock import Clock
from logstore.errors import StorageError
from logstore.model.snapshot import Part
from logstore.storage.catalog.records import CatalogState
from logstore.storage.catalog.sqlite import SqliteCatalog
from logstore.storage.directory import Directory, MissingFileError, ReadFile
from logstore.storage.layout import DECODE_SETTINGS, FORMAT_FILE, QUARANTINE, WAL, quarantine_edition
from logstore.storage.publish import TEMPORARY_SUFFIX

_MAX_ATTEMPTS = 20
"""A seal takes about a second and there is one every few minutes, so even a second attempt is rare."""


@dataclass(frozen=True, slots=True)
class Instant:
    """What a data directory consists of.

    Attributes:
        state: what the catalog says.
        catalog: the bytes of a catalog that says it.
        log: open segments of the log by name, with the bytes that they had.
        parts: by name.
        others: names of the other files.
    """

    state: CatalogState
    catalog: bytes
    log: dict[str, tuple[ReadFile, int]]
    parts: dict[str, Part]
    others: tuple[str, ...]


@contextlib.contextmanager
def hold_instant(directory: Directory, clock: Clock) -> Iterator[Instant]:
    """The directory as it is now, for as long as the context is open; a lease must be held.

    Everything that was acknowledged before the call is in it.

    Raises:
        StorageError: it cannot be read, or is being sealed again and again.
    """
    with contextlib.closing(SqliteCatalog(directory, clock, read_only=True)) as catalog:
        instant, stack = _take(directory, catalog)
        with stack:
            yield instant


def _take(directory: Directory, catalog: SqliteCatalog) -> tuple[Instant, contextlib.ExitStack]:
    """The instant, and what closes its files."""
    for _ in range(_MAX_ATTEMPTS):
        # A file that went away is the sign of a seal, too.
        with contextlib.suppress(MissingFileError), contextlib.ExitStack() as attempt:
            state, content = catalog.copy()
            log = _open_log(directory, attempt)
            if catalog.last_generation() == state.generation:
                parts = {part.path: part for part in (*state.parts, *(one.part for one in state.unfit))}
                return Instant(state, content, log, parts, _others(directory, state)), attempt.pop_all()
    raise StorageError("the data directory is being sealed faster than it can be read", "try again")


def _open_log(directory: Directory, stack: contextlib.ExitStack) -> dict[str, tuple[ReadFile, int]]:
    opened = {}
    for name in directory.files(WAL):
        file = directory.open(name)
        stack.callback(file.close)
        opened[name] = (file, file.size)
    return opened


def _others(directory: Directory, state: CatalogState) -> tuple[str, ...]:
    """What the catalog lists beside parts, and what stands for itself."""
    listed = {file.name for files in (state.ids, state.ledger, state.quarantine) for file in files}
    listed |= {part.index for part in (*state.parts, *(one.part for one in state.unfit)) if part.index is not None}
    aside = {name for name in directory.files(QUARANTINE) if quarantine_edition(name) is None}
    found = listed | aside | set(directory.files(DECODE_SETTINGS)) | {FORMAT_FILE}
    return tuple(sorted(name for name in found if not name.endswith(TEMPORARY_SUFFIX)))
