"""What is taken out of pages and arrays, and what passes tests there, is what the values themselves say."""

from __future__ import annotations

import io
import math
import struct
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.model.words import fold_case, is_word_character
from query.pages import kernel, taking
from tests.scale import scaled

_BOOLEAN, _INT64, _DOUBLE, _BYTE_ARRAY = 0, 2, 5, 6
_REQUIRED = 0
_PHYSICAL = {"bool": _BOOLEAN, "int64": _INT64, "double": _DOUBLE, "string": _BYTE_ARRAY}
_ENCODINGS = {
    "bool": ["PLAIN"],
    "int64": ["PLAIN", "DELTA_BINARY_PACKED", "dictionary"],
    "double": ["PLAIN", "dictionary"],
    "string": ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "dictionary"],
}
_INTS = st.one_of(
    st.integers(-3, 3),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([2**63 - 1, -(2**63), 0, 1_700_000_000_000_000_000]),
    st.integers(1_700_000_000_000_000_000, 1_700_000_000_000_000_000 + 2**40),
)
_WORDS = st.text(st.sampled_from("aAbBeE _0-é=😀"), max_size=12)
_OF_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "int64": _INTS,
    "double": st.one_of(st.sampled_from([0.0, -0.0, 1.0, math.nan, math.inf, -math.inf]), st.floats()),
    "string": st.one_of(_WORDS, st.text(max_size=3), st.just("x" * 300), st.text("ab", min_size=4, max_size=4)),
}


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of one row group as it is written, and its values."""

    physical: int
    values: list[Any]
    optional: bool
    chunk: bytes

    def pages(self) -> list[tuple[bool, bytes, int, int]]:
        """(is dictionary, content, values, encoding)."""
        found = taking.pages(self.chunk, len(self.values))
        assert found is not None
        return [
            (is_dictionary, self.chunk[first : first + size], values, encoding)
            for is_dictionary, first, size, full, values, encoding in found
            if size == full
        ]

    def opened(self) -> taking.Values:
        """The values, all pages open."""
        values, contents = self.closed()
        for place in values.closed(None):
            values.open(place, contents[place])
        return values

    def closed(self) -> tuple[taking.Values, list[bytes]]:
        """The values, no page open, and what is in the pages."""
        pages = self.pages()
        dictionary = next(((content, values) for is_dictionary, content, values, _ in pages if is_dictionary), None)
        data = [page for page in pages if not page[0]]
        found = taking.Values.of_pages(
            self.physical, self.optional, [(values, encoding) for _, _, values, encoding in data], dictionary
        )
        assert found is not None
        return found, [content for _, content, _, _ in data]


def _written(kind: str, values: list[Any], *, optional: bool = True, encoding: str = "PLAIN", **how: Any) -> _Column:
    schema = pa.schema([pa.field("x", pa.type_for_alias(kind), nullable=optional)])
    out = io.BytesIO()
    pq.write_table(
        pa.Table.from_arrays([pa.array(values, schema.field(0).type)], schema=schema),
        out,
        row_group_size=max(1, len(values)),
        compression="none",
        use_dictionary=encoding == "dictionary",
        column_encoding=None if encoding == "dictionary" else {"x": encoding},
        **how,
    )
    content = out.getvalue()
    (length,) = struct.unpack("<I", content[-8:-4])
    schema_elements, groups = kernel.footer(content[-8 - length : -8], [0])
    _, physical, _, rows, _, first, size, _ = groups[0][0]
    assert rows == len(values)
    return _Column(physical, values, schema_elements[1][1] != _REQUIRED, content[first : first + size])


@st.composite
def _lists(draw: st.DrawFn, kind: str, missing: Sequence[str] = ("none", "some", "runs", "all")) -> list[Any]:
    """Values of which some repeat, and some are missing, here and there or in runs."""
    some = draw(st.lists(_OF_TYPE[kind], min_size=1, max_size=40))
    count = draw(st.sampled_from([1, 2, 7, 40, 300]))
    values = [some[at * 7 % len(some)] for at in range(count)] if draw(st.booleans()) else some
    how = draw(st.sampled_from(missing))
    if how == "all":
        return [None] * len(values)
    if how == "some":
        gaps = draw(st.lists(st.booleans(), min_size=1, max_size=20))
        return [None if gaps[at % len(gaps)] else value for at, value in enumerate(values)]
    if how == "runs":
        run = draw(st.integers(1, 70))
        return [None if at // run % 2 else value for at, value in enumerate(values)]
    return values


@st.composite
def _columns(draw: st.DrawFn, kinds: Sequence[str] = tuple(_ENCODINGS)) -> _Column:
    kind = draw(st.sampled_from(kinds))
    optional = draw(st.booleans())
    values = draw(_lists(kind) if optional else _lists(kind, ["none"]))
    return _written(
        kind,
        values,
        optional=optional,
        encoding=draw(st.sampled_from(_ENCODINGS[kind])),
        max_rows_per_page=draw(st.sampled_from([3, 20, 20_000])),
        write_batch_size=draw(st.sampled_from([2, 1024])),
        data_page_size=draw(st.sampled_from([1, 100, 1 << 20])),
        dictionary_pagesize_limit=draw(st.sampled_from([1, 64, 1 << 20])),
    )


@st.composite
def _arrays(draw: st.DrawFn, kinds: Sequence[str] = tuple(_ENCODINGS)) -> tuple[int, list[Any], taking.Values]:
    """Arrow's arrays, of which some are parts of longer ones, or dictionaries."""
    kind = draw(st.sampled_from(kinds))
    encoded = kind == "string" and draw(st.booleans())
    made, expected = [], []
    for _ in range(draw(st.integers(0, 3))):
        array = pa.array(draw(_lists(kind)), pa.type_for_alias(kind))
        array = array.dictionary_encode() if encoded else array
        offset = draw(st.integers(0, len(array)))
        array = array.slice(offset, draw(st.integers(0, len(array) - offset)))
        made.append(array)
        expected += array.to_pylist()
    if encoded:
        return _BYTE_ARRAY, expected, taking.Values.of_dictionaries([_coded(array) for array in made])
    return _PHYSICAL[kind], expected, taking.Values.of_arrays(_PHYSICAL[kind], [_parts(array) for array in made])


