"""What is done with parts afterwards is done with those of the first format too."""

from contextlib import closing, contextmanager

import pytest

from ingest.decode.choice import choose_decoder
from ingest.decode.settings import DecodeSettings
from logstore.app.decoding import decoding
from logstore.app.row_finder import EngineRowFinder
from logstore.model.timespan import EVERYTHING
from logstore.storage.directory import PosixDirectory
from logstore.storage.settings import CompactionSettings, StorageSettings
from logstore.storage.store import Store
from logstore.storage.upkeep.deletions import DeletionOrder
from tests.data.kept import Kept, asking, bag

KEPT = Kept("first-format")
SETTINGS = StorageSettings(
    seal_age_s=1e9, removal_grace_s=0.0, compaction=CompactionSettings(part_rows=400, day_rows=20, settle_s=0.0)
)


@pytest.fixture
def data(tmp_path):
    """The directory, as its server was killed."""
    path = tmp_path / "data"
    KEPT.unpack(path)
    return path


@contextmanager
def kept_up(path):
    """A store whose upkeep is done by the test alone."""
    with closing(EngineRowFinder(KEPT.clock, None)) as finder:
        decodes = decoding(DecodeSettings(), choose_decoder())
        store = Store.open(PosixDirectory(path), decodes, SETTINGS, KEPT.clock, finder)
        upkeep = store._machinery.upkeep
        upkeep.close()
        upkeep._closing = False
        try:
            yield store
        finally:
            store.close()


def test_its_parts_are_merged(data):
    """Few parts are left, with every event and every field, after a restart too."""
    rows = bag(KEPT.told("events"))
    with kept_up(data) as store:
        store.seal()
        with store.snapshot() as snapshot:
            before = len(snapshot.parts)
        store._machinery.upkeep.work_off()
        with store.snapshot() as snapshot:
            assert len(snapshot.parts) < before
            assert any(part.level for part in snapshot.parts)
        with asking(store, KEPT.clock) as ask:
            assert bag(ask("*")) == rows
    with kept_up(data) as store, asking(store, KEPT.clock) as ask:
        assert bag(ask("*")) == rows


def test_its_events_are_deleted(data):
    """Those that a search names, from answers at once and from the files in time; the others stay."""
    left = bag(row for row in KEPT.told("events") if row["tag"] != "app.rare")
    with kept_up(data) as store:
        store.delete(DeletionOrder("tag:app.rare", EVERYTHING, "a test", erase_at_once=True))
        with asking(store, KEPT.clock) as ask:
            assert bag(ask("*")) == left
            store.seal()
            store._machinery.upkeep.work_off()
            assert bag(ask("*")) == left
        with store.snapshot() as snapshot:
            assert snapshot.rows == left.total()
            assert not snapshot.deletions
    with kept_up(data) as store, asking(store, KEPT.clock) as ask:
        assert bag(ask("*")) == left
