"""Statements that read nothing but what is here and sound: files are brought and checked first, and else left out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import ExitStack
from typing import Protocol

from logstore.model.snapshot import Part, PartRead
from query.execution.executor import Session
from query.source import Source
from query.sql.compile import Compiled
from query.taking.groups import NotTakenError
from query.taking.take import Looked, Taken
from query.taking.wanted import Wanted


class Make(Protocol):
    """Compiles a statement."""

    def __call__(self, *, without: Collection[str]) -> Compiled:
        """The statement that leaves out the parts with these paths."""


class _UnfitError(Exception):
    """A part that rows are taken from turned out to be unfit, and is left out from now on."""


class Sound:
    """Brings and checks what the statements of one query read. Used by one thread. Must be closed.

    Args:
        source: knows what is sound.
        session: of the query; ends the checks when the query ends.
    """

    def __init__(self, source: Source, session: Session) -> None:
        self._source = source
        self._session = session
        self._without: dict[str, Part] = {}
        self._lacking: dict[str, Part] = {}
        self._unreached: dict[str, str] = {}
        self._held = ExitStack()
        self._held_paths: set[str] = set()

    @property
    def lacking(self) -> tuple[Part, ...]:
        """The parts that should have been read too, and were unfit or could not be had."""
        return tuple(self._lacking.values())

    @property
    def unreached(self) -> tuple[str, ...]:
        """Why those of them could not be had that may be had later; each reason once."""
        return tuple(dict.fromkeys(self._unreached.values()))

    def statement(self, make: Make) -> Compiled:
        """The statement, of which everything that it reads is here and sound, until the next one is made.

        Raises:
            LogstoreError: the query was ended meanwhile, or it cannot be told what is sound.
        """
        # Nothing is kept from others while it waits.
        self.close()
        self._session.enter()
        compiled = make(without=self._without.keys())
        while found := self._unreadable(compiled):
            self._without |= {part.path: part for part in found}
            compiled = make(without=self._without.keys())
        self._lacking |= {part.path: part for part in compiled.lacking}
        self._session.will_read(_parts(compiled))
        return compiled

    def statement_here(self, make: Make) -> Compiled | None:
        """The statement, if nothing that it reads has to be brought from afar; None when it has."""
        compiled = make(without=self._without.keys())
        return self.statement(make) if self._source.are_local(_parts(compiled)) else None

    def taken(self, wanted: Wanted, lacking: Sequence[Part]) -> Taken | None:
        """Rows that need no statement, of which everything that is looked at is here and sound; None: they need one.

        Args:
            wanted: which rows.
            lacking: the parts that should be looked into too, and are known to be unfit.

        Raises:
            LogstoreError: the query was ended meanwhile, or it cannot be told what is sound.
        """
        self.close()
        while True:
            try:
                taken = self._session.taking(wanted, self._fit, self._without.keys(), Looked())
            except _UnfitError:
                continue
            except NotTakenError:
                return None
            missed = (*lacking, *self._without.values())
            self._lacking |= {part.path: part for part in missed if part.time_max_ns >= taken.least_ns}
            return taken

    def close(self) -> None:
        """Nothing is read any more."""
        self._held.close()
        self._held_paths.clear()

    def _fit(self, read: PartRead) -> None:
        """Lets a part be read that is here and sound. What has to be brought from afar is left to statements."""
        part = read.part
        if part.path not in self._held_paths:
            if not self._source.are_local([part]):
                raise NotTakenError
            # The first look at it may be a long one.
            self._session.end_turn()
            if self._held.enter_context(self._source.reading([part], self._session.check)):
                raise NotTakenError
            self._held_paths.add(part.path)
        if self._unfit([read]):
            self._without[part.path] = part
            raise _UnfitError

    def _unreadable(self, compiled: Compiled) -> list[Part]:
        self.close()
        parts = _parts(compiled)
        if parts:
            # They may be far away, and the first look at them is a long one.
            self._session.end_turn()
        unreached = self._held.enter_context(self._source.reading(parts, self._session.check))
        self._unreached |= unreached
        return self._unfit([read for read in compiled.reads if read.part.path not in unreached]) + [
            read.part for read in compiled.reads if read.part.path in unreached
        ]

    def _unfit(self, reads: Sequence[PartRead]) -> list[Part]:
        found: list[Part] = []
        for read in reads:
            # The first look at a part reads what the query needs of it, which may take long.
            self._session.check()
            found += self._source.unfit([read])
        return found


def _parts(compiled: Compiled) -> list[Part]:
    """Each once, also where it is read more than once."""
    return list({read.part.path: read.part for read in compiled.reads}.values())
