"""Fixtures of the end-to-end tests."""

import pytest

from tests.end_to_end.processes import serving


@pytest.fixture
def server(tmp_path):
    """A fresh server of its own for a test."""
    with serving(tmp_path / "data") as running:
        yield running
