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
