"""Counting values page by page gives what counting the rows one by one gives, however the file is written."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from logstore.errors import CorruptionError, QueryCancelledError
from logstore.model.schema import SEQ, TIME, Kind
from logstore.model.snapshot import Part
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.pages.choice import compiled
from query.pages.counting import count_values
from query.pages.file import PagesFile
from query.plan.prune import Bounds, row_groups_within
from query.sql.counted_parts import FIELD, NUMBER, SCHEMA, VALUES, CountedParts, Selection
from tests.logstore.model.batches import with_dictionaries
from tests.query.differential.placement import part_of
from tests.query.sql.laid_down import NOW_NS, Event, Json, batch, kind_of, part
from tests.scale import scaled

_MOST = 12

_SCALARS = st.one_of(
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([2**63, 2**64 - 1, -(2**63)]),
    st.sampled_from([0.0, -0.0, 1.0, 0.5, math.nan, -math.nan, math.inf]),
    st.sampled_from(["", "a", 'ä\0"', "x" * 300]),
    st.sampled_from([Json("[]"), Json("[1]")]),
)
_WRITTEN = st.fixed_dictionaries(
    {
        "compression": st.sampled_from(["none", "snappy", "zstd", "gzip"]),
        "use_dictionary": st.booleans(),
        "max_rows_per_page": st.sampled_from([3, 20, 20_000]),
        "data_page_version": st.sampled_from(["1.0", "1.0", "2.0"]),
        "dictionary_pagesize_limit": st.sampled_from([1, 1 << 20]),
        "write_statistics": st.booleans(),
        "write_batch_size": st.sampled_from([2, 1024]),
    }
)


@st.composite
def _events(draw: st.DrawFn) -> list[Event]:
    """Rows of which runs are alike, as those of a part are, and others are not."""
    made: list[Event] = []
    for _ in range(draw(st.integers(1, 5))):
        alike = draw(st.dictionaries(st.sampled_from("abc"), _SCALARS))
        count = draw(st.sampled_from([1, 7, 60]))
        many = draw(st.booleans())
        noise = draw(st.lists(st.sampled_from([None, 1, 2, "y"]), min_size=1, max_size=9))
        for place in range(count):
            row = {**alike, "id": f"id-{len(made)}" if many else "one", "d": noise[place % len(noise)]}
            made.append({name: value for name, value in row.items() if value is not None})
    return made


def _written(path: Path, events: list[Event], rows_per_group: int, first: int = 0, **how: Any) -> Part:
    """A part in a file that is written so; of the events behind so many others."""
    made = batch([{**event, TIME: NOW_NS + place * 10**9} for place, event in enumerate(events, first)])
    known = part(path, made, rows_per_group)
    pq.write_table(made.table, path, row_group_size=rows_per_group, **how)
    return known


def _key(kind: Kind, value: object) -> tuple[Kind, object]:
    if isinstance(value, float):
        return kind, "nan" if math.isnan(value) else value + 0.0
    return kind, value.text if isinstance(value, Json) else value


def _expected(
    events: list[Event], window: TimeSpan, left_out: Collection[int] = ()
) -> dict[tuple[str, Kind, object], int]:
    """Counted one by one; those of a column that has too many values together."""
    counts: dict[tuple[str, Kind], Counter[object]] = {}
    for place, event in enumerate(events):
        when = NOW_NS + place * 10**9
        if place in left_out or not window.covers(when, when):
            continue
        for name, value in {"tag": "app", **event}.items():
            kind, key = _key(kind_of(value), value)
            counts.setdefault((name, kind), Counter())[key] += 1
    found = {}
    for (name, kind), values in counts.items():
        if len(values) > _MOST:
            found[name, kind, None] = values.total()
        else:
            found |= {(name, kind, value): number for value, number in values.items()}
    return found


def _told(table: pa.Table) -> dict[tuple[str, Kind | None, object], int]:
    found: Counter[tuple[str, Kind | None, object]] = Counter()
    for row in table.to_pylist():
        there = [(kind, row[name]) for kind, name in VALUES.items() if row[name] is not None]
        kind, value = _key(*there[0]) if there else (None, None)
        found[row[FIELD], kind, value] += row[NUMBER]
    return dict(found)


def _without_kinds_of_many(expected: dict[tuple[str, Kind, object], int]) -> dict[tuple[str, Kind | None, object], int]:
    """A table does not tell of which kind values are that are too many."""
    found: Counter[tuple[str, Kind | None, object]] = Counter()
    for (name, kind, value), number in expected.items():
        found[name, None if value is None else kind, value] += number
    return dict(found)


def _never() -> None:
    """Nobody ends the query."""


def _unasked(sql: str) -> NDArray[np.int64]:
    """Nothing is to be chosen."""
    raise AssertionError(sql)


def _counted(known: Sequence[Part], window: TimeSpan = EVERYTHING) -> CountedParts:
    """All events of a window."""
    row_groups = {part.path: row_groups_within(part, Bounds(window, None)) for part in known}
    return CountedParts("p1", row_groups, _MOST, window, tuple(known))


@settings(max_examples=scaled(60), deadline=None)
@given(_events(), _WRITTEN, st.sampled_from([5, 40, 1000]), st.integers(-1, 200), st.integers(0, 300))
def test_the_same_as_one_by_one(
    tmp_path_factory: pytest.TempPathFactory,
    events: list[Event],
    how: dict[str, Any],
    rows_per_group: int,
    first: int,
    count: int,
) -> None:
    """With the kernel and without it; of all rows and of windows that cut row groups, whatever kinds values are of."""
    path = tmp_path_factory.mktemp("pages")
    half = len(events) // 2
    known = [_written(path / "a", events[half:], rows_per_group, half, **how)]
    known += [_written(path / "b", events[:half], 1000)] if half else []
    cut = TimeSpan(NOW_NS + first * 10**9 + 1, NOW_NS + (first + count) * 10**9)
    for window in (EVERYTHING, cut, replace(cut, start_ns=None)):
        expected = _without_kinds_of_many(_expected(events, window))
        for kernel in {compiled(), None}:
            table = count_values(_counted(known, window), _unasked, _never, kernel).table
            assert table.schema == SCHEMA
            assert _told(table) == expected


@settings(max_examples=scaled(40), deadline=None)
@given(_events(), _WRITTEN, st.sampled_from([5, 40, 1000]), st.sets(st.integers(0, 300)), st.sampled_from([1, 1 << 24]))
def test_only_what_is_chosen(
    tmp_path_factory: pytest.TempPathFactory,
    events: list[Event],
    how: dict[str, Any],
    rows_per_group: int,
    left_out: set[int],
    widest: int,
) -> None:
    """By number, in whatever order these come, from a statement for each portion of the parts."""
    path = tmp_path_factory.mktemp("pages")
    half = len(events) // 2
    known = [_written(path / "a", events[half:], rows_per_group, half, **how)]
    known += [_written(path / "b", events[:half], 1000)] if half else []
    places = [range(half, len(events)), range(half)]
    selections = []
    for one, within in zip(known, places, strict=False):
        # Each part begins to number its events anew.
        numbers = [place - within.start + 1 for place in within if place not in left_out]
        selections.append(Selection(json.dumps(numbers[::-1]), (one,)))
    row_groups = {one.path: tuple(range(len(one.row_groups))) for one in known}
    counted = CountedParts("p1", row_groups, _MOST, selections=tuple(selections))
    expected = _without_kinds_of_many(_expected(events, EVERYTHING, left_out))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("query.pages.counting._WIDEST_TABLE", widest)
        for kernel in {compiled(), None}:
            made = count_values(counted, lambda sql: np.array(json.loads(sql), np.int64), _never, kernel)
            assert _told(made.table) == expected
            assert made.rows == len(events) - len(left_out & set(range(len(events))))


def test_the_kernel_is_built() -> None:
    """Else the tests here would compare one way of counting with itself."""
    assert compiled() is not None


@dataclass(slots=True)
class _Ended:
    """Ends the query at the n-th look."""

    after: int

    def __call__(self) -> None:
        self.after -= 1
        if self.after < 0:
            raise QueryCancelledError("the query was cancelled")


def test_counting_ends_when_the_query_ends(tmp_path: Path) -> None:
    """It looks before each row group."""
    known = part(tmp_path / "p", batch([{"a": n} for n in range(50)]), rows_per_group=10)
    with pytest.raises(QueryCancelledError):
        count_values(_counted([known]), _unasked, _Ended(3), compiled())


@pytest.mark.parametrize("use_dictionary", [True, False])
def test_damage_ends_in_no_crash(tmp_path: Path, *, use_dictionary: bool) -> None:
    """Whatever byte of a file without checksums is damaged: there is an answer or an error of ours, never a crash."""
    path = tmp_path / "p"
    rows = [{"a": f"v{n % 5}", "b": n % 3, "c": 0.5} if n % 4 else {"id": f"id-{n}"} for n in range(40)]
    known = _written(path, rows, 20, use_dictionary=use_dictionary, compression="none")
    whole = path.read_bytes()
    generator = np.random.default_rng(7)
    counted = _counted([known], TimeSpan(NOW_NS + 1))
    raised = 0
    for place in generator.choice(len(whole), 400, replace=False):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(generator.integers(8))
        path.write_bytes(damaged)
        try:
            count_values(counted, _unasked, _never, compiled())
        except CorruptionError:
            raised += 1
    assert raised


def test_columns_of_one_name_but_for_dots(tmp_path: Path) -> None:
    """Names are those of columns as they are, `a` is not all that begins with it."""
    rows: list[Event] = [{"a": 1, "a.b": 2, "a.b.c": "x"}, {"a": 1, "a.b": 3}]
    known = part(tmp_path / "p", batch(rows))
    for kernel in {compiled(), None}:
        told = _told(count_values(_counted([known]), _unasked, _never, kernel).table)
        assert {name: number for (name, _, _), number in told.items()} == {"tag": 2, "a": 2, "a.b": 1, "a.b.c": 1}


def test_fixed_columns_that_are_no_fields(tmp_path: Path) -> None:
    """Neither times nor numbers of arrival are counted."""
    known = part(tmp_path / "p", batch([{}, {}]))
    table = count_values(_counted([known]), _unasked, _never, compiled()).table
    assert not {TIME, SEQ} & set(table.column(FIELD).to_pylist())


def test_what_is_looked_at_is_told(tmp_path: Path) -> None:
    """Rows within the window, the row groups that they are in, and bytes of these alone."""
    known = part(tmp_path / "p", batch([{"a": n} for n in range(50)]), rows_per_group=10)
    every, some = (
        count_values(_counted([known], window), _unasked, _never, compiled())
        for window in (EVERYTHING, TimeSpan(NOW_NS + 15 * 10**9, NOW_NS + 30 * 10**9))
    )
    assert (every.rows, every.row_groups) == (50, 5)
    assert (some.rows, some.row_groups) == (15, 2)
    assert 0 < some.bytes_read < every.bytes_read < known.bytes


@pytest.mark.parametrize("scattered", [True, False])
def test_a_dictionary_of_more_values_than_there_are_rows(tmp_path: Path, *, scattered: bool) -> None:
    """Small dictionaries stand in each row group whole, also in one of fewer rows: parts are written so."""
    rows: list[Event] = [{"a": f"a{n % 12 if scattered else n // 4}"} for n in range(48)]
    made = with_dictionaries(batch([{**row, TIME: NOW_NS + place} for place, row in enumerate(rows)]), ["a"])
    known = part_of([made], tmp_path / "p", 5)
    with PagesFile(known.path, {0: known.row_groups[0].rows}, compiled()) as file:
        chunk = file.chunk(0, "a")
        assert chunk is not None
        (pages,) = file.pages([chunk])
        assert pages is not None
        assert pages[0].values == 12 > chunk.rows
    told = _told(count_values(_counted([known]), _unasked, _never, compiled()).table)
    assert {value: number for (name, _, value), number in told.items() if name == "a"} == {
        f"a{n}": 4 for n in range(12)
    }


def test_dictionaries_that_have_nothing_in_common_are_not_all_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are decoded before they are many, and the numbers of those before and after are put together."""
    rows: list[Event] = [{"a": f"{n // 10 % 3}-{n % 2}" * 40, "b": n // 10 * 7 + n % 7} for n in range(120)]
    known = _written(tmp_path / "p", rows, 10, use_dictionary=True)
    counted = _counted([known])
    at_once = _told(count_values(counted, _unasked, _never, compiled()).table)
    monkeypatch.setattr("query.pages.column._MOST_HELD_BYTES", 200)
    told = _told(count_values(counted, _unasked, _never, compiled()).table)
    assert told == at_once == _without_kinds_of_many(_expected(rows, EVERYTHING))
    assert told["b", None, None] == 120


def test_a_file_that_is_cut_off_is_damaged(tmp_path: Path) -> None:
    """Wherever it ends, also where not even the length of its footer is left."""
    known = _written(tmp_path / "p", [{"a": n % 3} for n in range(40)], 20)
    whole = (tmp_path / "p").read_bytes()
    for left in (0, 3, 7, 8, 12, len(whole) // 2, len(whole) - 1):
        (tmp_path / "p").write_bytes(whole[:left])
        with pytest.raises(CorruptionError):
            count_values(_counted([known]), _unasked, _never, compiled())


def test_a_file_with_other_rows_than_the_catalog_says_is_damaged(tmp_path: Path) -> None:
    """Its columns are believed nothing that memory is taken for."""
    known = _written(tmp_path / "p", [{"a": n % 3} for n in range(40)], 20)
    first, second = known.row_groups
    other = replace(known, row_groups=(first, replace(second, rows=second.rows + 1)))
    with pytest.raises(CorruptionError, match="other rows"):
        count_values(_counted([other]), _unasked, _never, compiled())


def test_a_column_that_is_said_to_be_beyond_the_file_is_damaged(tmp_path: Path) -> None:
    """No memory is taken for more bytes than there are."""
    rows: list[Event] = [{"a": "x" * 500} for _ in range(40)]
    known = _written(tmp_path / "p", rows, 40, use_dictionary=False, compression="none")
    whole = (tmp_path / "p").read_bytes()
    size = pq.ParquetFile(tmp_path / "p").metadata.row_group(0).column(5).total_compressed_size
    written, claimed = _varint(2 * size), _varint(2 * (size + 2**13))
    assert len(written) == len(claimed)
    start = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    (tmp_path / "p").write_bytes(whole[:start] + whole[start:].replace(written, claimed))
    with pytest.raises(CorruptionError, match="where the file is not"):
        count_values(_counted([known]), _unasked, _never, compiled())


def test_long_values_are_read_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that they take little memory; what they are does not depend on it."""
    monkeypatch.setattr("query.pages.file._PIECE_BYTES", 10_000)
    rows: list[Event] = [{"a": f"{n}" * 500, "b": n % 5} for n in range(40)]
    known = _written(tmp_path / "p", rows, 40, use_dictionary=False, compression="none")
    with PagesFile(known.path, {0: 40}, compiled()) as file:
        pieces = list(file.values(0, "a", 40))
        assert max(map(len, pieces)) * 500 <= 10_000
        assert [value for piece in pieces for value in piece.to_pylist()] == [row["a"] for row in rows]
        assert [len(piece) for piece in file.values(0, "b", 40)] == [40]


def _varint(value: int) -> bytes:
    """A number as Parquet's footer has it."""
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])
