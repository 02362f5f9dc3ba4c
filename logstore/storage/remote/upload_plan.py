"""Which files are to be uploaded, and when. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from logstore.model.snapshot import Part


@dataclass(frozen=True, slots=True)
class Upload:
    """Files of a part that are to be uploaded.

    Attributes:
        part: the part, its paths as in the snapshot.
        files: sizes of the files, by name in the data directory: itself, its index, or both.
        due_ns: when, UTC nanoseconds.
    """

    part: Part
    files: Mapping[str, int]
    due_ns: int

    @property
    def bytes(self) -> int:
        """Size of the files."""
        return sum(self.files.values())


def plan_uploads(
    parts: Sequence[Part], root: str, stored: Mapping[str, int], written_ns: Mapping[str, int], after_ns: int
) -> tuple[Upload, ...]:
    """What is not in object storage yet, by when it is due.

    Args:
        parts: the parts of a snapshot.
        root: the data directory, with a `/` at its end.
        stored: sizes of the files that are there, by name; an index that was made anew has another size.
        written_ns: when the parts were written, by path, UTC nanoseconds.
        after_ns: how old a part must be.
    """
    uploads = []
    for part in parts:
        sizes = {part.path: part.bytes} | ({} if part.index is None else {part.index: part.index_bytes})
        names = {path.removeprefix(root): size for path, size in sizes.items()}
        files = {name: size for name, size in names.items() if stored.get(name) != size}
        if files:
            uploads.append(Upload(part, files, written_ns[part.path] + after_ns))
    return tuple(sorted(uploads, key=lambda one: one.due_ns))
