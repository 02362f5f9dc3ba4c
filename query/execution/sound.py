"""Statements that read nothing but what is sound: files are checked before they are read, and else left out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from logstore.model.snapshot import Part
from query.execution.executor import Session
from query.source import Source
from query.sql.compile import Compiled


class Make(Protocol):
    """Compiles a statement."""

    def __call__(self, *, without: Collection[str]) -> Compiled:
        """The statement that leaves out the parts with these paths."""


class Sound:
    """Checks what the statements of one query read. Used by one thread.

    Args:
        source: knows what is sound.
        session: of the query; ends the checks when the query ends.
    """

    def __init__(self, source: Source, session: Session) -> None:
        self._source = source
        self._session = session
        self._without: dict[str, Part] = {}
        self._lacking: dict[str, Part] = {}

    @property
    def lacking(self) -> tuple[Part, ...]:
        """The parts that should have been read too, and were unfit."""
        return tuple(self._lacking.values())

    def statement(self, make: Make) -> Compiled:
        """The statement, of which everything that it reads is sound.

        Raises:
            LogstoreError: the query was ended meanwhile, or it cannot be told what is sound.
        """
        self._session.enter()
        compiled = make(without=self._without.keys())
        while found := self._unfit(compiled):
            self._without |= {part.path: part for part in found}
            compiled = make(without=self._without.keys())
        self._lacking |= {part.path: part for part in compiled.lacking}
        return compiled

    def _unfit(self, compiled: Compiled) -> list[Part]:
        found: list[Part] = []
        for read in compiled.reads:
            # The first look at a part reads what the query needs of it, which may take long.
            self._session.check()
            found += self._source.unfit([read])
        return found
