"""The list of a backup: which files a data directory had at one instant, and their content. Pure. The docs draw it.

Content lies in the target under a key that is made of its SHA-256, so backups share what they have in common, and
whatever comes back can be checked against its key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from logstore.errors import CorruptionError

VERSION = 1
MANIFESTS, FILES = "backups/", "files/"
_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in a backup.

    Attributes:
        name: its name in the data directory.
        size: its bytes.
        sha256: of its content, as hex.
    """

    name: str
    size: int
    sha256: str

    @property
    def key(self) -> str:
        """Where its content lies in the target."""
        return f"{FILES}{self.sha256[:2]}/{self.sha256}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A backup.

    Attributes:
        ident: a ULID, so identifiers sort by the time they were made.
        made_ns: the instant that it is of, UTC nanoseconds.
        generation: the last one that was sealed then.
        events: events in parts then; what was in the log comes to them.
        lacking: files that should be in it, and were damaged or missing, with what was wrong.
        files: sorted by name.
    """

    ident: str
    made_ns: int
    generation: int
    events: int
    lacking: dict[str, str]
    files: tuple[Kept, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    def encoded(self) -> bytes:
        """As JSON."""
        fields = {
            "version": VERSION,
            "id": self.ident,
            "made_ns": self.made_ns,
            "generation": self.generation,
            "events": self.events,
            "lacking": self.lacking,
            "files": [[file.name, file.size, file.sha256] for file in self.files],
        }
        return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)


def manifest_key(ident: str) -> str:
    """Where the list of a backup lies in the target."""
    return f"{MANIFESTS}{ident}{_SUFFIX}"


def ident_of(key: str) -> str | None:
    """The backup whose list has this key; None when it is none's."""
    ident = key.removeprefix(MANIFESTS).removesuffix(_SUFFIX)
    return ident if key == manifest_key(ident) and "/" not in ident else None


def decode_manifest(content: bytes, where: str) -> Manifest:
    """Reads what `encoded` gave.

    Raises:
        CorruptionError: it is something else, or of a newer version.
    """
    try:
        fields: dict[str, Any] = orjson.loads(content)
        version = fields["version"]
        if version == VERSION:
            files = tuple(_kept(*row) for row in fields["files"])
            return Manifest(
                str(fields["id"]),
                int(fields["made_ns"]),
                int(fields["generation"]),
                int(fields["events"]),
                {str(name): str(why) for name, why in fields["lacking"].items()},
                files,
            )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptionError("it is no list of a backup", where, remedy="use another backup") from error
    raise CorruptionError(f"backup version {version} is unknown, this is version {VERSION}", where)


def _kept(name: str, size: int, sha256: str) -> Kept:
    # The name comes to be a path: it must not lead out of the directory that is restored.
    steps = name.split("/")
    if not all(steps) or ".." in steps or "." in steps or "\0" in name or len(sha256) != 64:  # noqa: PLR2004 - hex digits
        raise ValueError(name)
    return Kept(name, int(size), sha256)
