"""`logstore chunks`."""

from __future__ import annotations

from dataclasses import dataclass

from logstore.app.chunks import BRIEF, list_chunks
from logstore.app.cli.asking import DirectoryTarget, ServerTarget
from logstore.app.cli.listings import given, local_books, window_fields, window_of, write_list
from logstore.app.window import WindowRequest
from logstore.storage.ledger.search import LedgerQuery

DEFAULT_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class ChunksWanted:
    """Which rows of the ledger are wanted; see `LedgerQuery`."""

    chunk_id: str | None
    tag: str | None
    sender: str | None
    only_copies: bool
    only_rejected: bool
    window: WindowRequest
    limit: int | None

    def query(self) -> LedgerQuery:
        """As it is asked of a directory."""
        return LedgerQuery(
            window=window_of(self.window, is_open=self.chunk_id is not None),
            chunk_id=self.chunk_id,
            tag=self.tag,
            sender=self.sender,
            only_copies=self.only_copies,
            only_rejected=self.only_rejected,
            limit=self.limit or DEFAULT_LIMIT,
        )

    def request(self) -> dict[str, object]:
        """As it is asked of a server."""
        fields = {
            "id": self.chunk_id,
            "tag": self.tag,
            "sender": self.sender,
            "copies": self.only_copies,
            "rejected": self.only_rejected,
            "limit": self.limit,
        }
        return {**given(fields), **window_fields(self.window)}


def run(wanted: ChunksWanted, target: ServerTarget | DirectoryTarget, output: str | None) -> None:
    """Lists what became of chunks, newest first."""
    # A window that makes no sense is bad usage, whoever is asked.
    query = wanted.query()
    if isinstance(target, DirectoryTarget):
        with local_books(target.path) as books, books.ledger() as ledger:
            write_list(list_chunks(ledger, query), BRIEF, output)
        return
    from logstore.app.cli.http import Request  # noqa: PLC0415 (of no use for a directory)
    from logstore.app.cli.remote import RemoteAnswer  # noqa: PLC0415

    write_list(RemoteAnswer(target.url, Request("/api/v1/chunks", wanted.request())), BRIEF, output)
