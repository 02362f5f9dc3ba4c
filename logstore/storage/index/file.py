"""The file of a word index: its head, and where the pages lie. `docs/storage-format.md` draws it. Pure.

A file holds up to three *sections*, one for each method; a section is a directory of its pages, and the pages. A page
has a checksum over its number and its bits, so neither damage to a page nor to the directory goes unnoticed. Behind the
sections are the tallies of the part. Files of version 1 have none.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from hashlib import blake2b
from typing import Any

import orjson
from crc32c import crc32c

from logstore.errors import CorruptionError
from logstore.storage.index.codec import Codec, Collector
from logstore.storage.index.plain import page_checksum
from logstore.storage.index.tally import TallyPlace, packed

MAGIC, VERSION = b"LSWX", 2
_READABLE = frozenset((1, VERSION))
_HEAD = struct.Struct("<4sB3xII")
"""Magic, version, bytes of the description, checksum of all this and the description."""
_CHECKED_HEAD = struct.Struct("<4sB3xI")
_OFFSET = struct.Struct("<I")
_CHECKSUM_BYTES = 4

_ENTRIES_PER_PAGE = 256
"""More make a probe read more, fewer cost eight bytes a page."""

_MOST_KEYS = 2**32


class Method(str, Enum):
    """What is made a key of. The strings are on disk: never rename one."""

    WORDS = "words"
    """Each word, with small letters."""
    VALUES = "values"
    """The whole text, as it stands."""
    GRAMS = "grams"
    """Sampled pieces of the text, with small letters."""


_UNIVERSE_PER_ENTRY: Mapping[Method, int] = {Method.WORDS: 1024, Method.VALUES: 1024, Method.GRAMS: 64}
"""One row group of so many is read in vain for a key that it does not hold. Twice as many cost a bit for each entry.
Words and values are asked for most, and of a store of thousands of row groups each in vain is one too many; of a longer
piece of text several grams are asked for at once."""

GRAM_BYTES, GRAM_WINDOW = 6, 3
"""So any text of eight bytes holds a gram that is sampled wherever it occurs. Shorter grams are fewer, and occur in too
many row groups to tell them apart (see docs/decisions/word-index.md)."""


@dataclass(frozen=True, slots=True)
class Section:
    """Where the keys of a method are.

    Attributes:
        start: of its directory, counted from the end of the description.
        pages: how many; the directory has an offset more than that.
        universe: keys become values below this, evenly.
        width: how many of those values belong to a page.
        entries: pairs of a key and a row group.
        bytes: of directory and pages.
    """

    start: int
    pages: int
    universe: int
    width: int
    entries: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Description:
    """What a file holds.

    Attributes:
        rows, row_groups: of the part that it belongs to.
        columns: by name of the column in the part: by what methods its texts are indexed.
        grams: bytes of a gram, and of how many neighbours the least is sampled.
        sections: by method.
        tallies: by name.
        has_tallies: whether the part was counted at all; what was made before there were tallies was not.
    """

    rows: int
    row_groups: int
    columns: Mapping[str, frozenset[Method]]
    grams: tuple[int, int]
    sections: Mapping[Method, Section]
    tallies: Mapping[str, TallyPlace] = field(default_factory=dict)
    has_tallies: bool = True


def seed_of(column: str, method: Method) -> int:
    """What makes the keys of a column and a method differ from those of others."""
    return int.from_bytes(blake2b(f"{method.value} {column}".encode(), digest_size=8).digest(), "little")


def encode_index(
    rows: int,
    columns: Mapping[str, frozenset[Method]],
    collected: Mapping[Method, Collector],
    codec: Codec,
    tallies: Mapping[str, bytes],
) -> list[bytes]:
    """The bytes of a file, in pieces. All collectors are of the codec and have the same blocks, at least one."""
    sections: dict[Method, Section] = {}
    pieces: list[bytes] = []
    start = 0
    for method, collector in collected.items():
        section, encoded = _encode_section(start, method, collector, codec)
        sections[method] = section
        pieces.append(encoded)
        start += section.bytes
    blocks = max(collector.blocks for collector in collected.values())
    places, tallied = packed(tallies, start)
    described = _encode_description(Description(rows, blocks, columns, (GRAM_BYTES, GRAM_WINDOW), sections, places))
    head = _CHECKED_HEAD.pack(MAGIC, VERSION, len(described))
    return [head + _OFFSET.pack(crc32c(described, crc32c(head))), described, *pieces, *tallied]


def _encode_section(start: int, method: Method, collector: Collector, codec: Codec) -> tuple[Section, bytes]:
    wanted = collector.entries * _UNIVERSE_PER_ENTRY[method] // collector.blocks
    universe = min(max(wanted, 1), _MOST_KEYS)
    width = -(-universe // max(1, collector.entries // _ENTRIES_PER_PAGE))
    bits, ends = collector.encode(universe, width)
    made = codec.section(bits, ends, mark_of(method))
    return Section(start, len(ends), universe, width, collector.entries, len(made)), made


def mark_of(method: Method) -> int:
    """The byte that stands for a method in the checksums of its pages."""
    return ord(method.value[0])


def _encode_description(description: Description) -> bytes:
    return orjson.dumps(
        {
            "rows": description.rows,
            "row_groups": description.row_groups,
            "columns": {name: sorted(method.value for method in used) for name, used in description.columns.items()},
            "grams": description.grams,
            "sections": {
                method.value: {name: getattr(section, name) for name in Section.__slots__}
                for method, section in description.sections.items()
            },
            "tallies": {
                name: [place.start, place.bytes, place.crc, place.size] for name, place in description.tallies.items()
            },
        }
    )


def read_description(data: memoryview, path: str) -> tuple[Description, int]:
    """What the file says of itself, and where the sections begin.

    Args:
        data: the whole file; only its beginning is looked at.
        path: for the error.

    Raises:
        CorruptionError: it is damaged, or of a version that is not known.
    """
    if len(data) < _HEAD.size:
        raise CorruptionError("the word index is too short", path)
    magic, version, length, checksum = _HEAD.unpack_from(data)
    if magic != MAGIC:
        raise CorruptionError("this is no word index", path)
    if version not in _READABLE:
        raise CorruptionError(f"word index version {version} is unknown, this is version {VERSION}", path)
    end = _HEAD.size + length
    described = data[_HEAD.size : end]
    if crc32c(described, crc32c(data[: _CHECKED_HEAD.size])) != checksum:
        raise CorruptionError("the head of the word index is damaged", path)
    try:
        return _description(orjson.loads(described)), end
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptionError("the head of the word index cannot be read", path) from error


def _description(fields: dict[str, Any]) -> Description:
    gram, window = fields["grams"]
    return Description(
        int(fields["rows"]),
        int(fields["row_groups"]),
        {name: frozenset(map(Method, methods)) for name, methods in fields["columns"].items()},
        (int(gram), int(window)),
        {Method(method): Section(**section) for method, section in fields["sections"].items()},
        {name: TallyPlace(*map(int, place)) for name, place in fields.get("tallies", {}).items()},
        "tallies" in fields,
    )


def page_of(data: memoryview, start: int, method: Method, section: Section, number: int) -> memoryview:
    """The bits of a page, checked.

    Args:
        data: the whole file.
        start: where the sections begin.
        method: that of the section.
        section: where it is.
        number: of the page.

    Raises:
        ValueError: it is damaged.
    """
    first, end = _page_ends(data, start, section, number)
    pages = _first_page(start, section)
    if end - first < _CHECKSUM_BYTES or pages + end > len(data):
        raise ValueError("the directory of pages is damaged")
    page = data[pages + first : pages + end]
    bits = page[_CHECKSUM_BYTES:]
    if _OFFSET.unpack_from(page)[0] != page_checksum(mark_of(method), number, bits):
        raise ValueError("a page is damaged")
    return bits


def _first_page(start: int, section: Section) -> int:
    return start + section.start + (section.pages + 1) * _OFFSET.size


def _page_ends(data: memoryview, start: int, section: Section, number: int) -> tuple[int, int]:
    """Where a page begins and ends, as the directory says, counted from the first page."""
    if _first_page(start, section) > len(data):
        raise ValueError("the directory of pages ends early")
    first, end = struct.unpack_from("<II", data, start + section.start + number * _OFFSET.size)
    return first, end


def check_section(data: memoryview, start: int, method: Method, section: Section) -> None:
    """All pages of a section, which follow each other from its directory to its end.

    Args:
        data: the whole file.
        start: where the sections begin.
        method: that of the section.
        section: where it is.

    Raises:
        ValueError: it is damaged.
    """
    expected = 0
    for number in range(section.pages):
        first, end = _page_ends(data, start, section, number)
        if first != expected:
            raise ValueError("the directory of pages is damaged")
        page_of(data, start, method, section, number)
        expected = end
    if (section.pages + 1) * _OFFSET.size + expected != section.bytes:
        raise ValueError("the pages end elsewhere")