def _parts(array: pa.Array) -> tuple[int, int, list[Any]]:
    return len(array), array.offset, array.buffers()


def _coded(array: pa.DictionaryArray) -> tuple[int, int, list[Any], tuple[int, int, list[Any]]]:
    return len(array), array.offset, array.buffers(), _parts(array.dictionary)


@st.composite
def _any_values(draw: st.DrawFn, kinds: Sequence[str] = tuple(_ENCODINGS)) -> tuple[int, list[Any], taking.Values]:
    if draw(st.booleans()):
        return draw(_arrays(kinds))
    column = draw(_columns(kinds))
    return column.physical, column.values, column.opened()


_FORMATS = {_BOOLEAN: "b", _INT64: "l", _DOUBLE: "g", _BYTE_ARRAY: "u"}


def _gathered(physical: int, rows: int, most_bytes: int = 1 << 30) -> taking.Gathered:
    """Of one column."""
    return taking.Gathered([("x", _FORMATS[physical])], rows, most_bytes)


def _taken(values: taking.Values, physical: int, rows: Sequence[int], places: Sequence[int], size: int) -> pa.Array:
    gathered = _gathered(physical, size)
    gathered.take([values], np.array(rows, np.int32), np.array(places, np.int32))
    return _finished(gathered)


def _finished(gathered: taking.Gathered) -> pa.Array:
    batch = pa.record_batch(gathered)
    batch.validate(full=True)
    (array,) = batch.columns
    assert array.null_count == array.to_pylist().count(None)
    return array


def _bits(values: Sequence[Any]) -> list[Any]:
    """With what tells NaN and zeros with signs apart."""
    return [struct.pack("<d", value) if isinstance(value, float) else value for value in values]


def _marked(values: taking.Values, test: taking.Test, marks: Sequence[int]) -> list[int]:
    held = np.array(marks, np.uint8)
    left = values.mark(test, held)
    assert left == held.sum()
    return [int(mark) for mark in held]


def _marks(draw: st.DrawFn, count: int) -> list[int]:
    """All, none, some, or hardly any."""
    how = draw(st.sampled_from(["all", "some", "few"]))
    if how == "all":
        return [1] * count
    if how == "some":
        some = draw(st.lists(st.integers(0, 1), min_size=1, max_size=30))
        return [some[at % len(some)] for at in range(count)]
    few = draw(st.sets(st.integers(0, max(0, count - 1)), max_size=2))
    return [int(at in few) for at in range(count)]


@given(st.data())
@settings(max_examples=scaled(300), deadline=None)
def test_the_values_of_any_rows_are_taken(data: st.DataObject) -> None:
    """Whatever the rows and the places, and however they are laid down."""
    physical, expected, values = data.draw(_any_values())
    assert values.rows == len(expected)
    rows = data.draw(st.lists(st.integers(0, len(expected) - 1), max_size=50)) if expected else []
    size = len(rows) + data.draw(st.integers(0, 9))
    places = data.draw(st.permutations(range(size)))[: len(rows)]
    wanted = [None] * size
    for row, place in zip(rows, places, strict=True):
        wanted[place] = expected[row]
    assert _bits(_taken(values, physical, rows, places, size).to_pylist()) == _bits(wanted)


@given(st.data())
@settings(max_examples=scaled(150), deadline=None)
def test_numbers_are_those_of_the_rows(data: st.DataObject) -> None:
    """All of them, or some in any order; a missing one is an error."""
    _, expected, values = data.draw(_any_values(["int64"]))
    rows = data.draw(st.lists(st.integers(0, len(expected) - 1), max_size=50)) if expected else []
    if None in expected:
        with pytest.raises(ValueError, match="missing"):
            values.numbers()
    else:
        assert values.numbers().tolist() == expected
    if any(expected[row] is None for row in rows):
        with pytest.raises(ValueError, match="missing"):
            values.numbers(np.array(rows, np.int32))
    else:
        assert values.numbers(np.array(rows, np.int32)).tolist() == [expected[row] for row in rows]


