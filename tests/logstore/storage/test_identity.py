"""What is a data directory, and what lies in one."""

from __future__ import annotations

import pytest

from logstore.errors import SettingsError
from logstore.storage.identity import refuse_inside
from tests.logstore.storage.test_store import opened


def test_places_in_a_data_directory_are_refused(tmp_path):
    """Itself, below it whether it is there or not, and by way of a link; not beside it and not above it."""
    data = tmp_path / "data"
    with opened(data):
        pass
    (tmp_path / "link").symlink_to(data / "parts")
    for inside in (data, data / "a" / "b", tmp_path / "other" / ".." / "data" / "parts", tmp_path / "link" / "x"):
        with pytest.raises(SettingsError, match="the data directory"):
            refuse_inside(inside)
    for outside in (tmp_path, tmp_path / "data2", tmp_path / "link" / ".." / ".." / "beside"):
        refuse_inside(outside)
