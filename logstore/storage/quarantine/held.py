"""The quarantine of a generation that is not sealed yet, in memory and so within tight bounds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from logstore.storage.ledger.accounts import Accounts
from logstore.storage.quarantine.item import ITEM_BYTES, QuarantineItem
from logstore.storage.wal.format import LoggedEntry


@dataclass(frozen=True, slots=True)
class HeldLimits:
    """Most bytes of a chunk that is kept, and of all that one generation keeps."""

    max_chunk_bytes: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A chunk of which something was rejected: as received, the rows that it has all the same, and why no more."""

    logged: LoggedEntry
    rows: int
    reasons: Mapping[str, int]

    @property
    def nbytes(self) -> int:
        """What it counts."""
        return len(self.logged.entry.chunk.payload) + ITEM_BYTES

    @property
    def item(self) -> QuarantineItem:
        """What is told of it."""
        entry, chunk = self.logged.entry, self.logged.entry.chunk
        return QuarantineItem(
            seq=entry.seq,
            received_ns=chunk.received_ns,
            tag=chunk.tag,
            listener=chunk.listener,
            sender=chunk.peer,
            mode=chunk.mode,
            compression=chunk.compression,
            chunk_id=chunk.chunk_id,
            payload_bytes=len(chunk.payload),
            rows=self.rows,
            reasons=self.reasons,
        )


@dataclass(frozen=True, slots=True)
class Held:
    """Chunks in quarantine, oldest first, immutable.

    Attributes:
        chunks: those that are kept.
        nbytes: what they count.
        too_large: chunks that were not kept because each alone was too large.
        crowded_out: chunks that went because later ones needed the room.
    """

    chunks: tuple[Quarantined, ...] = ()
    nbytes: int = 0
    too_large: int = 0
    crowded_out: int = 0

    def add(self, new: Sequence[Quarantined], limits: HeldLimits) -> Held:
        """These and the new ones, within the limits: the oldest go first."""
        if not new:
            return self
        fit = [one for one in new if len(one.logged.entry.chunk.payload) <= limits.max_chunk_bytes]
        chunks = (*self.chunks, *fit)
        nbytes = self.nbytes + sum(one.nbytes for one in fit)
        gone = 0
        # The newest one stays in any case: it is no larger than a chunk may be.
        while nbytes > limits.max_bytes and gone < len(chunks) - 1:
            nbytes -= chunks[gone].nbytes
            gone += 1
        return replace(
            self,
            chunks=chunks[gone:],
            nbytes=nbytes,
            too_large=self.too_large + len(new) - len(fit),
            crowded_out=self.crowded_out + gone,
        )


def quarantined(run: Sequence[LoggedEntry], accounts: Accounts) -> list[Quarantined]:
    """The chunks of a run that go to quarantine: all of which any event was rejected."""
    return [_quarantined(run[place], accounts, place) for place in sorted(accounts.rejected)]


def _quarantined(logged: LoggedEntry, accounts: Accounts, place: int) -> Quarantined:
    return Quarantined(logged, accounts.rows(place), accounts.rejected[place].reasons)
