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


def notify_socket() -> str | None:
    """Where the service manager wants to be told how the server is; None where it does not (`man 3 sd_notify`)."""
    return os.environ.get("NOTIFY_SOCKET")
