"""Tallies of a part: what is counted, how it is kept, and what becomes of damage."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import orjson
import pyarrow as pa
import pytest
from crc32c import crc32c
from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.errors import CorruptionError
from logstore.model.schema import ARROW_TYPES, FIXED_COLUMNS, Column, Kind
from logstore.model.snapshot import Part, RowGroup
from logstore.model.tally import BIN_NS, VolumeTally
from logstore.model.timespan import TimeSpan
from logstore.storage.index.build import IndexBuilder, IndexShape
from logstore.storage.index.codec import best_codec
from logstore.storage.index.probe import OpenIndex
from logstore.storage.index.soundness import check_against_rows, check_index
from logstore.storage.index.tally import TallyCounter
from logstore.storage.index.value_tally import MOST_BYTES, MOST_VALUES
from logstore.storage.index.volume_tally import decode_volume

SHAPE = IndexShape(best_codec())
COLUMNS = (*FIXED_COLUMNS, Column("s", "s", Kind.TEXT), Column("n", "n", Kind.INT), Column("b", "b", Kind.BOOL))

Row = tuple[int, str, str | None, str | None, int | None, bool | None]

any_row = st.tuples(
    st.integers(-(2**63), 2**63 - 1) | st.integers(-3 * BIN_NS, 3 * BIN_NS),
    st.sampled_from(["a", "b", "ü"]),
    st.none() | st.sampled_from(["info", "error", ""]),
    st.none() | st.sampled_from(["", "x", "null", 'a"b\n']),
    st.none() | st.sampled_from([0, -(2**63), 2**63 - 1, 7]),
    st.none() | st.booleans(),
)
near_row = any_row.map(lambda row: (row[0] % (6 * BIN_NS) - 3 * BIN_NS, *row[1:]))


def a_table(rows: list[Row], *, with_dictionaries: bool = False) -> pa.Table:
    """Rows as a row group."""
    times, tags, levels, texts, numbers, truths = zip(*rows, strict=True) if rows else ((),) * 6
    texts_of = [pa.array(each, pa.string()) for each in (tags, levels, texts)]
    if with_dictionaries:
        texts_of = [each.dictionary_encode() for each in texts_of]
    tag, level, text = texts_of
    return pa.table(
        {
            "time": pa.array(times, pa.int64()).cast(ARROW_TYPES[Kind.TIME]),
            "_seq": pa.array(range(len(rows)), pa.int64()),
            "tag": tag,
            "message": pa.nulls(len(rows), pa.string()),
            "level": level,
            "s": text,
            "n": pa.array(numbers, pa.int64()),
            "b": pa.array(truths, pa.bool_()),
        }
    )


def a_part(groups: list[list[Row]]) -> Part:
    """The part of these row groups."""
    rows = sum(map(len, groups))
    row_groups = tuple(RowGroup(0, len(each), 0, 1) for each in groups)
    part = Part("/p.parquet", 1, rows, 1, 0, 1, 0, rows, COLUMNS, has_more=False, tags=None, row_groups=row_groups)
    return replace(part, index="/p.words")


def a_file(groups: list[list[Row]], *, with_dictionaries: bool = False) -> bytes:
    """The index file of these row groups."""
    builder = IndexBuilder(SHAPE)
    for rows in groups:
        builder.add(a_table(rows, with_dictionaries=with_dictionaries))
    return b"".join(builder.finish())


def opened(content: bytes, groups: list[list[Row]]) -> OpenIndex:
    """It, open."""
    return OpenIndex(memoryview(content), a_part(groups), SHAPE.codec)


def combinations(tally: VolumeTally | None, **wanted) -> dict[tuple[str | None, str | None, int], int]:
    """Rows by tag, level and start of the bin."""
    assert tally is not None
    volume = tally.of(**wanted)
    tags, levels = ([names[place] for place in places] for names, places in (
        (volume.tags, volume.tag), (volume.levels, volume.level)
    ))  # fmt: skip
    keys = list(zip(tags, levels, volume.starts_ns.tolist(), strict=True))
    assert len(set(keys)) == len(keys)
    return dict(zip(keys, volume.rows.tolist(), strict=True))


@given(st.lists(st.lists(any_row, min_size=1, max_size=8), min_size=1, max_size=4), st.booleans())
@settings(max_examples=120, deadline=None)
def test_rows_are_counted(groups, with_dictionaries):
    """By value, and by tag, level and bin of time; a missing value is none, an empty text is one."""
    index = opened(a_file(groups, with_dictionaries=with_dictionaries), groups)
    rows = [row for group in groups for row in group]
    for place, name in ((1, "tag"), (2, "level"), (3, "s"), (4, "n"), (5, "b")):
        expected = Counter(row[place] for row in rows if row[place] is not None)
        tally = index.values(name)
        found = {} if tally is None else dict(zip(tally.values.to_pylist(), tally.rows.tolist(), strict=True))
        assert found == expected
    in_range = all(row[0] // BIN_NS * BIN_NS >= -(2**63) for row in rows)
    if in_range:
        by_all = Counter((tag, level, time // BIN_NS * BIN_NS) for time, tag, level, *_ in rows)
        assert combinations(index.volume(by_tag=True)) == by_all
        by_level = Counter((None, level, time // BIN_NS * BIN_NS) for time, _, level, *_ in rows)
        assert combinations(index.volume(by_tag=False)) == by_level


@given(
    st.lists(near_row, min_size=1, max_size=20),
    st.frozensets(st.sampled_from(("a", "b", "ü", "gone")), max_size=3),
    st.tuples(st.integers(-3, 3) | st.none(), st.integers(0, 4) | st.none()),
)
@settings(max_examples=120, deadline=None)
def test_what_is_picked_of_a_volume_is_what_it_has_of_that(rows, tags, edges):
    """Tags, and bins that overlap a window; a tally that tells no tags apart knows nothing of them."""
    start, end = edges
    window = TimeSpan(None if start is None else start * BIN_NS + 1, None if end is None else end * BIN_NS)
    index = opened(a_file([rows]), [rows])
    for by_tag in (True, False):
        tally = index.volume(by_tag=by_tag)
        if tally is not None:
            expected = {
                (tag, level, bin_ns): count
                for (tag, level, bin_ns), count in combinations(tally).items()
                if (tag in tags or not by_tag) and window.overlaps(bin_ns, bin_ns + BIN_NS - 1)
            }
            assert combinations(tally, tags=tags, window=window) == expected
            by_run = Counter()
            for (tag, level, _), count in combinations(tally, tags=tags).items():
                by_run[tag, level] += count
            added_up = combinations(tally, tags=tags, by_time=False)
            assert {(tag, level): count for (tag, level, _), count in added_up.items()} == by_run
            assert len(added_up) == len(by_run)


def some_groups() -> list[list[Row]]:
    """Two row groups."""
    return [[(place * BIN_NS // 3, "a", "info", "x", place % 3, None) for place in range(20)] for _ in range(2)]


def test_tallies_are_those_of_the_rows_however_they_are_divided():
    """Row groups and dictionaries change nothing; other rows do."""
    groups = some_groups()
    content = memoryview(a_file(groups, with_dictionaries=True))
    check_against_rows(content, a_part(groups), map(a_table, groups), best_codec())
    others = [[(time, tag, level, text, 5, truth) for time, tag, level, text, _, truth in each] for each in groups]
    with pytest.raises(CorruptionError, match="tallies are not those"):
        check_against_rows(content, a_part(groups), map(a_table, others), best_codec())
    whole, halves = TallyCounter(), TallyCounter()
    whole.add(a_table([*groups[0], *groups[1]]))
    for group in groups:
        halves.add(a_table(group))
    assert whole.finish() == halves.finish()


def test_each_damaged_byte_of_a_tally_is_noticed():
    """By who asks for that tally, and by who looks at the whole."""
    groups = some_groups()
    content = bytearray(a_file(groups))
    part = a_part(groups)
    check_index(memoryview(content), part)
    right = opened(bytes(content), groups)
    questions = [
        lambda index: combinations(index.volume(by_tag=True)),
        lambda index: combinations(index.volume(by_tag=False)),
        lambda index: index.values("n").rows.tolist(),
    ]
    answers = [question(right) for question in questions]
    refused = set()
    for place in range(len(content)):
        content[place] ^= 0x21
        with pytest.raises(CorruptionError):
            check_index(memoryview(content), part)
        for number, question in enumerate(questions):
            try:
                assert question(opened(bytes(content), groups)) == answers[number]
            except CorruptionError:
                refused.add(number)
        content[place] ^= 0x21
    assert refused == {0, 1, 2}


def test_files_of_the_first_version_have_none():
    """They are read as ever, and say that nobody counted."""
    groups = some_groups()
    builder = IndexBuilder(SHAPE)
    for group in groups:
        builder.add(a_table(group))
    head, described, *sections = builder.finish()
    fields = orjson.loads(described)
    del fields["tallies"]
    described = orjson.dumps(fields)
    head = head[:4] + b"\1\0\0\0" + len(described).to_bytes(4, "little")
    first = b"".join([head, crc32c(described, crc32c(head)).to_bytes(4, "little"), described, *sections[:3]])
    index = opened(first, groups)
    assert index.values("n") is None
    assert index.volume(by_tag=False) is None
    assert not index.has_tallies
    assert index.with_value("s", "x") == 3
    check_index(memoryview(first), a_part(groups))
    check_against_rows(memoryview(first), a_part(groups), map(a_table, groups), best_codec())


def test_what_has_too_many_values_is_not_counted():
    """Nor what takes too much room, nor what is nowhere."""
    few = [(0, "a", None, str(number), None, None) for number in range(MOST_VALUES)]
    assert len(opened(a_file([few]), [few]).values("s").rows) == MOST_VALUES
    for groups in ([[*few, (0, "a", None, "more", None, None)]], [few, [(0, "a", None, "more", None, None)]]):
        assert opened(a_file(groups), groups).values("s") is None
    long = [(0, "a", None, "x" * MOST_BYTES, None, None)]
    assert opened(a_file([long]), [long]).values("s") is None
    assert opened(a_file([few]), [few]).values("n") is None
    assert opened(a_file([few]), [few]).values("message") is None
    assert opened(a_file([few]), [few]).values("_seq") is None


def test_a_volume_as_long_as_its_rows_is_left_out():
    """Where every row has a bin of its own there is nothing to be gained."""
    apart = [(number * BIN_NS, "a", None, None, None, None) for number in range(3000)]
    together = [(number, *rest) for number, (_, *rest) in enumerate(apart)]
    assert opened(a_file([apart]), [apart]).volume(by_tag=True) is None
    assert combinations(opened(a_file([together]), [together]).volume(by_tag=True)) == {("a", None, 0): 3000}


def test_a_volume_of_no_rows_is_none():
    """And what is no volume is refused."""
    assert TallyCounter().finish() == {}
    empty = TallyCounter()
    empty.add(a_table([]))
    assert empty.finish() == {}
    for content in (b"", b"\2\0\0\0{}", b"\xff\0\0\0{}"):
        with pytest.raises((ValueError, KeyError)):
            decode_volume(content)
