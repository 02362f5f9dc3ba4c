"""What verification finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it should be.

    Attributes:
        kind: what the file is: `part`, `index`, `chunk ids`, `ledger`, `quarantine`, `decode settings`, `log`,
            `catalog`, or `unlisted`.
        name: the file, in the data directory.
        what: what is wrong with it.
        remedy: what to do.
        offset: where in the file, when that is known.
    """

    kind: str
    name: str
    what: str
    remedy: str
    offset: int | None = None
