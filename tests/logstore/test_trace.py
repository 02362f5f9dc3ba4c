"""Tests of logstore.trace."""

import pytest

from logstore.trace import UNTRACED


def test_what_is_not_traced_goes_on_as_it_would():
    """Nothing is kept, and errors pass."""
    assert not UNTRACED.is_recorded
    with UNTRACED.span("a", rows=1) as outer, UNTRACED.span("b") as inner:
        outer.tell(rows=2)
        inner.tell(done=True)
    with pytest.raises(ZeroDivisionError), UNTRACED.span("c"):
        1 / 0  # noqa: B018 (it is to fail)