def _tests(draw: st.DrawFn, physical: int, expected: list[Any]) -> tuple[taking.Test, Callable[[Any], bool]]:
    """A test, and what it means."""
    there = [value for value in expected if value is not None]
    if draw(st.integers(0, 9)) == 0:
        return taking.Test.is_present(), lambda _: True
    if physical == _BOOLEAN:
        truth = draw(st.booleans())
        return taking.Test.is_truth(truth), lambda value: value == truth
    if physical == _DOUBLE:
        among = st.one_of(st.floats(), st.sampled_from(there)) if there else st.floats()
        least_float, most_float = draw(among), draw(among)
        return taking.Test.between_floats(least_float, most_float), lambda value: least_float <= value <= most_float
    if physical == _INT64:
        return _span(draw, there)
    return _among(draw, there) if draw(st.booleans()) else _occurrence(draw, there)


def _span(draw: st.DrawFn, there: list[int]) -> tuple[taking.Test, Callable[[Any], bool]]:
    ints = st.one_of(_INTS, st.sampled_from(there)) if there else _INTS
    least, most = draw(ints), draw(ints)
    if draw(st.booleans()):
        return taking.Test.between(least, most), lambda value: least <= value <= most
    least, most = least % 2**64, most % 2**64
    return taking.Test.between_unsigned(least, most), lambda value: least <= value % 2**64 <= most


def _among(draw: st.DrawFn, there: list[str]) -> tuple[taking.Test, Callable[[Any], bool]]:
    texts = draw(st.lists(st.one_of(_WORDS, st.sampled_from(there)) if there else _WORDS, max_size=9))
    return taking.Test.is_any([text.encode() for text in texts]), lambda value: value in texts


def _occurrence(draw: st.DrawFn, there: list[str]) -> tuple[taking.Test, Callable[[Any], bool]]:
    text = draw(_WORDS.filter(bool))
    if there and draw(st.booleans()):
        source = draw(st.sampled_from(there))
        first = draw(st.integers(0, len(source)))
        text = source[first : first + draw(st.integers(1, 70))] or text
        text = text.swapcase() if text.isascii() and draw(st.booleans()) else text
    borders = {"before": draw(st.booleans()), "after": draw(st.booleans())}
    return taking.Test.has(text.encode(), **borders), lambda value: _has(value, text, **borders)


def _has(value: str, text: str, *, before: bool, after: bool) -> bool:
    value, text = fold_case(value), fold_case(text)
    ends = [(at, at + len(text)) for at in range(len(value)) if value.startswith(text, at)]
    return any(
        not (before and first and is_word_character(value[first - 1]))
        and not (after and end < len(value) and is_word_character(value[end]))
        for first, end in ends
    )


@given(st.data())
@settings(max_examples=scaled(600), deadline=None)
def test_marks_are_left_where_the_value_passes(data: st.DataObject) -> None:
    """Whatever the test, the marks, and however the values are laid down."""
    physical, expected, values = data.draw(_any_values())
    marks = _marks(data.draw, len(expected))
    test, passes = _tests(data.draw, physical, expected)
    wanted = [int(mark and value is not None and passes(value)) for mark, value in zip(marks, expected, strict=True)]
    assert _marked(values, test, marks) == wanted


_MESSAGES = [
    *("user=alice took=12ms", "", "Error: refused", "ERROR", "error_code", "an error", "terror", "errors", "err", "or"),
    *("é", "éerror", "errorÉ", "-error-", "x" * 200 + "error", "error" + "y" * 200, "ERR" * 30, "errerror", "_error"),
]


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("encoding", [*_ENCODINGS["string"], "arrow"])
@pytest.mark.parametrize("text", ["error", "Error", "e", "r", "=", "é", "É", "refused", "y" * 199, "xerror", "error:"])
def test_a_text_is_found_at_either_end_and_never_across_two_values(
    text: str, encoding: str, *, before: bool, after: bool
) -> None:
    """The values are looked through as one, wherever they begin and end."""
    expected = [message for message in _MESSAGES for _ in range(3)] + [text, "er", "ror", text[:1], text[1:]] * 3
    values = (
        taking.Values.of_arrays(_BYTE_ARRAY, [_parts(pa.array(expected))])
        if encoding == "arrow"
        else _written("string", expected, encoding=encoding).opened()
    )
    wanted = [int(_has(value, text, before=before, after=after)) for value in expected]
    assert _marked(values, taking.Test.has(text.encode(), before=before, after=after), [1] * len(expected)) == wanted


def test_lengths_of_plain_texts_are_no_part_of_them() -> None:
    """What stands between two of them in a page is nothing that is found."""
    expected = ["a" * 101, "b" * 101, "", "e" * 97]
    values = _written("string", expected).opened()
    for text in (b"e", b"a", b"\0", b"a\x65", b"ae", b"\x65\0\0\0b"):
        wanted = [int(text.decode() in value) for value in expected]
        assert _marked(values, taking.Test.has(text, before=False, after=False), [1] * 4) == wanted


