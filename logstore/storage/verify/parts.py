"""Whether a part is what the catalog says, byte by byte, and when asked value by value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from logstore.errors import CorruptionError
from logstore.model.schema import SEQ, TAG, TIME
from logstore.model.snapshot import Part, RowGroup
from logstore.storage.directory import Directory, MissingFileError, UnreadableError
from logstore.storage.index.codec import best_codec
from logstore.storage.index.rebuild import read_row_groups
from logstore.storage.index.soundness import check_against_rows, check_index
from logstore.storage.layout import name_of
from logstore.storage.part.footer import read_part
from logstore.storage.progress import Progress
from logstore.storage.verify.fault import Fault
from logstore.storage.verify.reading import CheckedParts

RESTORE_PART = "logstore restore PLACE DIR --part NAME, from a backup"
_MAKE_ANEW = (
    "logstore reindex --all makes it anew; until then queries that meet the damage read more, and answer the same"
)

# What the catalog and the part's own label both say. Sizes and checksums were compared before.
_SAID_TWICE = (
    "generation", "tenant", "rows", "time_min_ns", "time_max_ns", "seq_min", "seq_max", "columns", "has_more", "tags",
    "row_groups",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PartSurvey:
    """Looks at parts.

    Attributes:
        directory: where they are.
        progress: is told of what was read.
        is_deep: whether all values are decoded too.
    """

    directory: Directory
    progress: Progress
    is_deep: bool

    def faults(self, part: Part) -> Iterator[Fault]:
        """What is wrong with a part of the catalog, with an absolute path."""
        checks = () if self.is_away(part) else (self._bytes, self._label, *([self._values] if self.is_deep else []))
        for check in (*checks, self._index):
            found = self._found(part, check)
            yield from found
            if found:
                return

    def is_away(self, part: Part) -> bool:
        """Whether a part, with an absolute path, is in object storage only, and checked when it is fetched."""
        return part.remote is not None and not self.directory.exists(name_of(part.path, self.directory.path("")))

    def _found(self, part: Part, check: Callable[[Part], Iterator[str]]) -> list[Fault]:
        name, offset = name_of(part.path, self.directory.path("")), None
        kind = "index" if check == self._index else "part"
        try:
            wrong = list(check(part))
        except CorruptionError as error:
            wrong, offset = [error.what], error.offset
        except MissingFileError:
            wrong = ["it is not there"]
        except UnreadableError as error:
            wrong = [error.message]
        remedy = _MAKE_ANEW if kind == "index" else RESTORE_PART
        return [Fault(kind, name, one, remedy, offset) for one in wrong]

    def _bytes(self, part: Part) -> Iterator[str]:
        """The checksums."""
        for count in CheckedParts(self.directory).check_whole(part):
            self.progress.did(count)
        yield from ()

    @staticmethod
    def _label(part: Part) -> Iterator[str]:
        """The footer against the catalog."""
        found = read_part(part.path, part.path, part.bytes)
        for name in _SAID_TWICE:
            if getattr(found, name) != getattr(part, name):
                yield f"the catalog and the file disagree on {name.replace('_', ' ')}"

    def _values(self, part: Part) -> Iterator[str]:
        """The rows against all that is said of them."""
        try:
            with pq.ParquetFile(part.path) as file:
                for place, group in enumerate(part.row_groups):
                    yield from _wrong_values(part, group, file.read_row_group(place, use_threads=False))
        except (pa.ArrowException, OSError) as error:
            yield f"its rows cannot be decoded: {error}"

    def _index(self, part: Part) -> Iterator[str]:
        """The index against what it says of itself, and when asked against the rows."""
        if part.index is None:
            return
        name = name_of(part.index, self.directory.path(""))
        size = self.directory.size(name)
        if size != part.index_bytes:
            yield f"its index has {size:,} bytes, and had {part.index_bytes:,}"
            return
        data = self.directory.map(name)
        check_index(data, part)
        if self.is_deep and not self.is_away(part):
            check_against_rows(data, part, read_row_groups(part), best_codec())


def _wrong_values(part: Part, group: RowGroup, table: Any) -> Iterator[str]:
    where = f"row group at row {group.first_row:,}"
    if table.num_rows != group.rows:
        yield f"{where}: {table.num_rows:,} rows instead of {group.rows:,}"
        return
    if any(table.column(name).null_count for name in (TIME, SEQ, TAG)):
        yield f"{where}: an event has no time, no number or no tag"
        return
    times = pc.min_max(table.column(TIME).cast(pa.int64())).as_py()
    if (times["min"], times["max"]) != (group.time_min_ns, group.time_max_ns):
        yield f"{where}: times are outside of their span"
    seqs = pc.min_max(table.column(SEQ)).as_py()
    if seqs["min"] < part.seq_min or seqs["max"] > part.seq_max:
        yield f"{where}: numbers are outside of their span"
    if part.tags is not None and not set(pc.unique(table.column(TAG)).to_pylist()) <= set(part.tags):
        yield f"{where}: there are tags that are not listed"
