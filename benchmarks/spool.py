"""Encoded chunks in files, made before a measurement begins, so that sending costs little while it runs."""

from __future__ import annotations

import json
import mmap
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from benchmarks.encodings import ENCODINGS, json_bytes
from benchmarks.workload import Workload, generate

_HEAD = struct.Struct("<II")
"""Before each frame: its bytes and its events."""
_FACTS = "facts.json"


@dataclass(frozen=True, slots=True)
class Frame:
    """What is sent at once, and how many events it holds."""

    data: memoryview
    events: int


@dataclass(frozen=True, slots=True)
class Spool:
    """A workload in several encodings.

    Attributes:
        events: how many.
        chunks: how many chunks they are.
        tags: how many tags the chunks have.
        json_bytes: bytes of the records as JSON lines; the size in which all are measured.
        directory: where the files are.
    """

    events: int
    chunks: int
    tags: int
    json_bytes: int
    directory: Path

    def frames(self, encoding: str) -> list[Frame]:
        """The frames in one encoding, mapped, not read."""
        with self._path(encoding).open("rb") as file:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        frames, at = [], 0
        while at < len(data):
            size, events = _HEAD.unpack_from(data, at)
            at += _HEAD.size
            frames.append(Frame(data[at : at + size], events))
            at += size
        return frames

    def _path(self, encoding: str) -> Path:
        return self.directory / f"{encoding}.frames"


def prepare(workload: Workload, encodings: Iterable[str], directory: Path) -> Spool:
    """Generates a workload once and writes it in all the encodings; what an earlier call left there is used again.

    A directory holds one workload: whoever gives it again must give it with the same one.
    """
    wanted = [name for name in dict.fromkeys(encodings) if not (directory / f"{name}.frames").exists()]
    facts_file = directory / _FACTS
    if wanted or not facts_file.exists():
        directory.mkdir(parents=True, exist_ok=True)
        files = {name: (directory / f"{name}.partial").open("wb") for name in wanted}
        facts = _write(workload, files)
        for name, file in files.items():
            file.close()
            Path(file.name).rename(directory / f"{name}.frames")
        facts_file.write_text(json.dumps(facts))
    return Spool(directory=directory, **json.loads(facts_file.read_text()))


def _write(workload: Workload, files: Mapping[str, BinaryIO]) -> dict[str, int]:
    chunks = size = 0
    tags = set()
    for batch in generate(workload):
        chunks += 1
        size += json_bytes(batch)
        tags.add(batch.source.tag)
        for name, file in files.items():
            for data, events in ENCODINGS[name](batch):
                file.write(_HEAD.pack(len(data), events))
                file.write(data)
    return {"events": workload.events, "chunks": chunks, "tags": len(tags), "json_bytes": size}