def test_any_of_many_texts() -> None:
    """Of one length, of many, in any order and more than once."""
    ids = [f"{at * 7919:016x}" for at in range(2000)]
    for encoding in _ENCODINGS["string"]:
        values = _written("string", ids, encoding=encoding).opened()
        for chosen in ([], ids[5:6], ids[::3], [*ids[::-7], *ids[::7]], ["", "x", ids[3][:-1], ids[3] + "0"]):
            test = taking.Test.is_any([text.encode() for text in chosen])
            assert _marked(values, test, [1] * len(ids)) == [int(text in set(chosen)) for text in ids]


@given(st.data())
@settings(max_examples=scaled(100), deadline=None)
def test_pages_are_opened_when_rows_of_them_are_needed(data: st.DataObject) -> None:
    """Each is named that holds such a row and is not open; once open, it holds memory, and is named no more."""
    column = data.draw(_columns())
    values, contents = column.closed()
    counts = [count for is_dictionary, _, count, _ in column.pages() if not is_dictionary]
    assert sum(counts) == len(column.values) == values.rows
    place_of = [place for place, count in enumerate(counts) for _ in range(count)]
    opened: set[int] = set()
    for _ in range(2):
        rows = sorted(data.draw(st.sets(st.integers(0, values.rows - 1), max_size=4)))
        held = values.nbytes
        closed = values.closed(np.array(rows, np.int32))
        assert closed == sorted({place_of[row] for row in rows} - opened)
        if closed:
            with pytest.raises(RuntimeError, match="not open"):
                _taken(values, column.physical, rows, range(len(rows)), len(rows))
            with pytest.raises(RuntimeError, match="not open"):
                values.mark(taking.Test.is_present(), np.array([row in rows for row in range(values.rows)], np.uint8))
        for place in closed:
            values.open(place, contents[place])
        opened.update(closed)
        assert values.nbytes >= held
        taken = _taken(values, column.physical, rows, range(len(rows)), len(rows))
        assert _bits(taken.to_pylist()) == _bits([column.values[row] for row in rows])
        there = [int(row in rows and column.values[row] is not None) for row in range(values.rows)]
        marks = [int(row in rows) for row in range(values.rows)]
        assert _marked(values, taking.Test.is_present(), marks) == there
    assert values.closed(None) == sorted({*range(len(contents))} - opened)


def test_memory_that_is_held_is_told() -> None:
    """The contents that values are left in, what was made of others, and the ends of each 64 numbers."""
    ids = [f"{at:032}" for at in range(1000)]
    for encoding, least, most in (
        ("PLAIN", 36_000, 41_000),
        ("DELTA_LENGTH_BYTE_ARRAY", 32_000, 33_000),
        ("dictionary", 36_000, 44_000),
    ):
        assert least <= _written("string", ids, optional=False, encoding=encoding).opened().nbytes <= most
    assert _written("int64", list(range(1000)), encoding="DELTA_BINARY_PACKED").opened().nbytes == 8000 + 16 * 16
    array = pa.array(range(1000), pa.int64())
    arrays = [_parts(array.slice(0, 500)), _parts(array.slice(500))]
    assert taking.Values.of_arrays(_INT64, arrays).nbytes == array.buffers()[1].size


def _try_all(column: _Column, contents: list[bytes], dictionary: tuple[bytes, int] | None) -> None:
    """Does with what may be damaged all that can be done."""
    data = [page for page in column.pages() if not page[0]]
    pages = [(values, encoding) for _, _, values, encoding in data]
    values = taking.Values.of_pages(column.physical, column.optional, pages, dictionary)
    assert values is not None
    for place, content in enumerate(contents):
        values.open(place, content)
    tests = {
        _BOOLEAN: [taking.Test.is_truth(truth=True)],
        _INT64: [taking.Test.between(-3, 3), taking.Test.between_unsigned(0, 2**63)],
        _DOUBLE: [taking.Test.between_floats(-1.0, 1.0)],
        _BYTE_ARRAY: [
            taking.Test.has(b"a", before=True, after=False),
            taking.Test.has(b"ab", before=False, after=True),
            taking.Test.is_any([b"", b"a", b"x" * 300]),
        ],
    }[column.physical]
    for test in (*tests, taking.Test.is_present()):
        values.mark(test, np.ones(values.rows, np.uint8))
        few = np.zeros(values.rows, np.uint8)
        few[-1:] = 1
        values.mark(test, few)
    gathered = _gathered(column.physical, values.rows)
    rows = np.arange(values.rows, dtype=np.int32)
    gathered.take([values], rows, rows)
    pa.record_batch(gathered)
    if column.physical == _INT64:
        values.numbers()


