"""What a build of the image gets to see: the repository without what .dockerignore leaves out."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCKER = ROOT / "deploy" / "docker"
WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _patterns():
    """Whether each lets in, and what it is about, in the order of the file: the last one that fits decides."""
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            parts = re.split(r"(\*\*/|\*\*|\*|\?)", line.removeprefix("!"))
            yield line.startswith("!"), re.compile("".join(WILD.get(part, re.escape(part)) for part in parts))


PATTERNS = tuple(_patterns())


def is_sent(path):
    """Whether a file of the repository, by its path from the top, is part of the context."""
    sent = True
    places = ["/".join(path.split("/")[: depth + 1]) for depth in range(path.count("/") + 1)]
    for lets_in, pattern in PATTERNS:
        if any(pattern.fullmatch(place) for place in places):
            sent = lets_in
    return sent
