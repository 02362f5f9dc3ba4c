"""What takes pages apart, where it was built. Without it `facets` asks the database alone, which takes longer."""

from __future__ import annotations

import sys
from types import ModuleType


def compiled() -> ModuleType | None:
    """The kernel; None where there is none."""
    if sys.byteorder != "little":
        return None
    try:
        from query.pages import kernel  # noqa: PLC0415 - not everywhere is it built
    except ImportError:
        return None
    return kernel


def taker() -> ModuleType | None:
    """What takes single values out of pages; None where it was not built: then the database is asked for all rows."""
    if compiled() is None:
        return None
    try:
        from query.pages import taking  # noqa: PLC0415 - likewise
    except ImportError:
        return None
    return taking