@given(st.data())
@settings(max_examples=scaled(400), deadline=None)
def test_damage_is_an_error_or_some_value(data: st.DataObject) -> None:
    """Cut short or changed anywhere, pages and dictionaries are refused or give what they say, and no more is read."""
    column = data.draw(_columns())
    pages = column.pages()
    place = data.draw(st.integers(0, len(pages) - 1))
    damaged = bytearray(pages[place][1])
    if data.draw(st.booleans()):
        del damaged[data.draw(st.integers(0, len(damaged))) :]
    for _ in range(data.draw(st.integers(0, 3)) if damaged else 0):
        at = data.draw(st.one_of(st.integers(0, len(damaged) - 1), st.integers(0, min(9, len(damaged) - 1))))
        damaged[at] = data.draw(st.one_of(st.integers(0, 255), st.sampled_from([0, 1, 127, 128, 255])))
    contents = [bytes(damaged) if at == place else page[1] for at, page in enumerate(pages)]
    dictionary = next(((contents[at], page[2]) for at, page in enumerate(pages) if page[0]), None)
    try:
        _try_all(column, [contents[at] for at, page in enumerate(pages) if not page[0]], dictionary)
    except ValueError:
        # Bytes that were changed may say something else, but nothing is lost of what is whole.
        assert contents[place] != pages[place][1] or (column.physical == _INT64 and None in column.values)


@given(st.data())
@settings(max_examples=scaled(200), deadline=None)
def test_damaged_headers_of_pages_are_refused(data: st.DataObject) -> None:
    """What is not refused lies within the bytes, and has as many values as there are rows."""
    column = data.draw(_columns())
    chunk = bytearray(column.chunk)
    for _ in range(data.draw(st.integers(0, 3))):
        chunk[data.draw(st.integers(0, min(40, len(chunk) - 1)))] = data.draw(st.integers(0, 255))
    del chunk[data.draw(st.integers(0, len(chunk))) :]
    try:
        found = taking.pages(bytes(chunk), len(column.values))
    except ValueError:
        return
    for _, first, size, _, _, _ in found or []:
        assert 0 <= first <= first + size <= len(chunk)
    assert found is None or sum(page[4] for page in found if not page[0]) == len(column.values)


_EVIL = 2**31 - 1
_BAD_PAGES = {
    "levels longer than the page": (_INT64, True, 0, struct.pack("<I", _EVIL)),
    "a run of more rows than there are": (_INT64, True, 0, struct.pack("<IB", 2, 200) + b"\x01" + b"\0" * 80),
    "an empty run of levels": (_INT64, True, 0, struct.pack("<IBB", 2, 0, 1) + b"\0" * 80),
    "bits of levels that are not there": (_INT64, True, 0, struct.pack("<IBB", 2, 255, 1) + b"\0" * 80),
    "fewer numbers than rows": (_INT64, False, 0, b"\0" * 79),
    "fewer truths than rows": (_BOOLEAN, False, 0, b"\0"),
    "a text longer than the page": (_BYTE_ARRAY, False, 0, struct.pack("<I", _EVIL) + b"\0" * 80),
    "fewer texts than rows": (_BYTE_ARRAY, False, 0, struct.pack("<I", 36) + b"\0" * 36),
    "blocks of nothing": (_INT64, False, 5, bytes([0, 4, 10, 0]) + b"\0" * 80),
    "blocks without portions": (_INT64, False, 5, bytes([0x80, 1, 0, 10, 0]) + b"\0" * 80),
    "portions of odd sizes": (_INT64, False, 5, bytes([0x80, 1, 3, 10, 0]) + b"\0" * 80),
    "more deltas than rows": (_INT64, False, 5, bytes([0x80, 1, 4, 11, 0]) + b"\0" * 80),
    "deltas of 65 bits": (_INT64, False, 5, bytes([0x80, 1, 4, 10, 0, 0, 65, 0, 0, 0]) + b"\0" * 800),
    "deltas that end": (_INT64, False, 5, bytes([0x80, 1, 4, 10, 0, 0, 64, 0, 0, 0]) + b"\0" * 71),
    "a number without an end": (_INT64, False, 5, b"\x80" * 80),
    "lengths below zero": (_BYTE_ARRAY, False, 6, bytes([0x80, 1, 4, 10, 1, 0, 0, 0, 0, 0]) + b"\0" * 80),
    "lengths beyond the page": (_BYTE_ARRAY, False, 6, bytes([0x80, 1, 4, 10, 20, 0, 0, 0, 0, 0]) + b"\0" * 99),
    "codes without a width": (_BYTE_ARRAY, False, 8, b""),
    "codes of 33 bits": (_BYTE_ARRAY, False, 8, bytes([33, 20, 0, 0, 0, 0, 0])),
    "a code that is not in the dictionary": (_BYTE_ARRAY, False, 8, bytes([2, 20, 2])),
    "packed codes that are not in the dictionary": (_BYTE_ARRAY, False, 8, bytes([2, 5, 0, 0, 8, 0])),
    "codes that end": (_BYTE_ARRAY, False, 8, bytes([2, 3, 0, 0])),
    "more codes than rows": (_BYTE_ARRAY, False, 8, bytes([2, 22, 1])),
}


@pytest.mark.parametrize("name", _BAD_PAGES)
def test_what_does_not_fit_is_refused(name: str) -> None:
    """Of ten rows each."""
    physical, optional, encoding, content = _BAD_PAGES[name]
    dictionary = (struct.pack("<I", 0) * 2, 2) if encoding == 8 else None
    values = taking.Values.of_pages(physical, optional, [(10, encoding)], dictionary)
    assert values is not None
    with pytest.raises(ValueError, match="not what it is said to be"):
        values.open(0, content)
    assert values.closed(None) == [0]


