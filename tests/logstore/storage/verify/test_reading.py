"""Checking what is about to be read of parts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.errors import CorruptionError
from logstore.model.merge import concat_batches
from logstore.model.snapshot import Part, PartRead
from logstore.storage.directory import MissingFileError, PosixDirectory
from logstore.storage.part.checksums import BLOCK_BITS
from logstore.storage.part.encode import PartShape
from logstore.storage.part.files import PartWriter
from logstore.storage.publish import Publisher
from logstore.storage.seal import located
from logstore.storage.verify.reading import CheckedParts, is_sound
from tests.logstore.storage.lines import LineDecoder, chunk, lines
from tests.logstore.storage.verify.damage import flip, whole

_BLOCK = 1 << BLOCK_BITS


def _write(path: Path, rows: int = 3000) -> tuple[PosixDirectory, Part]:
    """A part of several blocks and row groups."""
    rng = Random(1)
    directory = PosixDirectory(path)
    directory.make_root()
    names = [f"{rng.randbytes(60).hex()}{number}" for number in range(rows)]
    decoded = LineDecoder().decode([_entry(lines(names))])
    shape = PartShape(row_group_rows=500, sort_bucket_rows=10_000, compression_level=1, max_listed_tags=10)
    writer = PartWriter(Publisher(directory), shape, 1, lambda: "ULID")
    (part,) = writer.write([concat_batches([decoded.batch])], 1)
    return directory, located(part, directory)


def _entry(payload: bytes):
    from logstore.model.chunk import Entry  # noqa: PLC0415 - only here

    return Entry(1, chunk(payload))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A part that is not to be damaged, and its directory."""
    return _write(tmp_path_factory.mktemp("written"))


def _column(part: Part, name: str, group: int) -> tuple[int, int]:
    metadata = pq.read_metadata(part.path)
    place = [column.name for column in part.columns].index(name)
    column = metadata.row_group(group).column(place)
    start = column.dictionary_page_offset if column.has_dictionary_page else column.data_page_offset
    return start, start + column.total_compressed_size


def test_a_sound_part_is_read_once(written):
    """What was checked is not opened again: the file may even be gone."""
    directory, part = written
    checked = CheckedParts(directory)
    checked.check(whole(part))
    moved = Path(part.path).rename(f"{part.path}.away")
    try:
        checked.check(whole(part))
        with pytest.raises(MissingFileError):
            CheckedParts(directory).check(whole(part))
    finally:
        moved.rename(part.path)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_any_flipped_bit_is_found_by_who_reads_all(written, data):
    """Wherever it is: in a column, in the footer, in the magic, in the checksums of the catalog's own making."""
    directory, part = written
    place, bit = data.draw(st.integers(0, part.bytes - 1)), data.draw(st.integers(0, 7))
    flip(part.path, place, bit)
    try:
        assert not is_sound(CheckedParts(directory), part)
        with pytest.raises(CorruptionError):
            CheckedParts(directory).check(whole(part))
    finally:
        flip(part.path, place, bit)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_who_reads_some_columns_never_reads_a_flipped_bit_of_them(written, data):
    """Damage in what is wanted is found; damage far from it does not take the rest away."""
    directory, part = written
    names = [column.name for column in part.columns]
    wanted = data.draw(st.sets(st.sampled_from(names), min_size=1))
    groups = data.draw(st.sets(st.integers(0, len(part.row_groups) - 1), min_size=1))
    name, group = data.draw(st.sampled_from(names)), data.draw(st.integers(0, len(part.row_groups) - 1))
    start, end = _column(part, name, group)
    place = data.draw(st.integers(start, end - 1))
    read = PartRead(part, frozenset(wanted), tuple(sorted(groups)))
    flip(part.path, place)
    try:
        found = _fault_of(directory, read)
        if found is None:
            assert name not in wanted or group not in groups
        else:
            assert found.offset == place // _BLOCK * _BLOCK
    finally:
        flip(part.path, place)


def _fault_of(directory: PosixDirectory, read: PartRead) -> CorruptionError | None:
    try:
        CheckedParts(directory).check(read)
    except CorruptionError as error:
        return error
    return None


def test_what_one_query_has_checked_is_no_promise_for_what_it_has_not(tmp_path):
    """A second query that reads other columns finds damage there."""
    directory, part = _write(tmp_path)
    checked = CheckedParts(directory)
    checked.check(PartRead(part, frozenset({"time"}), (0,)))
    start, end = _column(part, "message", len(part.row_groups) - 1)
    flip(part.path, (start + end) // 2)
    checked.check(PartRead(part, frozenset({"time"}), (0,)))
    with pytest.raises(CorruptionError, match="are not those that were written"):
        checked.check(whole(part))


def test_a_longer_or_shorter_file_is_damaged(tmp_path):
    """Its length is told with what it should be."""
    directory, part = _write(tmp_path, 10)
    content = Path(part.path).read_bytes()
    for changed in (content[:-1], content + b"x", b""):
        Path(part.path).write_bytes(changed)
        with pytest.raises(CorruptionError, match=f"{len(changed):,} bytes, and had {part.bytes:,}"):
            CheckedParts(directory).check(whole(part))


def test_another_part_in_its_place_is_damaged(tmp_path):
    """Also one that is sound in itself."""
    directory, part = _write(tmp_path / "a")
    _, other = _write(tmp_path / "b", 2999)
    Path(part.path).write_bytes(Path(other.path).read_bytes())
    assert not is_sound(CheckedParts(directory), part)


def test_parts_without_checksums_are_served(tmp_path):
    """Of a part of an earlier version the length and both ends are checked, and no more can be."""
    directory, part = _write(tmp_path)
    older = replace(part, checksums=None)
    flip(part.path, part.bytes // 3)
    CheckedParts(directory).check(whole(older))
    assert is_sound(CheckedParts(directory), older)
    flip(part.path, 0)
    with pytest.raises(CorruptionError, match="does not begin and end as Parquet does"):
        CheckedParts(directory).check(whole(older))


def test_parts_that_are_gone_are_forgotten(written):
    """What is remembered does not grow with parts that have come and gone."""
    directory, part = written
    checked = CheckedParts(directory)
    checked.check(whole(part))
    checked.keep_only([])
    moved = Path(part.path).rename(f"{part.path}.away")
    try:
        with pytest.raises(MissingFileError):
            checked.check(whole(part))
    finally:
        moved.rename(part.path)


def test_the_checksums_are_those_of_the_file(written):
    """The part's rows are what Parquet readers see, and its checksums are of these very bytes."""
    directory, part = written
    assert pa.parquet.read_metadata(part.path).num_rows == part.rows
    assert sum(CheckedParts(directory).check_whole(part)) == part.bytes
