"""Asking the word index of one part. Sets of row groups are bits of an integer: bit n is for the n-th one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import pyarrow as pa

from logstore.errors import CorruptionError
from logstore.model.schema import ARROW_TYPES
from logstore.model.snapshot import Part
from logstore.model.tally import ValuesTally, VolumeTally
from logstore.storage.index.codec import Codec
from logstore.storage.index.file import Method, page_of, read_description, seed_of
from logstore.storage.index.plain import fold, grams_of, key_of
from logstore.storage.index.tally import LEVELS, VOLUME, unpacked, values_name
from logstore.storage.index.value_tally import decode_values
from logstore.storage.index.volume_tally import decode_volume

_T = TypeVar("_T")


class OpenIndex:
    """A word index that is mapped into memory. Safe from several threads; the mapping goes with the object.

    Args:
        data: the file.
        part: the part that it belongs to.
        codec: what finds keys.

    Raises:
        CorruptionError: it is damaged, or belongs to another part.
    """

    def __init__(self, data: memoryview, part: Part, codec: Codec) -> None:
        self._path = part.index or part.path
        self._data = data
        self._codec = codec
        self._kinds = {column.name: ARROW_TYPES[column.kind] for column in part.columns}
        self._described, self._start = read_description(data, self._path)
        if (self._described.rows, self._described.row_groups) != (part.rows, len(part.row_groups)):
            raise CorruptionError("the word index belongs to another part", self._path)

    @property
    def has_grams(self) -> bool:
        """Whether it tells of pieces of text."""
        return Method.GRAMS in self._described.sections

    def with_word(self, column: str, word: str) -> int | None:
        """The row groups in which a text of the column may hold a word, case folded; None: it does not tell.

        Raises:
            CorruptionError: it is damaged.
        """
        return self._with_keys(column, Method.WORDS, [word.encode()])

    def with_value(self, column: str, value: str) -> int | None:
        """The row groups in which the column may have just this value; None: it does not tell.

        Raises:
            CorruptionError: it is damaged.
        """
        return self._with_keys(column, Method.VALUES, [value.encode()])

    def with_text(self, column: str, text: str) -> int | None:
        """The row groups in which a text of the column may hold these characters, case ignored; None: it does not tell.

        Raises:
            CorruptionError: it is damaged.
        """
        if Method.GRAMS not in self._described.columns.get(column, ()):
            return None
        gram, window = self._described.grams
        keys = set(grams_of(fold(text.encode()), seed_of(column, Method.GRAMS), gram, window))
        return self._holding(Method.GRAMS, keys) if keys else None

    @property
    def is_whole(self) -> bool:
        """Whether it tells of all columns of texts: those of sealed parts leave out the ids, which take long."""
        return all(self._described.columns.values())

    @property
    def has_tallies(self) -> bool:
        """Whether its part was counted when it was made."""
        return self._described.has_tallies

    def values(self, column: str) -> ValuesTally | None:
        """How many rows of the part have each value of a column; None: it does not tell.

        Raises:
            CorruptionError: it is damaged.
        """
        kind: pa.DataType | None = self._kinds.get(column)
        if kind is None:
            return None
        return self._tally(values_name(column), lambda content: decode_values(content, kind))

    def volume(self, *, by_tag: bool) -> VolumeTally | None:
        """How many rows the part has by level and bin of time, and by tag if that is wanted; None: it does not tell.

        Raises:
            CorruptionError: it is damaged.
        """
        return self._tally(VOLUME if by_tag else LEVELS, decode_volume)

    def _tally(self, name: str, decode: Callable[[bytes], _T]) -> _T | None:
        place = self._described.tallies.get(name)
        if place is None:
            return None
        try:
            return decode(unpacked(self._data, self._start, name, place))
        except (ValueError, KeyError, TypeError, pa.ArrowException) as error:
            raise CorruptionError(f"the word index is damaged: {error}", self._path) from error

    def _with_keys(self, column: str, method: Method, texts: Iterable[bytes]) -> int | None:
        if method not in self._described.columns.get(column, ()):
            return None
        return self._holding(method, (key_of(text, seed_of(column, method)) for text in texts))

    def _holding(self, method: Method, keys: Iterable[int]) -> int:
        found = (1 << self._described.row_groups) - 1
        for key in keys:
            if not found:
                break
            found &= self._row_groups(method, key)
        return found

    def _row_groups(self, method: Method, key: int) -> int:
        section = self._described.sections[method]
        number, value = divmod(key * section.universe >> 32, section.width)
        try:
            page = page_of(self._data, self._start, method, section, number)
            blocks = self._codec.find(page, value, section.width, self._described.row_groups)
        except ValueError as error:
            raise CorruptionError(f"the word index is damaged: {error}", self._path) from error
        return sum(1 << block for block in blocks)