@pytest.mark.parametrize(
    ("content", "values"), [(b"", 1), (struct.pack("<I", 1), 1), (b"\0" * 8, 3), (b"\0" * 8, -1), (b"\0" * 8, 2**40)]
)
def test_a_damaged_dictionary_is_refused(content: bytes, values: int) -> None:
    """It is looked at before any page is."""
    with pytest.raises(ValueError, match=r"said to be|so many values"):
        taking.Values.of_pages(_BYTE_ARRAY, optional=False, pages=[(1, 8)], dictionary=(content, values))


def test_deltas_of_writers_that_do_not_fill_up_the_last_portion() -> None:
    """All that is needed is there."""
    header = bytes([0x80, 1, 4, 3, 10, 0, 8, 77, 77, 77])
    for short in (header + b"\1\2", header + b"\1\2" + b"\0" * 30):
        values = taking.Values.of_pages(_INT64, optional=False, pages=[(3, 5)], dictionary=None)
        assert values is not None
        values.open(0, short)
        assert values.numbers().tolist() == [5, 6, 8]


@pytest.mark.parametrize(
    ("physical", "encoding", "dictionary"),
    [
        (1, 0, None),
        (3, 0, None),
        (7, 0, None),
        (0, 3, None),
        (0, 0, (b"", 0)),
        (0, 8, None),
        (5, 5, None),
        (6, 7, None),
    ],
)
def test_other_sorts_of_pages_are_not_known(physical: int, encoding: int, dictionary: tuple[bytes, int] | None) -> None:
    """Somebody else has to read them."""
    assert taking.Values.of_pages(physical, optional=True, pages=[(1, encoding)], dictionary=dictionary) is None


def test_pages_of_the_second_version_are_not_known() -> None:
    """Somebody else has to read them."""
    assert taking.pages(_written("int64", [1, 2], data_page_version="2.0").chunk, 2) is None


def test_other_rows_than_those_of_the_row_group_are_damage() -> None:
    """More or fewer."""
    chunk = _written("int64", [1, 2, 3]).chunk
    for rows in (0, 2, 4):
        with pytest.raises(ValueError, match="too soon"):
            taking.pages(chunk, rows)
    assert taking.pages(b"", 0) == []


@pytest.mark.parametrize("physical", [_BOOLEAN, _INT64, _DOUBLE, _BYTE_ARRAY])
def test_a_test_is_for_its_type(physical: int) -> None:
    """Others are refused, also where there is no row."""
    values = taking.Values.of_arrays(physical, [])
    tests = {
        _BOOLEAN: taking.Test.is_truth(truth=True),
        _INT64: taking.Test.between(0, 1),
        _DOUBLE: taking.Test.between_floats(0, 1),
        _BYTE_ARRAY: taking.Test.is_any([]),
    }
    for of, test in tests.items():
        if of == physical:
            assert values.mark(test, np.zeros(0, np.uint8)) == 0
        else:
            with pytest.raises(TypeError, match="type"):
                values.mark(test, np.zeros(0, np.uint8))


@given(st.data())
@settings(max_examples=scaled(150))
def test_numbers_that_stand_near_each_other_are_passed_over_together(data: st.DataObject) -> None:
    """Rising, falling or in jumps, with and without a sign, whichever of them pass."""
    start = data.draw(st.sampled_from([-(2**63), -100, 0, 2**63 - 400]))
    values = [start + number for number in range(data.draw(st.sampled_from([1, 63, 64, 65, 129, 400])))]
    step = data.draw(st.sampled_from([1, -1, 7, 64]))
    values = [value for first in range(abs(step)) for value in values[first :: abs(step)]][:: 1 if step > 0 else -1]
    encoding = data.draw(st.sampled_from(["PLAIN", "DELTA_BINARY_PACKED"]))
    opened = _written("int64", values, max_rows_per_page=100, write_batch_size=50, encoding=encoding).opened()
    ends = st.one_of(st.sampled_from(values), st.integers(-130, 430).map(lambda near: start + near), _INTS)
    least, most = (min(max(data.draw(ends), -(2**63)), 2**63 - 1) for _ in range(2))
    marks = data.draw(st.sampled_from([[1], [1, 0], [0] * 90 + [1] * 30])) * len(values)
    marks = marks[: len(values)]
    for test, passes in (
        (taking.Test.between(least, most), lambda value: least <= value <= most),
        (
            taking.Test.between_unsigned(least % 2**64, most % 2**64),
            lambda value: least % 2**64 <= value % 2**64 <= most % 2**64,
        ),
    ):
        expected = [mark if passes(value) else 0 for mark, value in zip(marks, values, strict=True)]
        assert _marked(opened, test, marks) == expected


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=20))
def test_marked_rows_are_told(runs: list[tuple[int, int]]) -> None:
    """Ascending, however many lie between them."""
    marks = np.array([mark for without, of in runs for mark in (*[0] * without, *[1] * of)], np.uint8)
    found = taking.marked(marks)
    assert (found.dtype, found.tolist()) == (np.int32, [row for row, mark in enumerate(marks) if mark])


def test_an_empty_text_is_not_looked_for() -> None:
    """It would be everywhere."""
    with pytest.raises(ValueError, match="empty"):
        taking.Test.has(b"", before=False, after=False)


