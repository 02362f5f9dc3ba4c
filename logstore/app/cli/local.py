"""An answer from a data directory, without its server: the same engine in this process."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from logstore.app.answers import Answer
from logstore.app.cli.asking import Asked
from logstore.app.decoding import make_decoder
from logstore.app.desk import EngineDesk
from logstore.app.questions import Cancellation, Question
from logstore.app.window import resolve
from logstore.clock import SystemClock
from logstore.storage.read_only import open_read_only
from query.engine import Engine
from query.execution.limits import Limits

# Nobody waits for a place here, and Ctrl-C ends it: ten years.
_NO_LIMIT_S = 10 * 365 * 86_400.0


@contextmanager
def local_answer(path: Path, asked: Asked, *, is_export: bool = False) -> Iterator[Answer]:
    """The answer to a question asked of a directory, for as long as the context is open; all rows of an export.

    Raises:
        LogstoreError: there is no data directory, or the query fails.
    """
    with _desk(path) as desk, desk.ask(question_of(asked, is_export=is_export), Cancellation()) as answer:
        yield answer


def local_explanation(path: Path, asked: Asked, *, is_analyzed: bool) -> str:
    """How a question would be answered, or is, and what that took; raises like `local_answer`."""
    with _desk(path) as desk:
        return explanation(desk, asked, is_analyzed=is_analyzed)


def explanation(desk: EngineDesk, asked: Asked, *, is_analyzed: bool) -> str:
    """How a question asked now would be answered; or is, and what that took. Raises `LogstoreError`."""
    question = question_of(asked)
    return desk.analyze(question, Cancellation()) if is_analyzed else desk.explain(question)


@contextmanager
def local_desk(path: Path) -> Iterator[EngineDesk]:
    """Somebody who answers questions of a directory, for as long as the context is open."""
    with _desk(path) as desk:
        yield desk


@contextmanager
def _desk(path: Path) -> Iterator[EngineDesk]:
    with ExitStack() as stack:
        clock = SystemClock()
        store = stack.enter_context(closing(open_read_only(str(path), make_decoder, clock)))
        spill = stack.enter_context(tempfile.TemporaryDirectory(prefix="logstore-spill-"))
        limits = Limits(export_time_s=_NO_LIMIT_S, threads=os.cpu_count() or 1, temp_directory=spill)
        yield EngineDesk(stack.enter_context(closing(Engine(store, limits, clock, store.indexes, (store.root,)))))


def question_of(asked: Asked, *, is_export: bool = False) -> Question:
    """What was asked, asked now."""
    now_ns = time.time_ns()
    at, after, ids = asked.page.at, asked.page.after, asked.page.ids
    window = resolve(asked.window, now_ns)
    return Question(asked.text, window, asked.limit, now_ns, is_export, asked.is_sql, at, after, ids)
