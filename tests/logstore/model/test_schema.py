"""Tests of the naming of columns."""

from hypothesis import given
from hypothesis import strategies as st

from logstore.model.schema import RESERVED_COLUMNS, Column, Kind, columns_of, fold, name_columns

WANTED = st.lists(
    st.tuples(
        st.sampled_from(["a", "A", "a~2", "a#int", "", "time", "TIME", "filename", "ß", "ss"]) | st.text(max_size=3),
        st.sampled_from(Kind),
        st.integers(0, 5),
    ),
    unique_by=lambda row: row[:2],
)


def names(*wanted):
    """The names given."""
    return [column.name for column in name_columns(wanted)]


@given(WANTED)
def test_names_are_fit_for_any_engine(wanted):
    """One column for each, in order; never empty, reserved, or equal ignoring case."""
    columns = name_columns(wanted)
    assert [(column.field, column.kind) for column in columns] == [row[:2] for row in wanted]
    folded = [fold(column.name) for column in columns]
    assert len(set(folded)) == len(folded)
    assert not set(folded) & {"", *map(fold, RESERVED_COLUMNS)}


def test_the_commonest_kind_has_the_plain_name():
    """The first of equals; the others carry their kind."""
    assert names(("a", Kind.INT, 1), ("a", Kind.TEXT, 2)) == ["a#int", "a"]
    assert names(("a", Kind.INT, 2), ("a", Kind.TEXT, 2)) == ["a", "a#text"]


def test_names_that_collide_are_numbered():
    """The first field keeps its name."""
    assert names(("a", Kind.INT, 1), ("A", Kind.INT, 9), ("a~2", Kind.INT, 1)) == ["a", "A~2", "a~2~2"]
    assert names(("", Kind.INT, 1), ("file_row_number", Kind.INT, 1)) == ["~2", "file_row_number~2"]
    assert names(("_PID", Kind.INT, 1), ("_SEQ", Kind.INT, 1)) == ["_PID", "_SEQ~2"]


def test_the_columns_of_a_field():
    """By the map, never by name."""
    columns = (Column("x", "a", Kind.INT), Column("a", "b", Kind.INT), Column("y", "a", Kind.TEXT))
    assert columns_of(columns, "a") == (columns[0], columns[2])
    assert columns_of(columns, "y") == ()
