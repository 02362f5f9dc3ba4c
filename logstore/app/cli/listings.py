"""Lists of the ledger and the quarantine: from a server or a directory, to stdout."""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from logstore.app.answers import Answer, encode
from logstore.app.cli.output import choose_writer, write
from logstore.app.cli.query import remarks
from logstore.app.formats.table import TableWriter
from logstore.app.listing import Brief
from logstore.app.window import WindowRequest, resolve
from logstore.model.timespan import EVERYTHING, TimeSpan

if TYPE_CHECKING:
    # Storage is slow to import, and of no use when a server is asked.
    from logstore.storage.read_only import ReadOnlyStore


def write_list(answer: Answer, brief: Collection[str], output: str | None) -> None:
    """Writes a list, as a table only its `brief` columns, and what there is to say about it to stderr."""
    writer = choose_writer(output)
    shown = Brief(answer, brief) if isinstance(writer, TableWriter) else answer
    for piece in encode(shown, writer):
        write(piece)
    for line in remarks(answer.facts()):
        print(line, file=sys.stderr)  # noqa: T201 (a command line talks)


@contextmanager
def local_books(path: Path) -> Iterator[ReadOnlyStore]:
    """A data directory, for as long as the context is open."""
    from logstore.app.decoding import make_decoder  # noqa: PLC0415 (likewise)
    from logstore.storage.read_only import open_read_only  # noqa: PLC0415

    with closing(open_read_only(str(path), make_decoder)) as store:
        yield store


def window_of(request: WindowRequest, *, is_open: bool) -> TimeSpan:
    """The window that was asked for. Where none was, all times when `is_open`, else the last hour."""
    return EVERYTHING if is_open and request == WindowRequest() else resolve(request, time.time_ns())


def window_fields(request: WindowRequest) -> dict[str, object]:
    """A window as parameters of a request; a server's clock decides what now is."""
    fields = {"since": request.since, "from": request.start, "to": request.end}
    return {**given(fields), **({"all": True} if request.everything else {})}


def given(fields: Mapping[str, object]) -> dict[str, object]:
    """Those that were given."""
    return {name: value for name, value in fields.items() if value is not None and value is not False}
