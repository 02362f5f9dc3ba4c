"""The files of an export: rows are written as they come, and a file is begun anew when one is large enough.

A file is written under another name, synced, and renamed when it is whole. Files are numbered in the order of the rows.
An export that fails takes away all that it wrote, so that nobody takes a part of an answer for the whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa
import zstandard

from logstore.app.answers import Answer
from logstore.app.facts import Facts
from logstore.app.formats.rows import Shape
from logstore.app.formats.writer import Writer
from logstore.errors import SettingsError, WorldError
from logstore.storage.identity import refuse_inside

MANIFEST = "manifest.json"
TEMPORARY_SUFFIX = ".tmp"
_DIGITS = 6
_OURS = re.compile(rf"\d{{{_DIGITS},}}\.(parquet|jsonl|csv)(\.zst)?(\.tmp)?")
# zstd's own default: level 1 is a tenth larger, level 9 a tenth smaller and several times slower.
_LEVEL = 3


@dataclass(frozen=True, slots=True)
class ExportShape:
    """What the files are like.

    Attributes:
        make_writer: makes the writer of a file.
        suffix: of their names: `.parquet`, `.jsonl`, `.csv`.
        compress: whether they are compressed with zstd as a whole, and named so.
        max_rows: rows of a file at most; None: any number.
        max_bytes: bytes of a file, about: what one step of its writer adds may be beyond.
    """

    make_writer: Callable[[], Writer]
    suffix: str
    compress: bool
    max_rows: int | None
    max_bytes: int

    def name(self, number: int) -> str:
        """The name of a file, counted from 1."""
        return f"{number:0{_DIGITS}d}{self.suffix}{'.zst' if self.compress else ''}"


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file that is whole."""

    name: str
    rows: int
    bytes: int
    sha256: str


class Watcher(Protocol):
    """Somebody who looks on."""

    def wrote(self, rows: int, total_bytes: int, files: int) -> None:
        """So many rows more are written; bytes and files so far."""


@contextlib.contextmanager
def export_directory(path: Path) -> Iterator[None]:
    """A directory that is empty now, made when it is not there; left as it was when what is done in it fails.

    Raises:
        SettingsError: it is not empty, no directory, or in a data directory.
        WorldError: it cannot be made.
    """
    made = _prepare(path)
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for file in path.iterdir():
                file.unlink()
            for folder in made:
                folder.rmdir()
        raise


def write_export(answer: Answer, directory: Path, shape: ExportShape, watcher: Watcher) -> list[ExportedFile]:
    """Writes all rows of an answer into files; at least one, so that also an answer without rows has its columns.

    Raises:
        LogstoreError: the query failed on the way, or the disk refused.
    """
    try:
        with contextlib.closing(_Files(directory, shape, answer.shape, watcher)) as files:
            for batch in answer.batches():
                files.add(batch)
            return files.finish()
    except OSError as error:
        raise WorldError(f"the export cannot be written to {directory}: {error.strerror or error}") from error


def write_whole(directory: Path, name: str, content: bytes) -> None:
    """Writes a file that is there whole or not at all.

    Raises:
        WorldError: the disk refused.
    """
    try:
        with contextlib.closing(_File(directory / name, compress=False)) as file:
            file.write(content)
            file.finish()
    except OSError as error:
        raise WorldError(f"{directory / name} cannot be written: {error.strerror or error}") from error


class _File:
    """A file that is being written, under another name until it is whole."""

    def __init__(self, path: Path, *, compress: bool) -> None:
        self._path = path
        self._temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
        self._out: BinaryIO = self._temporary.open("xb")
        self._packer = zstandard.ZstdCompressor(_LEVEL, write_checksum=True).compressobj() if compress else None
        self._hash = hashlib.sha256()
        self.bytes = 0

    def write(self, data: bytes) -> None:
        self._put(self._packer.compress(data) if self._packer else data)

    def finish(self) -> str:
        """Gives the file its name; its SHA-256."""
        if self._packer:
            self._put(self._packer.flush())
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        self._temporary.rename(self._path)
        return self._hash.hexdigest()

    def close(self) -> None:
        self._out.close()

    def _put(self, data: bytes) -> None:
        self._out.write(data)
        self._hash.update(data)
        self.bytes += len(data)


class _Files:
    """The files so far, and the one that is open."""

    def __init__(self, directory: Path, shape: ExportShape, columns: Shape, watcher: Watcher) -> None:
        self._directory = directory
        self._shape = shape
        self._columns = columns
        self._watcher = watcher
        self._done: list[ExportedFile] = []
        self._begin()

    def add(self, batch: pa.RecordBatch) -> None:
        """Writes rows."""
        while batch.num_rows:
            if self._is_full():
                self._end()
                self._begin()
            piece = batch if self._shape.max_rows is None else batch.slice(0, self._shape.max_rows - self._rows)
            self._file.write(self._writer.rows(piece))
            self._rows += piece.num_rows
            batch = batch.slice(piece.num_rows)
            self._watcher.wrote(piece.num_rows, self._total_bytes(), len(self._done) + 1)

    def finish(self) -> list[ExportedFile]:
        """Ends the last file; all of them."""
        self._end()
        # The names of all of them are durable before anybody is told.
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return self._done

    def close(self) -> None:
        """Lets go of the open file."""
        self._file.close()

    def _is_full(self) -> bool:
        is_large = self._rows > 0 and self._file.bytes >= self._shape.max_bytes
        return is_large or self._rows == self._shape.max_rows

    def _begin(self) -> None:
        self._name = self._shape.name(len(self._done) + 1)
        self._file = _File(self._directory / self._name, compress=self._shape.compress)
        self._writer = self._shape.make_writer()
        self._rows = 0
        self._file.write(self._writer.begin(self._columns))

    def _end(self) -> None:
        self._file.write(self._writer.end(Facts(rows=self._rows)))
        digest = self._file.finish()
        self._done.append(ExportedFile(self._name, self._rows, self._file.bytes, digest))

    def _total_bytes(self) -> int:
        return sum(file.bytes for file in self._done) + self._file.bytes


def _prepare(path: Path) -> list[Path]:
    """Makes the directory, and those above it, if they are not there; those that were made, the lowest first."""
    refuse_inside(path)
    try:
        made = [folder for folder in (path, *path.parents) if not folder.exists()]
        for folder in reversed(made):
            folder.mkdir()
    except OSError as error:
        raise WorldError(f"cannot make directory {path}: {error.strerror or error}") from error
    if not path.is_dir():
        raise SettingsError(f"--output {path} is not a directory", "name one that is empty, or that is not there")
    names = [file.name for file in path.iterdir()]
    if names:
        is_broken = MANIFEST not in names and all(_OURS.fullmatch(name) for name in names)
        what = ": an export was broken off there" if is_broken else ""
        raise SettingsError(f"--output {path} is not empty{what}", "name another directory, or remove what is in it")
    return made
