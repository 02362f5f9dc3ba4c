"""The tallies of a part: made with its word index, kept in the same file, and read from it one at a time. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
from crc32c import crc32c

from logstore.model.schema import LEVEL, TAG, TIME
from logstore.storage.index.value_tally import ValueCounter, encode_values, tallied_columns
from logstore.storage.index.volume_tally import VolumeCounter

VOLUME, LEVELS, VALUES = "volume", "levels", "values"
"""By tag, level and bin; by level and bin; `values` and the name of a column behind it. On disk: never rename one."""
_VOLUME_COLUMNS = (TIME, TAG, LEVEL)
_LEVEL = 3
_MOST_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class TallyPlace:
    """Where an encoded tally is: counted from the end of the description; its length, checksum, length unpacked."""

    start: int
    bytes: int
    crc: int
    size: int


class TallyCounter:
    """Takes the row groups of a part in their order, then gives its tallies."""

    def __init__(self) -> None:
        self._values: dict[str, ValueCounter] | None = None
        self._volume: VolumeCounter | None = None

    def add(self, row_group: pa.Table) -> None:
        """The next row group: all columns of `tally_columns` at least, the same ones each time."""
        names = row_group.schema.names
        if self._values is None:
            self._values = {name: ValueCounter() for name in tallied_columns(row_group.schema)}
            self._volume = VolumeCounter() if set(_VOLUME_COLUMNS) <= set(names) else None
        for name, counter in self._values.items():
            counter.add(row_group.column(name))
        if self._volume is not None:
            self._volume.add(row_group)

    def finish(self) -> dict[str, bytes]:
        """The tallies that there are, encoded, by name."""
        made = {name: content for name, content in self._volumes().items() if content is not None}
        for name, counter in (self._values or {}).items():
            found = counter.finish()
            content = None if found is None else encode_values(*found)
            if content is not None:
                made[values_name(name)] = content
        return made

    def _volumes(self) -> dict[str, bytes | None]:
        if self._volume is None:
            return {}
        return {VOLUME: self._volume.finish(by_tag=True), LEVELS: self._volume.finish(by_tag=False)}


def values_name(column: str) -> str:
    """The name of the tally of a column."""
    return f"{VALUES} {column}"


def tally_columns(schema: pa.Schema) -> list[str]:
    """Names of the columns that tallies are made of."""
    return [name for name in schema.names if name in {*_VOLUME_COLUMNS, *tallied_columns(schema)}]


def packed(tallies: Mapping[str, bytes], start: int) -> tuple[dict[str, TallyPlace], list[bytes]]:
    """Where tallies come to lie, one after the other, and their bytes."""
    places: dict[str, TallyPlace] = {}
    pieces: list[bytes] = []
    for name, content in tallies.items():
        piece = pa.Codec("zstd", _LEVEL).compress(content, asbytes=True)
        places[name] = TallyPlace(start, len(piece), crc32c(piece, crc32c(name.encode())), len(content))
        pieces.append(piece)
        start += len(piece)
    return places, pieces


def unpacked(data: memoryview, start: int, name: str, place: TallyPlace) -> bytes:
    """The bytes of a tally, checked.

    Raises:
        ValueError: it is damaged.
    """
    first = start + place.start
    piece = bytes(data[first : first + place.bytes])
    if len(piece) != place.bytes or crc32c(piece, crc32c(name.encode())) != place.crc:
        raise ValueError(f"the tally {name} is damaged")
    if place.size > _MOST_BYTES:
        raise ValueError(f"the tally {name} is too large")
    try:
        return bytes(pa.decompress(piece, place.size, codec="zstd", asbytes=True))
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"the tally {name} cannot be unpacked") from error
