"""Reading parts for upkeep."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from logstore.errors import StorageError
from logstore.model.snapshot import Part
from logstore.storage.upkeep.part_access import CheckedAccess

PART = Part("/p", 1, 1, 1, 0, 1, 1, 1, (), has_more=False, tags=None, row_groups=())


def test_what_cannot_be_read_is_not_called_damaged_for_good():
    """The file that is here may be bad, and a good copy be out of reach for now."""
    with pytest.raises(StorageError, match="/p cannot be read now: its file is damaged or missing"):
        CheckedAccess(lambda _: nullcontext(), lambda _: False).holding([PART]).__enter__()
    with CheckedAccess(lambda _: nullcontext(), lambda _: True).holding([PART]):
        pass
