"""What a source of parts for measurements says of them: all are here and sound."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence

from logstore.model.snapshot import Part, PartRead


class LocalParts:
    """The half of `query.source.Source` that is the same wherever parts are just files."""

    @contextlib.contextmanager
    def reading(self, parts: Sequence[Part], check: Callable[[], None]) -> Iterator[Mapping[str, str]]:
        """They can be read."""
        del parts, check
        yield {}

    def are_local(self, parts: Sequence[Part]) -> bool:
        """They are."""
        del parts
        return True

    def unfit(self, reads: Sequence[PartRead]) -> tuple[Part, ...]:
        """None is damaged."""
        del reads
        return ()
