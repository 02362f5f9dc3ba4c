"""Reading a part's rows back."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.errors import CorruptionError
from logstore.model.batch import EventBatch
from logstore.model.merge import fold_rare_columns
from logstore.model.schema import Kind
from logstore.model.snapshot import Part
from logstore.storage.part.encode import PartShape, encode_part
from logstore.storage.part.footer import read_part
from logstore.storage.part.load import load_part, load_table
from tests.logstore.model.batches import make_batch, read_batch, row, with_dictionaries
from tests.logstore.model.values import VALUES_OF_ANY_KIND

SHAPE = PartShape(row_group_rows=3, sort_bucket_rows=5, compression_level=1, max_listed_tags=3)

FIELDS = ("a", "A", "a.b", "status", "message", "Time", "_more.key", "", "file_row_number")


def encoded(batch: EventBatch) -> tuple[pa.Buffer, Part]:
    """The file of a part with these events, and what is known of it."""
    content = encode_part(batch, 7, "default", SHAPE)
    return content, read_part(content, "p.parquet", content.size)


def batches(max_columns: int = 500):
    """Batches of any few events, of any fields and kinds, in any order of time."""
    fields = st.dictionaries(st.sampled_from(FIELDS), VALUES_OF_ANY_KIND, max_size=4)
    events = st.lists(
        st.tuples(st.integers(-(2**62), 2**62), st.sampled_from(["a", "b", ""]), fields), min_size=1, max_size=20
    )
    return events.map(
        lambda rows: make_batch(
            [row(seq * 3, time, tag) | _fit(found) for seq, (time, tag, found) in enumerate(rows)], max_columns
        )
    )


def _fit(fields: dict[str, tuple[Kind, object]]) -> dict[str, tuple[Kind, object]]:
    """Only texts in the field whose column is one of texts."""
    return {name: value for name, value in fields.items() if name != "message" or value[0] is Kind.TEXT}


@settings(max_examples=60)
@given(batches() | batches(max_columns=7), st.booleans())
def test_rows_come_back_as_they_were(batch, dictionaries):
    """Whatever the events, encoding and loading gives the same rows, columns and spans."""
    if dictionaries:
        batch = with_dictionaries(batch, batch.table.column_names)
    content, part = encoded(batch)
    loaded = load_part(content, part)
    assert read_batch(loaded) == read_batch(batch)
    assert loaded.columns == fold_rare_columns(batch).columns
    assert loaded.has_more == part.has_more


@settings(max_examples=20)
@given(batches())
def test_row_groups_and_columns_can_be_chosen(batch):
    """Chosen row groups have their rows of the file, chosen columns are those, with `time` and `_seq`."""
    content, part = encoded(batch)
    whole = load_table(content, part)
    last = part.row_groups[-1]
    some = load_table(memoryview(content), part, ["tag", part.columns[-1].name], [len(part.row_groups) - 1])
    assert some.equals(whole.select(some.column_names).slice(last.first_row).cast(some.schema))
    assert {"time", "_seq", "tag", part.columns[-1].name} == set(some.column_names)
    assert load_part(content, part, [], [0]).rows == part.row_groups[0].rows


def test_files_are_read_by_path(tmp_path):
    """A path does as well as the content."""
    batch = make_batch([row(1, 5), row(2, 4)])
    content, part = encoded(batch)
    path = tmp_path / "p.parquet"
    path.write_bytes(content)
    assert load_part(str(path), part).table.equals(load_part(content, part).table)


def test_texts_that_repeat_come_with_their_dictionary():
    """What was written with a dictionary is read with it; ever new texts are not."""
    rows = [row(n, n, "tag", host=(Kind.TEXT, "h"), id=(Kind.TEXT, str(n))) for n in range(20)]
    content, part = encoded(make_batch(rows))
    types = {field.name: field.type for field in load_part(content, part).table.schema}
    assert pa.types.is_dictionary(types["host"])
    assert types["id"] == pa.string()


def test_damaged_files_are_told():
    """A file that is cut, or that lacks a column, is corrupt, by its path."""
    content, part = encoded(make_batch([row(1, 5)]))
    with pytest.raises(CorruptionError, match=r"p\.parquet"):
        load_part(content.slice(0, content.size - 9), part)
    other, _ = encoded(make_batch([row(1, 5)]))
    _, wider = encoded(make_batch([row(1, 5, extra=(Kind.INT, 3))]))
    with pytest.raises(CorruptionError, match=r"p\.parquet"):
        load_part(other, wider)
