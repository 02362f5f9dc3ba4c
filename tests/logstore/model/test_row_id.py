"""Row ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstore.errors import CallerError
from logstore.model.row_id import RowId, parse_row_id
from logstore.model.timespan import MAX_NS, MIN_NS


@given(st.integers(MIN_NS, MAX_NS), st.integers(0, MAX_NS))
def test_an_id_is_read_back(time_ns, seq):
    """Of any event."""
    assert parse_row_id(str(RowId(time_ns, seq))) == RowId(time_ns, seq)


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.", ".1", "1.-1", "1.1.1", "a.1", "9223372036854775808.1", "1.9223372036854775808", "\u0661.1", " 1.1"],
)
def test_anything_else_is_refused(text):
    """With a word on where ids come from."""
    with pytest.raises(CallerError, match="not the id of a row"):
        parse_row_id(text)
