"""What docs/metrics.md says that there is."""

import re
from pathlib import Path

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "metrics.md"
_ENDINGS = {"histogram": ("_bucket", "_sum", "_count")}


def documented():
    """Each metric with its type and its help."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| \w* ?\| (.+) \|$", DOCUMENTATION.read_text(), re.MULTILINE)
    return {name: (kind, text) for name, kind, text in rows}


def known_series():
    """The names of all series: of a histogram several."""
    return {name + ending for name, (kind, _) in documented().items() for ending in _ENDINGS.get(kind, ("",))}
