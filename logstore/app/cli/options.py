"""Options that several commands share, with one meaning and one text."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from logstore.app.cli.addresses import DEFAULT_SERVER


class Format(str, Enum):
    """The formats of answers."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"
    RAW = "raw"
    ARROW = "arrow"
    PARQUET = "parquet"


class LineFormat(str, Enum):
    """The formats of a live tail."""

    TABLE = "table"
    JSONL = "jsonl"
    RAW = "raw"


class JsonOnly(str, Enum):
    """The format of reports for programs."""

    JSON = "json"


Since = Annotated[
    str | None, typer.Option("--since", metavar="DURATION", help="How far back from now: 15m, 1.5h, 2d. [default: 1h]")
]
From = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="Start: RFC 3339, a date, or a duration before now.")
]
To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="End (not included), likewise, or 'now'.")]
All = Annotated[bool, typer.Option("--all", help="All times.")]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="At most so many rows. [default: 1000 where rows are events]")
]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="SNAPSHOT", help="Ask the snapshot that an earlier answer was made of, by its id."),
]
After = Annotated[
    str | None, typer.Option("--after", metavar="ROW", help="Go on behind this row, named by its id: events only.")
]
Ids = Annotated[bool, typer.Option("--ids", help="Give each event its id, in a column _row.")]
OutputFormat = Annotated[
    Format | None,
    typer.Option("--format", help="How to write the answer. [default: table on a terminal, else jsonl]"),
]
Server = Annotated[str | None, typer.Option("--server", metavar="URL", help=f"The server. [default: {DEFAULT_SERVER}]")]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Read this data directory instead, even while a server runs on it."),
]
Tag = Annotated[str | None, typer.Option("--tag", metavar="TAG", help="Only this tag; '*' and '?' are wildcards.")]
Sender = Annotated[
    str | None, typer.Option("--sender", metavar="ADDRESS", help="Only senders whose address begins like this.")
]
ListFormat = Annotated[
    Format | None,
    typer.Option("--format", help="How to write the list. [default: table on a terminal, else jsonl]"),
]
ListLimit = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many, the newest. [default: 1000]")]
JsonFormat = Annotated[JsonOnly | None, typer.Option("--format", help="Write JSON, for programs.")]
