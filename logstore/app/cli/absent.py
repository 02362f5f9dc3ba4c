"""Libraries that others import merely because they are installed, kept out of this process for it to start sooner.

pyarrow imports pandas, where there is one, to see whether a value is one of its; numpy it can do without.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType


class _Absent:
    """Answers every import of one library as if it were not installed; see `importlib.abc.MetaPathFinder`."""

    def __init__(self, library: str) -> None:
        self._library = library

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /) -> None:
        """Raises for the library, and leaves everything else to the other finders."""
        del path, target
        if fullname == self._library:
            raise ModuleNotFoundError(f"{fullname} is kept out of this process", name=fullname)


def keep_out(library: str) -> None:
    """Makes a library that nobody has imported yet look as if it were not installed, until the process ends."""
    sys.meta_path.insert(0, _Absent(library))