def test_what_is_asked_for_wrongly_is_refused() -> None:
    """Other rows, places, numbers of marks, types."""
    values = taking.Values.of_arrays(_INT64, [_parts(pa.array([1, 2, 3]))])
    gathered = _gathered(_INT64, 2)
    for rows, places in (([3], [0]), ([-1], [0]), ([0], [2]), ([0], [-1])):
        with pytest.raises(IndexError):
            gathered.take([values], np.array(rows, np.int32), np.array(places, np.int32))
    with pytest.raises(IndexError):
        values.numbers(np.array([3], np.int32))
    with pytest.raises(IndexError):
        values.open(1, b"")
    with pytest.raises(ValueError, match="each row"):
        gathered.take([values], np.array([0, 1], np.int32), np.array([0], np.int32))
    for columns in ([], [values, values]):
        with pytest.raises(ValueError, match="each column"):
            gathered.take(columns, np.array([0], np.int32), np.array([0], np.int32))
    with pytest.raises(TypeError):
        gathered.take([object()], np.array([0], np.int32), np.array([0], np.int32))  # type: ignore[list-item]
    with pytest.raises(TypeError):
        taking.lacking([None], None)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="each row"):
        values.mark(taking.Test.is_present(), np.ones(2, np.uint8))
    with pytest.raises(TypeError, match="other numbers"):
        values.numbers(np.array([0], np.int64))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="another type"):
        _gathered(_DOUBLE, 2).take([values], np.array([0], np.int32), np.array([0], np.int32))
    with pytest.raises(ValueError, match="format"):
        taking.Gathered([("x", "i")], 2)
    with pytest.raises(ValueError, match="so many rows"):
        taking.Gathered([("x", "l")], -1)
    with pytest.raises(TypeError, match="sign"):
        taking.Values.of_arrays(_DOUBLE, []).numbers()


@pytest.mark.parametrize("kind", ["bool", "int64", "double", "string"])
def test_arrays_longer_than_their_buffers_are_refused(kind: str) -> None:
    """They would be read beyond their ends."""
    some: dict[str, list[Any]] = {
        "bool": [True, None],
        "int64": [1, None],
        "double": [0.5, None],
        "string": ["a", None],
    }
    array = pa.array(some[kind], pa.type_for_alias(kind))
    for rows, offset in ((1000, 0), (2, 1000), (-1, 0), (1, -1), (2**40, 0)):
        with pytest.raises(ValueError, match=r"array|column"):
            taking.Values.of_arrays(_PHYSICAL[kind], [(rows, offset, array.buffers())])


def test_times_and_numbers_without_a_sign_are_numbers() -> None:
    """They come back bit by bit."""
    for array in (
        pa.array([0, 2**64 - 1, None], pa.uint64()),
        pa.array([0, -1, None], pa.timestamp("ns", tz="UTC")),
    ):
        values = taking.Values.of_arrays(_INT64, [_parts(array)])
        assert _taken(values, _INT64, [1, 0, 2], [0, 1, 2], 3).to_pylist() == [-1, 0, None]


def test_a_place_has_what_was_put_there_last() -> None:
    """Also if that is missing; what holds the texts may be gone by then."""
    gathered = _gathered(_BYTE_ARRAY, 3)
    for texts in (["a", "b", "c"], ["d", None, "f"]):
        values = _written("string", texts).opened()
        gathered.take([values], np.array([0, 1], np.int32), np.array([1, 2], np.int32))
    del values
    assert _finished(gathered).to_pylist() == [None, "d", None]


def test_more_bytes_than_may_be_held_are_refused() -> None:
    """Before any memory is taken for them, of all columns together."""
    values = taking.Values.of_arrays(_BYTE_ARRAY, [_parts(pa.array(["x" * (1 << 20)]))])
    numbers = taking.Values.of_arrays(_INT64, [_parts(pa.array([7]))])
    gathered = taking.Gathered([("a", "u"), ("b", "u"), ("c", "l")], 8, 3 << 20)
    for columns in ([values, None, None], [None, values, None], [values, None, None]):
        gathered.take(columns, np.zeros(1, np.int32), np.full(1, gathered.nbytes >> 20, np.int32))
    for columns in ([None, values, None], [None, None, numbers]):
        with pytest.raises(OverflowError):
            gathered.take(columns, np.zeros(1, np.int32), np.full(1, 3, np.int32))
    assert gathered.nbytes == 3 << 20
    batch = pa.record_batch(gathered)
    batch.validate(full=True)
    assert [[row and row[:1] for row in column.to_pylist()] for column in batch.columns] == [
        ["x", None, "x", *[None] * 5],
        [None, "x", *[None] * 6],
        [None] * 8,
    ]


@st.composite
def _groups(draw: st.DrawFn) -> tuple[list[str], list[list[list[Any] | None]]]:
    """The formats of columns, and the values of each in each group of rows, which may not have all of them."""
    formats = draw(st.lists(st.sampled_from(sorted(_TYPES)), max_size=6))
    groups = []
    for rows in draw(st.lists(st.integers(0, 9), max_size=4)):
        values = [
            draw(st.lists(st.one_of(st.none(), _OF_FORMAT[each]), min_size=rows, max_size=rows)) for each in formats
        ]
        groups.append([draw(st.sampled_from([None, each])) for each in values])
    return formats, groups


