"""What the catalog holds, and what it is asked to do: the interface that another database can take the place behind."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from logstore.model.snapshot import Part

FIRST_SEQ = 1
"""The first sequence number of a new store."""


@dataclass(frozen=True, slots=True)
class IdFile:
    """A file with the chunk ids of one generation.

    Attributes:
        name: its name in the data directory.
        generation: the generation.
        records: how many ids it holds.
        sealed_ns: when it was sealed, UTC nanoseconds.
    """

    name: str
    generation: int
    records: int
    sealed_ns: int


@dataclass(frozen=True, slots=True)
class SealedGeneration:
    """All that is committed for one generation, in one transaction.

    Attributes:
        number: larger than that of the generation before.
        first_seq, end_seq: the range of the log that it covers; replay starts at `end_seq`.
        rows, rejected: events stored and events that did not survive decoding.
        sealed_ns: when, UTC nanoseconds.
        parts: its parts; their paths are names in the data directory.
        ids: its chunk ids, None when no chunk had one.
        expired: names of chunk-id files that are listed no longer.
    """

    number: int
    first_seq: int
    end_seq: int
    rows: int
    rejected: int
    sealed_ns: int
    parts: tuple[Part, ...]
    ids: IdFile | None
    expired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogState:
    """The committed state.

    Attributes:
        generation: number of the last committed generation; 0 when there is none.
        end_seq: the log is sealed before this sequence number.
        parts: all parts, by generation; their paths are names in the data directory.
        ids: all chunk-id files, by generation.
    """

    generation: int
    end_seq: int
    parts: tuple[Part, ...]
    ids: tuple[IdFile, ...]


class Catalog(Protocol):
    """Where the committed state lives. Safe from several threads; every call may raise StorageError."""

    def state(self) -> CatalogState:
        """The committed state, at one instant."""

    def last_generation(self) -> int:
        """Number of the last committed generation; 0 when there is none."""

    def committed_among(self, generations: Collection[int]) -> frozenset[int]:
        """Those of these generations that were ever committed."""

    def commit(self, generation: SealedGeneration) -> None:
        """Commits a generation, durably, whole or not at all. After an error it may or may not be committed."""

    def close(self) -> None:
        """Gives the database back, tidied up."""
