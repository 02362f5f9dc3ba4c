"""The files of an export."""

import hashlib
import itertools

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from logstore.app.export_files import ExportShape, export_directory, write_export, write_whole
from logstore.app.facts import Facts
from logstore.app.formats.parquet import ROW_GROUP_BYTES
from logstore.app.formats.registry import WRITERS
from logstore.errors import SettingsError, WorldError
from logstore.model.schema import Kind
from tests.logstore.app.formats.answers import answer


class Numbers:
    """An answer of rising numbers in batches of some sizes, then perhaps an error."""

    def __init__(self, sizes, error=None):
        self.shape, _ = answer(("n", Kind.INT, [1]))
        self._sizes, self._error = sizes, error

    def batches(self):
        """The rows."""
        numbers = itertools.count()
        for size in self._sizes:
            yield pa.RecordBatch.from_arrays([pa.array(list(itertools.islice(numbers, size)), pa.int64())], names=["n"])
        if self._error:
            raise self._error

    def facts(self):
        """How many."""
        return Facts(rows=sum(self._sizes))


class Onlooker:
    """Remembers what it saw."""

    def __init__(self):
        self.rows = self.bytes = self.files = 0

    def wrote(self, rows, total_bytes, files):
        """Some more."""
        self.rows += rows
        self.bytes, self.files = total_bytes, files


def shape(name="jsonl", *, compress=False, max_rows=None, max_bytes=2**30):
    """What files are like."""
    return ExportShape(WRITERS[name], f".{name}", compress, max_rows, max_bytes)


@given(
    st.lists(st.integers(0, 12), max_size=5),
    st.none() | st.integers(1, 9),
    st.integers(1, 60),
    st.booleans(),
    st.sampled_from(["jsonl", "csv", "parquet"]),
)
def test_files_together_are_the_answer(tmp_path_factory, sizes, max_rows, max_bytes, compress, name):
    """However it is cut: each row once, in order, no file above its rows, and each as it is told."""
    directory, onlooker = tmp_path_factory.mktemp("out"), Onlooker()
    wanted = shape(name, compress=compress, max_rows=max_rows, max_bytes=max_bytes)
    files = write_export(Numbers(sizes), directory, wanted, onlooker)
    assert [file.name for file in files] == sorted(path.name for path in directory.iterdir())
    found = []
    for file in files:
        content = (directory / file.name).read_bytes()
        assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        if compress:
            content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
        rows = rows_of(name, content)
        assert len(rows) == file.rows
        assert max_rows is None or len(rows) <= max_rows
        found += rows
    assert found == list(range(sum(sizes)))
    assert onlooker.rows == len(found)
    assert all(file.rows for file in files) or len(files) == 1


def rows_of(name, content):
    """The numbers in a file."""
    if name == "parquet":
        return pq.read_table(pa.BufferReader(content)).column(0).to_pylist()
    lines = content.decode().splitlines()[name == "csv" :]
    return [int(line.removeprefix('{"n":').removesuffix("}")) for line in lines]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), WorldError("gone"), ZeroDivisionError()])
@pytest.mark.parametrize("made", [True, False])
def test_what_fails_half_way_leaves_the_directory_as_it_was(tmp_path, error, made):
    """Whole files and the unfinished one are gone, whatever ended it; what was made for it too."""
    output = tmp_path / "a" / "b"
    if made:
        output.mkdir(parents=True)
    with pytest.raises(type(error)), export_directory(output):
        write_export(Numbers([5, 5], error), output, shape(max_rows=3), Onlooker())
    assert output.exists() == (tmp_path / "a").exists() == made
    assert not made or not list(output.iterdir())


def test_a_file_is_there_when_it_is_whole(tmp_path):
    """Until then it has another name, which no reader takes for one."""
    seen = []

    class Looking(Onlooker):
        def wrote(self, rows, total_bytes, files):
            super().wrote(rows, total_bytes, files)
            seen.append(sorted(path.name for path in tmp_path.iterdir()))

    write_export(Numbers([2, 1]), tmp_path, shape(max_rows=2), Looking())
    assert seen == [["000001.jsonl.tmp"], ["000001.jsonl", "000002.jsonl.tmp"]]


def test_what_the_disk_refuses_is_told(tmp_path):
    """With the directory's name; here the directory is away."""
    with pytest.raises(WorldError, match="away"):
        write_export(Numbers([1]), tmp_path / "away", shape(), Onlooker())
    with pytest.raises(WorldError, match="away"):
        write_whole(tmp_path / "away", "manifest.json", b"")
    (tmp_path / "file").write_text("")
    with pytest.raises(WorldError, match="cannot make directory"), export_directory(tmp_path / "file" / "below"):
        pass
    with pytest.raises(SettingsError, match="not a directory"), export_directory(tmp_path / "file"):
        pass


def test_large_rows_make_small_row_groups(tmp_path):
    """So that the rows that wait for theirs do not fill the memory."""
    columns, _ = answer(("t", Kind.TEXT, ["x"]))
    batch = pa.RecordBatch.from_arrays([pa.array(["x" * (ROW_GROUP_BYTES // 4)])], names=["t"])

    class Large(Numbers):
        def __init__(self):
            self.shape = columns

        def batches(self):
            """Ten large rows."""
            return iter([batch] * 10)

    (file,) = write_export(Large(), tmp_path, shape("parquet"), Onlooker())
    metadata = pq.read_metadata(tmp_path / file.name)
    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [4, 4, 2]