_TYPES = {"b": pa.bool_(), "l": pa.int64(), "L": pa.uint64(), "g": pa.float64(), "u": pa.string()}
_PHYSICAL_OF = {"b": _BOOLEAN, "l": _INT64, "L": _INT64, "g": _DOUBLE, "u": _BYTE_ARRAY}
_OF_FORMAT = {
    "b": _OF_TYPE["bool"],
    "l": _OF_TYPE["int64"],
    "L": st.integers(0, 2**64 - 1),
    "g": _OF_TYPE["double"],
    "u": _OF_TYPE["string"],
}


@given(_groups(), st.randoms(use_true_random=False))
@settings(max_examples=scaled(200))
def test_columns_of_several_groups_become_one_batch(
    made: tuple[list[str], list[list[list[Any] | None]]], rng: Random
) -> None:
    """In any order of rows; what a group does not have, and rows of no group, are missing."""
    formats, groups = made
    sizes = [max((len(values) for values in group if values is not None), default=0) for group in groups]
    size = sum(sizes) + rng.randint(0, 2)
    free = rng.sample(range(size), size)
    expected: list[list[Any]] = [[None] * size for _ in formats]
    names = [f"{place} \u00e9" for place in range(len(formats))]
    gathered = taking.Gathered(list(zip(names, formats, strict=True)), size)
    for group, count in zip(groups, sizes, strict=True):
        rows = rng.sample(range(count), rng.randint(0, count))
        places = [free.pop() for _ in rows]
        columns = [
            None if each is None else taking.Values.of_arrays(_PHYSICAL_OF[of], [_parts(pa.array(each, _TYPES[of]))])
            for of, each in zip(formats, group, strict=True)
        ]
        gathered.take(columns, np.array(rows, np.int32), np.array(places, np.int32))
        for values, into in zip(group, expected, strict=True):
            for row, place in zip(rows, places, strict=True):
                into[place] = None if values is None else values[row]
    for _ in range(2):
        batch = pa.record_batch(gathered)
        batch.validate(full=True)
        assert batch.schema == pa.schema([(name, _TYPES[of]) for name, of in zip(names, formats, strict=True)])
        assert (batch.num_rows, [_bits(column.to_pylist()) for column in batch.columns]) == (
            size,
            [_bits(each) for each in expected],
        )


def test_what_is_handed_over_stays() -> None:
    """Of one column too, when what it was taken from, the others, and what was not taken over are gone."""
    gathered = taking.Gathered([("a", "u"), ("b", "l"), ("c", "b")], 2)
    values = [
        taking.Values.of_arrays(physical, [_parts(array)])
        for physical, array in ((_BYTE_ARRAY, pa.array(["x", "yz"])), (_INT64, pa.array([1, 2])))
    ]
    rows = np.array([1, 0], np.int32)
    gathered.take([*values, None], rows, rows)
    schema, array = gathered.__arrow_c_array__()
    del schema, array
    batch = pa.record_batch(gathered)
    del gathered, values
    texts, numbers = batch.column(0), batch.column(1)
    del batch
    assert (texts.to_pylist(), numbers.slice(1).to_pylist()) == (["x", "yz"], [2])
    del texts
    assert numbers.to_pylist() == [1, 2]


@given(_columns(), st.data())
@settings(max_examples=scaled(100))
def test_those_that_lack_a_page_are_told(column: _Column, data: st.DataObject) -> None:
    """Exactly those of which pages are closed that hold any of the rows."""
    whole, (some, contents), (none, _) = column.opened(), column.closed(), column.closed()
    for place in some.closed(None):
        if data.draw(st.booleans()):
            some.open(place, contents[place])
    columns = [none, whole, some]
    chosen = data.draw(st.sets(st.integers(0, len(column.values) - 1), max_size=5))
    for rows in (None, np.array(sorted(chosen), np.int32)):
        assert taking.lacking(columns, rows) == [place for place, each in enumerate(columns) if each.closed(rows)]


def test_threads_open_and_test_the_same_pages_at_once() -> None:
    """All of them see the same values; memory is counted once."""
    expected = [f"message {at} of {at % 7}" for at in range(20_000)]
    column = _written("string", expected, max_rows_per_page=1000)
    alone = column.opened().nbytes
    test = taking.Test.has(b" of 3", before=False, after=True)
    wanted = sum(at % 7 == 3 for at in range(len(expected)))
    for _ in range(5):
        values, contents = column.closed()
        barrier = threading.Barrier(4)

        def work(values: taking.Values = values, barrier: threading.Barrier = barrier) -> int:
            barrier.wait()
            for place in values.closed(None):
                values.open(place, contents[place])  # noqa: B023
            return values.mark(test, np.ones(values.rows, np.uint8))

        with ThreadPoolExecutor(4) as threads:
            found = [each.result() for each in [threads.submit(work) for _ in range(4)]]
        assert found == [wanted] * 4
        assert values.nbytes == alone
