"""Tests of logstore.app.formats.csv."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from logstore.app.formats.csv import CsvWriter
from logstore.model.schema import Kind
from tests.logstore.app.formats.answers import answer, events, written


def test_fields_of_several_kinds_share_a_column():
    """One column for each field, `_more` as one JSON object."""
    shape, batch = events()
    rows = list(csv.reader(io.StringIO(written(CsvWriter(), shape, batch).decode(), newline="")))
    assert rows[0] == ["time", "level", "tag", "message", "status", "big", "took", "list", "_more"]
    assert rows[1][4:] == [
        "200",
        "18446744073709551615",
        "5.0",
        "[1,NaN,123456789012345678901]",
        '{"rare":"x","inf":"-Infinity"}',
    ]
    assert rows[2][1:] == ["", "t", "plain", "4 2", "", "NaN", "", ""]


def test_empty_text_is_told_from_a_missing_value():
    """Empty text is quoted, a missing value is nothing."""
    shape, batch = answer(("a", Kind.TEXT, ["", None]), ("b", Kind.INT, [1, 2]))
    assert written(CsvWriter(), shape, batch) == b'a,b\n"",1\n,2\n'


@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_any_text_reads_back_the_same(values):
    """Quoting is right for every text that the reader can hold."""
    shape, batch = answer(("x", Kind.TEXT, values), ("y", Kind.TEXT, values))
    rows = list(csv.reader(io.StringIO(written(CsvWriter(), shape, batch).decode(), newline="")))
    assert rows == [["x", "y"], *([value, value] for value in values)]
