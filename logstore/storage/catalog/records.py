"""What the catalog holds, and what it is asked to do: the interface that another database can take the place behind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from logstore.model.snapshot import Deletion, Part
from logstore.storage.quarantine.item import QuarantineFile, QuarantineItem

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
class LedgerFile:
    """The ledger of one generation.

    Attributes:
        name: its name in the data directory.
        generation: the generation.
        rows, bytes: rows in it; size of the file.
        time_min_ns, time_max_ns: when the first and the last of its chunks were received, inclusive.
        sealed_ns: when it was sealed, UTC nanoseconds.
        crc: CRC-32C of the file; None for those that were written without.
    """

    name: str
    generation: int
    rows: int
    bytes: int
    time_min_ns: int
    time_max_ns: int
    sealed_ns: int
    crc: int | None = None


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
        expired: names of chunk-id, ledger and quarantine files that are listed no longer.
        ledger: its ledger, None when it has no rows.
        quarantine, quarantined: the file of its chunks in quarantine, and what is told of each; None when it has none.
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
    ledger: LedgerFile | None = None
    quarantine: QuarantineFile | None = None
    quarantined: tuple[QuarantineItem, ...] = ()


@dataclass(frozen=True, slots=True)
class QuarantineRewrite:
    """Some chunks of a quarantine file go.

    Attributes:
        old: name of the file that they are in, which is listed no longer.
        new, left: the file of those that stay, and what is told of each; None when none stays.
    """

    old: str
    new: QuarantineFile | None = None
    left: tuple[QuarantineItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Parts take the place of others, in one transaction. Both hold the same events, but for deleted ones.

    Attributes:
        number: a generation's number of its own.
        taken: names of the parts that are listed no longer.
        retired: names of the files that may go then: those parts, and what lies beside them.
        parts: the new ones; their paths are names in the data directory.
        made_ns: when, UTC nanoseconds.
    """

    number: int
    taken: tuple[str, ...]
    retired: tuple[str, ...]
    parts: tuple[Part, ...]
    made_ns: int


@dataclass(frozen=True, slots=True)
class UnfitPart:
    """A part that is listed, and from which nothing is read.

    Attributes:
        part: the part; its path is the name that its file had, and has again once it is restored.
        why: what is wrong with it, for people.
    """

    part: Part
    why: str


@dataclass(frozen=True, slots=True)
class CatalogState:
    """The committed state.

    Attributes:
        generation: number of the last committed generation; 0 when there is none.
        end_seq: the log is sealed before this sequence number.
        parts: all parts, by generation; their paths are names in the data directory.
        ids: all chunk-id files, by generation.
        ledger, quarantine: all files of the ledger and of the quarantine, by generation.
        deletions: those that are active, by number.
        retired: files that are listed no longer, and may still be there because they were being read.
        unfit: parts that are missing or damaged, which are not among `parts`.
    """

    generation: int
    end_seq: int
    parts: tuple[Part, ...]
    ids: tuple[IdFile, ...]
    ledger: tuple[LedgerFile, ...] = ()
    quarantine: tuple[QuarantineFile, ...] = ()
    deletions: tuple[Deletion, ...] = ()
    retired: tuple[str, ...] = ()
    unfit: tuple[UnfitPart, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteStore:
    """The object store that the files of this directory are in.

    Attributes:
        id: stands in the store too.
        url: where it is.
        claimed_ns: when it became ours, UTC nanoseconds.
    """

    id: str
    url: str
    claimed_ns: int


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that is in object storage, and was verified there.

    Attributes:
        name: its name, in the data directory and in the store.
        bytes, crc32c: of its content.
        stored_ns: when it was verified, UTC nanoseconds.
    """

    name: str
    bytes: int
    crc32c: int
    stored_ns: int


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

    def rewrite(self, rewrite: Rewrite) -> None:
        """Commits that parts take the place of others, like `commit`.

        Raises:
            StorageError: also when one of the parts to be taken is not listed any more: then nothing is changed.
        """

    def mark_unfit(self, found: Mapping[str, str]) -> None:
        """Commits that nothing is to be read from these parts, and why, by name; of those that are listed."""

    def mark_fit(self, names: Collection[str]) -> None:
        """Commits that these parts can be read again."""

    def forget_unfit(self, names: Collection[str]) -> int:
        """Commits that these parts are given up: those among them that are unfit are listed no longer; how many."""

    def forget_retired(self, names: Collection[str]) -> None:
        """Commits that these files are gone."""

    def remote_store(self) -> RemoteStore | None:
        """The object store; None when there is none yet."""

    def claim_remote_store(self, store: RemoteStore) -> None:
        """Commits that this is the object store, in the place of another."""

    def remote_files(self) -> tuple[RemoteFile, ...]:
        """The files that are in object storage, by name."""

    def unlisted_remote_files(self) -> tuple[str, ...]:
        """Names of files that are or may be there and are neither a part nor a part's index, by name: they may go."""

    def begin_uploads(self, names: Collection[str], begun_ns: int) -> None:
        """Commits that these files may be in object storage from now on; what was known of them is void."""

    def end_uploads(self, files: Sequence[RemoteFile]) -> None:
        """Commits that these files are there, and verified."""

    def forget_remote_files(self, names: Collection[str]) -> None:
        """Commits that these files are not in object storage."""

    def quarantined(self, file: str | None = None) -> tuple[QuarantineItem, ...]:
        """The sealed chunks in quarantine, or those in one file, oldest first."""

    def rewrite_quarantine(self, rewrites: Sequence[QuarantineRewrite]) -> None:
        """Commits that chunks are no longer in quarantine, in one transaction, like `commit`."""

    def close(self) -> None:
        """Gives the database back, tidied up."""
