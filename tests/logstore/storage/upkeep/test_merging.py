"""Merging parts into new ones."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.errors import CorruptionError
from logstore.model.batch import EventBatch
from logstore.model.merge import concat_batches, take
from logstore.model.row_set import pack
from logstore.model.schema import Kind
from logstore.model.snapshot import DeletedRows, Part
from logstore.model.timespan import NS_PER_DAY
from logstore.storage.directory import PosixDirectory
from logstore.storage.part.encode import encode_part
from logstore.storage.part.footer import read_part
from logstore.storage.part.load import load_part, load_table
from logstore.storage.part.shape import LIGHT, PartShape
from logstore.storage.publish import Publisher
from logstore.storage.steps import finished
from logstore.storage.upkeep.merging import MergeLimits, Merger, Merging
from tests.logstore.model.batches import make_batch, read_batch, row
from tests.logstore.model.values import VALUES_OF_ANY_KIND
from tests.logstore.storage.part.sums import sum_up
from tests.logstore.storage.part.test_load import FIELDS

FRESH = PartShape(row_group_rows=3, sort_bucket_rows=5, compression_level=LIGHT, max_listed_tags=3)
COMPACTED = PartShape(row_group_rows=4, sort_bucket_rows=6, compression_level=1, max_listed_tags=2)
ROOMY = MergeLimits(part_rows=1000, day_rows=5, memory_bytes=1 << 30)


class Folder:
    """A directory of parts."""

    def __init__(self, root: Path) -> None:
        self.directory = PosixDirectory(root)
        self.directory.make_root()
        self._names = map(str, itertools.count())

    def write(self, batch: EventBatch, shape: PartShape = FRESH) -> Part:
        """A part with these events, as a snapshot has it."""
        content = encode_part(batch, 1, "default", shape)
        path = Path(self.directory.path(f"{next(self._names)}.parquet"))
        path.write_bytes(content)
        return read_part(content, str(path), content.size)

    def merge(
        self,
        parts: Sequence[Part],
        limits: MergeLimits = ROOMY,
        erased: Iterable[int] = (),
        shape: PartShape = COMPACTED,
    ) -> tuple[Part, ...]:
        """What merging makes of them, as a snapshot has it."""
        merger = Merger(Publisher(self.directory), shape, limits, self._names.__next__)
        made = finished(merger.merge(Merging(tuple(parts), frozenset(erased), 7, 1)))
        return tuple(replace(part, path=self.directory.path(part.path)) for part in made)

    def files(self) -> list[str]:
        """All files of new parts."""
        return self.directory.files("parts")


@pytest.fixture
def folder(tmp_path):
    """An empty directory."""
    return Folder(tmp_path)


def rows_of(parts: Sequence[Part]) -> list[dict[str, tuple[Kind, object]]]:
    """All events of parts, by `_seq`, with the fields of each."""
    return sorted(
        (one for part in parts for one in read_batch(load_part(part.path, part))), key=lambda one: one["_seq"][1]
    )


def seqs_of(parts: Sequence[Part]) -> list[int]:
    """The `_seq` of all events of parts."""
    return sorted(seq for part in parts for seq in load_table(part.path, part).column("_seq").to_pylist())


def events(max_seqs: int = 25):
    """Rows of any fields, in any order of time, some of them on other days; dealt out to some parts."""
    fields = st.dictionaries(st.sampled_from(FIELDS), VALUES_OF_ANY_KIND, max_size=4).map(
        lambda found: {name: value for name, value in found.items() if name != "message" or value[0] is Kind.TEXT}
    )
    times = st.builds(lambda day, ns: day * NS_PER_DAY + ns, st.sampled_from([0, 0, 0, 1, 2, 700]), st.integers(0, 30))
    return st.lists(st.tuples(st.integers(0, 3), times, st.sampled_from("abcd"), fields), min_size=1, max_size=max_seqs)


def dealt(found) -> list[EventBatch]:
    """The batches of what `events` draws; one of them has few columns, so that it has `_more`."""
    batches = []
    for number in sorted({place for place, *_ in found}):
        rows = [row(seq, time, tag) | fields for seq, (place, time, tag, fields) in enumerate(found) if place == number]
        batches.append(make_batch(rows, max_columns=500 if number else 7))
    return batches


@settings(max_examples=25, deadline=None)
@given(events(), st.sampled_from([1, 200, 1 << 30]), st.integers(3, 50))
def test_merging_keeps_every_row_as_it_is(found, memory_bytes, part_rows):
    """Whatever the events and however little memory: the new parts have the rows of the old ones, none else."""
    with tempfile.TemporaryDirectory() as root:
        folder = Folder(Path(root))
        batches = dealt(found)
        parts = [folder.write(batch) for batch in batches]
        made = folder.merge(parts, MergeLimits(part_rows, 5, memory_bytes))
        assert rows_of(made) == rows_of(parts)
        for part in made:
            check_part(part, part_rows)
        assert [part.path for part in made] == sorted(
            (part.path for part in made), key=lambda path: int(Path(path).stem[2:])
        )
        assert {folder.directory.path(name) for name in folder.files()} == {part.path for part in made}


def check_part(part: Part, part_rows: int) -> None:
    """The part says what is in its file, and its rows are in the order of parts."""
    table = load_table(part.path, part)
    batch = load_part(part.path, part)
    content = Path(part.path).read_bytes()
    known = replace(read_part(part.path, part.path, len(content)), level=1, checksums=sum_up(content))
    assert known == part
    assert (part.time_min_ns, part.time_max_ns) == (batch.time_min_ns, batch.time_max_ns)
    assert (part.seq_min, part.seq_max, part.rows) == (batch.seq_min, batch.seq_max, batch.rows)
    assert part.rows <= part_rows
    assert part.tags in {None, tuple(sorted(set(table.column("tag").to_pylist())))}
    assert sum(group.rows for group in part.row_groups) == part.rows
    assert all(group.rows <= COMPACTED.row_group_rows for group in part.row_groups)


@settings(max_examples=10, deadline=None)
@given(events(), st.data())
def test_deleted_rows_are_left_out(found, data):
    """Rows of deletions whose time has come are not in the new parts; those of others are."""
    with tempfile.TemporaryDirectory() as root:
        folder = Folder(Path(root))
        parts, kept = [], []
        for batch in dealt(found):
            part = folder.write(batch)
            gone = data.draw(st.sets(st.integers(0, part.rows - 1)))
            other = data.draw(st.sets(st.integers(0, part.rows - 1)))
            sets = tuple(DeletedRows(number, len(rows), packed(rows)) for number, rows in ((3, gone), (4, other)))
            parts.append(replace(part, deleted=sets))
            table = load_table(part.path, part)
            kept += [seq for place, seq in enumerate(table.column("_seq").to_pylist()) if place not in gone]
        made = folder.merge(parts, erased={3, 9})
        assert seqs_of(made) == sorted(kept)
        assert not any(part.deleted for part in made)


def packed(rows: set[int]) -> bytes:
    """The rows as parts have them."""
    return pack(np.array(sorted(rows), np.int64))


def test_slices_are_in_the_order_of_parts(folder):
    """Slices follow each other in time; within one, rows rise by tag, time and `_seq`, though parts overlap."""
    generator = np.random.default_rng(1)
    parts = []
    for number in range(3):
        rows = [row(number * 100 + place, int(generator.integers(0, 1000)), f"t{place % 3}") for place in range(100)]
        parts.append(folder.write(make_batch(rows)))
    (part,) = folder.merge(parts)
    table = load_table(part.path, part)
    times = table.column("time").cast("int64").to_pylist()
    keys = list(zip(table.column("tag").to_pylist(), times, table.column("_seq").to_pylist(), strict=True))
    starts = [0, *(place for place in range(1, 300) if keys[place] < keys[place - 1]), 300]
    assert len(starts) - 1 == 50
    for (start, middle), (_, end) in itertools.pairwise(itertools.pairwise(starts)):
        assert max(times[start:middle]) <= min(times[middle:end])


def test_parts_that_overlap_too_much_follow_each_other(folder):
    """With little memory parts of one day that overlap are written one after the other, and each row is there once."""
    parts = []
    for number in range(6):
        rows = [row(number * 40 + place, number * 50 + place * 2, f"t{place % 3}") for place in range(40)]
        parts.append(folder.write(make_batch(rows)))
    made = folder.merge(parts, replace(ROOMY, part_rows=100, memory_bytes=1 << 12))
    assert seqs_of(made) == list(range(240))
    assert all(part.rows <= 100 for part in made)
    for part in made:
        times = load_table(part.path, part).column("time").cast("int64").to_pylist()
        assert (part.time_min_ns, part.time_max_ns) == (min(times), max(times))


def test_many_events_of_one_time_are_cut_all_the_same(folder):
    """More events of one nanosecond than a part holds come into several parts."""
    parts = [folder.write(make_batch([row(number * 50 + place) for place in range(50)])) for number in range(2)]
    made = folder.merge(parts, replace(ROOMY, part_rows=30))
    assert [part.rows for part in made] == [25, 25, 25, 25]
    assert seqs_of(made) == list(range(100))


def test_days_get_parts_of_their_own(folder):
    """A day with enough rows gets a part, in the folder of its hour or day; the others share one."""
    days = [0] * 8 + [1] * 2 + [2] * 2 + [3] * 9
    rows = [row(seq, day * NS_PER_DAY + seq) for seq, day in enumerate(days)]
    made = folder.merge([folder.write(make_batch(rows))])
    assert [(part.rows, part.time_min_ns // NS_PER_DAY, part.time_max_ns // NS_PER_DAY) for part in made] == [
        (8, 0, 0), (4, 1, 2), (9, 3, 3),
    ]  # fmt: skip
    assert [Path(part.path).parent.name for part in made] == ["00", "mixed", "00"]


def test_rare_fields_go_to_more(folder):
    """A field that is in too few rows of the new part has no column in it, though it had one in a small part."""
    shape = replace(COMPACTED, row_group_rows=10_000, sort_bucket_rows=10_000)
    small = folder.write(make_batch([row(10_000, rare=(Kind.INT, 7))]))
    large = folder.write(make_batch([row(place, common=(Kind.INT, place)) for place in range(5000)]), shape)
    (part,) = folder.merge([small, large], replace(ROOMY, part_rows=10_000), shape=shape)
    assert part.has_more
    assert "rare" not in {column.field for column in part.columns}
    assert rows_of([part]) == rows_of([small, large])


def test_damage_leaves_nothing(folder):
    """When a part turns out to be damaged in the middle, no new file stays."""
    parts = [folder.write(make_batch([row(number * 50 + place, place) for place in range(50)])) for number in range(2)]
    path = Path(parts[1].path)
    content = bytearray(path.read_bytes())
    content[200:900] = bytes(700)
    path.write_bytes(content)
    with pytest.raises(CorruptionError):
        folder.merge(parts, replace(ROOMY, part_rows=10, memory_bytes=1))
    assert not folder.files()


def test_nothing_is_left_of_what_is_all_deleted(folder):
    """Parts whose rows are all deleted become none."""
    part = folder.write(make_batch([row(place) for place in range(5)]))
    gone = replace(part, deleted=(DeletedRows(1, 5, packed(set(range(5)))),))
    assert folder.merge([gone], erased={1}) == ()


def test_what_is_merged_is_what_joining_makes(folder):
    """Parts of one hour, merged, have the columns that joining their events in memory would give."""
    batches = [
        make_batch([row(number * 20 + place, place, a=(Kind.INT, 1), b=(Kind.TEXT, str(place))) for place in range(20)])
        for number in range(3)
    ]
    (part,) = folder.merge([folder.write(batch) for batch in batches])
    joined = concat_batches(batches)
    assert part.columns == joined.columns
    assert read_batch(load_part(part.path, part)) == read_batch(take(joined, np.arange(60)))
