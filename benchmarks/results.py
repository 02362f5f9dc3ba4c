"""What is written down about a measurement, and how figures of several runs become one."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
_ROOT = Path(__file__).parent.parent
_LIBRARIES = ("duckdb", "msgpack", "numpy", "orjson", "pyarrow", "uvloop", "zstandard")


def conditions() -> dict[str, Any]:
    """Which state of the source was measured, when, and on what kind of machine; never whose."""
    return {
        "commit": _git("rev-parse", "HEAD"),
        "source_changed": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpus": os.cpu_count(),
            "architecture": platform.machine(),
            "system": platform.system(),
            "python": platform.python_version(),
            "libraries": {name: metadata.version(name) for name in _LIBRARIES},
        },
    }


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=_ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def median_figures(runs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The median of each figure that is one number."""
    names = [name for name, value in runs[0].items() if isinstance(value, int | float)]
    return {name: statistics.median(run[name] for run in runs) for name in names}


def ratio(ours: float, theirs: float) -> float:
    """How many times theirs ours is."""
    return round(ours / theirs, 2)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def write(result: Mapping[str, Any], output: Path | None) -> None:
    """Writes a result as JSON, if somewhere was named."""
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(result, indent=1) + "\n")
