"""Tests of batches and snapshots as values."""

from logstore.model.batch import DecodedEntries
from logstore.model.merge import empty_batch
from logstore.model.schema import FIXED_COLUMNS, Kind
from logstore.model.snapshot import Part, Snapshot
from tests.logstore.model.batches import make_batch, row


def test_a_batch_knows_its_size():
    """Rows, bytes, and whether fields stand in `_more`."""
    rows = [row(1, 5, a=(Kind.INT, 1)), row(2, 3, b=(Kind.INT, 1))]
    batch = make_batch(rows)
    assert (batch.rows, batch.has_more) == (2, False)
    assert batch.nbytes > 2 * 8 * 2
    assert (batch.time_min_ns, batch.time_max_ns, batch.seq_min, batch.seq_max) == (3, 5, 1, 2)
    assert make_batch(rows, max_columns=6).has_more


def test_nothing_decoded():
    """Rejections and changes are empty unless given."""
    decoded = DecodedEntries(empty_batch())
    assert (list(decoded.rejections), decoded.changes) == ([], {})


def test_a_snapshot_counts_files_and_batches():
    """Each event is in one of them."""
    part = Part("/p", 1, 7, 100, 0, 1, 1, 7, FIXED_COLUMNS, has_more=False, tags=None, row_groups=())
    assert Snapshot(9).rows == 0
    assert Snapshot(9, (part, part), (make_batch([row(8)]),)).rows == 15
