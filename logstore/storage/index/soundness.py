"""Whether a whole word index is what was written, page by page, and whether it is that of its part's rows."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from logstore.errors import CorruptionError
from logstore.model.snapshot import Part
from logstore.storage.index.build import IndexBuilder, IndexShape
from logstore.storage.index.codec import Codec
from logstore.storage.index.file import Description, Method, check_section, read_description
from logstore.storage.index.tally import unpacked

_HEAD_PIECES = 2
"""What a builder gives before the sections: the head and the description."""


def check_index(data: memoryview, part: Part) -> None:
    """All that the file says of itself: nothing of it may be another bit than was written.

    Raises:
        CorruptionError: it is damaged, or belongs to another part.
    """
    described, start = _described(data, part)
    end = start
    for method, section in described.sections.items():
        try:
            check_section(data, start, method, section)
        except ValueError as error:
            raise CorruptionError(f"the word index is damaged: {error}", _path(part)) from error
        end = max(end, start + section.start + section.bytes)
    _tallies_of(data, part)
    end = max([end, *(start + place.start + place.bytes for place in described.tallies.values())])
    if end != len(data):
        raise CorruptionError(f"the word index ends at {end:,}, and the file has {len(data):,} bytes", _path(part))


def check_against_rows(data: memoryview, part: Part, row_groups: Iterable[pa.Table], codec: Codec) -> None:
    """That the index is the one which the rows make.

    Args:
        data: the file.
        part: whose it is.
        row_groups: all columns of the part that an index is made of.
        codec: what makes keys.

    Raises:
        CorruptionError: it is that of other rows.
    """
    described, start = _described(data, part)
    builder = IndexBuilder(IndexShape(codec, has_grams=Method.GRAMS in described.sections), described.columns)
    for row_group in row_groups:
        builder.add(row_group)
    sections = builder.finish()[_HEAD_PIECES : _HEAD_PIECES + len(described.sections)]
    end = start + sum(section.bytes for section in described.sections.values())
    if b"".join(sections) != data[start:end]:
        raise CorruptionError("the word index is not that of the part's rows", _path(part))
    # What compressed them may be another version by now.
    if described.has_tallies and _tallies_of(data, part) != builder.tallies():
        raise CorruptionError("the tallies are not those of the part's rows", _path(part))


def _tallies_of(data: memoryview, part: Part) -> dict[str, bytes]:
    described, start = _described(data, part)
    try:
        return {name: unpacked(data, start, name, place) for name, place in described.tallies.items()}
    except ValueError as error:
        raise CorruptionError(f"the word index is damaged: {error}", _path(part)) from error


def _described(data: memoryview, part: Part) -> tuple[Description, int]:
    described, start = read_description(data, _path(part))
    if (described.rows, described.row_groups) != (part.rows, len(part.row_groups)):
        raise CorruptionError("the word index belongs to another part", _path(part))
    return described, start


def _path(part: Part) -> str:
    return part.index or part.path
