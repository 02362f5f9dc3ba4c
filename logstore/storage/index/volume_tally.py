"""Counting rows by tag, level and bin of time while a part is made, a row group at a time. Pure."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from logstore.model.schema import LEVEL, TAG, TIME
from logstore.model.tally import BIN_NS, Integers, VolumeTally

MOST_COMBINATIONS = 250_000
_FEW, _ROWS_EACH = 1000, 4
"""A tally that has more combinations than these, and less than so many rows for each of them, is hardly worth it."""
_HEAD = struct.Struct("<I")
_PLANES = 8
_WIDEST = np.iinfo(np.int32).max
"""A bin is never further behind another: all times that there are lie within so many of them."""


class VolumeCounter:
    """Counts combinations."""

    def __init__(self) -> None:
        self._tags: dict[str | None, int] = {}
        self._levels: dict[str | None, int] = {}
        self._pieces: list[Integers] = []
        self._rows = self._waiting = 0
        self.is_given_up = False

    def add(self, row_group: pa.Table) -> None:
        """The next row group: its columns `time`, `tag` and `level`."""
        if self.is_given_up or not row_group.num_rows:
            return
        self._rows += row_group.num_rows
        tags = _codes(row_group.column(TAG), self._tags)
        levels = _codes(row_group.column(LEVEL), self._levels)
        bins = row_group.column(TIME).cast(pa.int64()).to_numpy() // BIN_NS
        piece = _combined(tags, levels, bins, len(self._levels))
        self._pieces.append(piece)
        self._waiting += piece.shape[1]
        if self._waiting > 2 * MOST_COMBINATIONS:
            self._pieces = [_summed(np.concatenate(self._pieces, axis=1))]
            self._waiting = self._pieces[0].shape[1]
            if self._waiting > MOST_COMBINATIONS:
                self.is_given_up, self._pieces = True, []

    def finish(self, *, by_tag: bool) -> bytes | None:
        """The tally encoded, tags told apart or not; None when it has too many combinations, or no rows."""
        if self.is_given_up or not self._pieces:
            return None
        found = np.concatenate(self._pieces, axis=1)
        tags: list[str | None] = [None]
        if by_tag:
            tags, found[0] = _ranked(self._tags, found[0])
        else:
            found[0] = 0
        levels, found[1] = _ranked(self._levels, found[1])
        found = _summed(found)
        count = found.shape[1]
        if count > MOST_COMBINATIONS or count > max(_FEW, self._rows // _ROWS_EACH):
            return None
        return _encoded(tags, levels, found)


def decode_volume(content: bytes) -> VolumeTally:
    """What was encoded.

    Raises:
        ValueError: it is none.
    """
    if len(content) < _HEAD.size:
        raise ValueError("a tally without a head")
    end = _HEAD.size + _HEAD.unpack_from(content)[0]
    head = orjson.loads(content[_HEAD.size : end])
    tags, levels, count = head["tags"], head["levels"], head["combinations"]
    if len(content) != end + 2 * _PLANES * count:
        raise ValueError("a tally of another length")
    steps, rows = (_of_planes(content, end + place * _PLANES * count, count) for place in range(2))
    keys = np.cumsum(steps)
    if count and (steps.min() < 0 or keys[-1] >= len(tags) * len(levels) * head["bins"]):
        raise ValueError("a tally of combinations that there are not")
    runs = keys // max(1, head["bins"])
    ends = np.flatnonzero(np.diff(runs, append=-1)) + 1
    run_tags, run_levels = np.divmod(runs[ends - 1], max(1, len(levels)))
    bins = (keys - runs * head["bins"]).astype(np.int32)
    narrow = rows.astype(np.int32) if rows.max(initial=0) <= _WIDEST else rows
    return VolumeTally(tuple(tags), tuple(levels), run_tags, run_levels, ends, head["first"], bins, narrow)


def _encoded(tags: list[str | None], levels: list[str | None], found: Integers) -> bytes:
    tag, level, bins, rows = found
    first = int(bins.min())
    span = int(bins.max()) - first + 1
    keys = (tag * len(levels) + level) * span + (bins - first)
    head = orjson.dumps({"tags": tags, "levels": levels, "first": first, "bins": span, "combinations": len(rows)})
    return b"".join((_HEAD.pack(len(head)), head, _planes(np.diff(keys, prepend=0)), _planes(rows)))


def _planes(numbers: Integers) -> bytes:
    """First the lowest bytes of all numbers, then the next ones: what compresses best."""
    return np.ascontiguousarray(numbers.astype("<i8").view(np.uint8).reshape(-1, _PLANES).T).tobytes()


def _of_planes(content: bytes, start: int, count: int) -> Integers:
    planes = np.frombuffer(content, np.uint8, _PLANES * count, start).reshape(_PLANES, count)
    return np.ascontiguousarray(planes.T).view("<i8").reshape(-1).astype(np.int64)


def _codes(column: pa.ChunkedArray, known: dict[str | None, int]) -> Integers:
    """Each row's number of its text among those that are known, which gain the new ones."""
    pieces: list[Integers] = []
    for chunk in column.chunks:
        encoded = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
        indices: Any = encoded.indices
        if indices.null_count:
            indices = indices.fill_null(len(encoded.dictionary))
        places = indices.to_numpy()
        texts = [*encoded.dictionary.to_pylist(), None]
        numbers = np.zeros(len(texts), np.int64)
        for place in np.flatnonzero(np.bincount(places, minlength=len(texts))).tolist():
            numbers[place] = known.setdefault(texts[place], len(known))
        pieces.append(numbers[places])
    return np.concatenate(pieces)


def _combined(tags: Integers, levels: Integers, bins: Integers, count: int) -> Integers:
    """Tag, level, bin and number of rows of each combination, a row each; some may come again.

    Rows of a part come by tag and time, so stretches of one tag and bin are long: only levels are counted within them.
    """
    starts = np.flatnonzero((tags[1:] != tags[:-1]) | (bins[1:] != bins[:-1])) + 1
    starts = np.concatenate(([0], starts))
    stretch = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(tags))))
    rows = np.bincount(stretch * count + levels)
    used = np.flatnonzero(rows)
    stretch, level = np.divmod(used, count)
    return np.stack((tags[starts][stretch], level, bins[starts][stretch], rows[used]))


def _summed(found: Integers) -> Integers:
    """Each combination once, ascending by tag, level and bin."""
    found = found[:, np.lexsort((found[2], found[1], found[0]))]
    is_new = np.append(True, (found[:3, 1:] != found[:3, :-1]).any(axis=0))
    starts = np.flatnonzero(is_new)
    return np.concatenate((found[:3, starts], np.add.reduceat(found[3], starts)[None]))


def _ranked(known: dict[str | None, int], codes: Integers) -> tuple[list[str | None], Integers]:
    """The texts in their order, the missing one first, and each code's place among them."""
    ordered = sorted(known, key=lambda text: (text is not None, text or ""))
    ranks = np.empty(len(ordered), np.int64)
    ranks[[known[text] for text in ordered]] = np.arange(len(ordered))
    return ordered, ranks[codes]
