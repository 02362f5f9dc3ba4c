"""Where servers listen by default; spelt out here because the settings take long to import (a test compares them)."""

from __future__ import annotations

from typing import Final

DEFAULT_SERVER: Final = "http://127.0.0.1:24280"
DEFAULT_FORWARD: Final = "127.0.0.1:24224"
