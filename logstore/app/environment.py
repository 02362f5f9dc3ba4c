"""The environment variables of the process: the one place where they are read."""

from __future__ import annotations

import os
from collections.abc import Mapping


def variables() -> Mapping[str, str]:
    """All of them."""
    return os.environ


def no_colour() -> bool:
    """Whether colours are unwanted (https://no-color.org)."""
    return bool(os.environ.get("NO_COLOR"))
