"""`logstore parts`."""

from __future__ import annotations

from dataclasses import dataclass

from logstore.app.cli.asking import DirectoryTarget, ServerTarget
from logstore.app.cli.listings import given, local_books, window_fields, window_of, write_list
from logstore.app.parts import BRIEF, PartsQuery, list_parts
from logstore.app.window import WindowRequest

DEFAULT_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class PartsWanted:
    """Which parts are wanted; see `PartsQuery`."""

    tag: str | None
    window: WindowRequest
    limit: int | None

    def query(self) -> PartsQuery:
        """As it is asked of a directory."""
        return PartsQuery(window_of(self.window, is_open=True), self.tag, self.limit or DEFAULT_LIMIT)

    def request(self) -> dict[str, object]:
        """As it is asked of a server."""
        return {**given({"tag": self.tag, "limit": self.limit}), **window_fields(self.window)}


def run(wanted: PartsWanted, target: ServerTarget | DirectoryTarget, output: str | None) -> None:
    """Lists parts, those with the newest events first."""
    # A window that makes no sense is bad usage, whoever is asked.
    query = wanted.query()
    if isinstance(target, DirectoryTarget):
        with local_books(target.path) as books, books.snapshot() as snapshot:
            write_list(list_parts(snapshot, books.root, query), BRIEF, output)
        return
    from logstore.app.cli.http import Request  # noqa: PLC0415 (of no use for a directory)
    from logstore.app.cli.remote import RemoteAnswer  # noqa: PLC0415

    write_list(RemoteAnswer(target.url, Request("/api/v1/parts", wanted.request())), BRIEF, output)
