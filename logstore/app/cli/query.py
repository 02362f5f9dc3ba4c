"""`logstore query` and `logstore sql`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from logstore.app.answers import Answer, encode
from logstore.app.blame import EXIT_PARTIAL
from logstore.app.cli.asking import Asked, DirectoryTarget, ServerTarget
from logstore.app.cli.output import choose_writer, write
from logstore.app.facts import Facts


def run(asked: Asked, target: ServerTarget | DirectoryTarget, output: str | None) -> None:
    """Asks, writes the answer to stdout, and what there is to say about it to stderr."""
    writer = choose_writer(output)
    with _answer(asked, target) as answer:
        for piece in encode(answer, writer):
            write(piece)
        facts = answer.facts()
        for line in (*remarks(facts), *_further(facts, target)):
            print(line, file=sys.stderr)  # noqa: T201 (a command line talks)
    if facts.partial is not None:
        sys.exit(EXIT_PARTIAL)


@contextmanager
def _answer(asked: Asked, target: ServerTarget | DirectoryTarget) -> Iterator[Answer]:
    if isinstance(target, ServerTarget):
        from logstore.app.cli.http import Request  # noqa: PLC0415 (one of the two is needed, both are slow)
        from logstore.app.cli.remote import RemoteAnswer  # noqa: PLC0415

        yield RemoteAnswer(target.url, Request(asked.path, asked.as_request()))
    else:
        from logstore.app.cli.local import local_answer  # noqa: PLC0415

        with local_answer(target.path, asked) as answer:
            yield answer


def remarks(facts: Facts) -> Iterator[str]:
    """What to say on stderr after an answer, a line or diagram each."""
    yield from facts.notices
    if facts.partial is not None:
        yield _partial(facts.partial)
    if facts.cut_at is not None:
        rows = "row is" if facts.cut_at == 1 else f"{facts.cut_at:,} rows are"
        yield f"only the first {rows} shown; --limit changes that"
    if facts.rows == 0:
        yield _nothing(facts)


def _further(facts: Facts, target: ServerTarget | DirectoryTarget) -> Iterator[str]:
    """How to see the rows behind those of a cut answer. A directory is another snapshot each time it is read."""
    if facts.next is not None and isinstance(target, ServerTarget):
        yield f"to go on behind them: --at {facts.snapshot} --after {facts.next}"


def _partial(partial: Mapping[str, int | str]) -> str:
    parts, events = partial["parts"], f"{partial['events']:,}"
    what = "a part" if parts == 1 else f"{parts:,} parts"
    remedy = "`logstore quarantine list` tells which, `logstore restore --part` brings them back from a backup"
    if "unreachable" in partial:
        remedy = f"{partial['unreachable']}; ask again later"
    return (
        f"PARTIAL ANSWER: {what} of {events} events from {partial['from']} to {partial['to']} cannot be read; {remedy}"
    )


def _nothing(facts: Facts) -> str:
    if facts.outside is None:
        return "no rows"
    if facts.outside == 0:
        return "no rows; no event outside the window matches either"
    events = "1 matching event lies" if facts.outside == 1 else f"{facts.outside:,} matching events lie"
    return f"no rows; {events} outside the window, the newest at {facts.newest}; --all asks all times"
