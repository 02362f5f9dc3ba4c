"""Deletions: made, looked up, erased, undone."""

from __future__ import annotations

import pytest

from logstore.errors import CallerError, StorageError
from logstore.model.timespan import TimeSpan
from logstore.storage.catalog.records import DeletionState
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.lines import HOUR_NS, START_NS
from tests.logstore.storage.upkeep.workshop import ERASE_AFTER_S, Workshop


@pytest.fixture
def shop(tmp_path):
    """A store with some events in parts and some in memory."""
    workshop = Workshop(FaultyDirectory(tmp_path / "data"))
    workshop.open()
    workshop.send("abca")
    workshop.store.seal()
    workshop.send("abc")
    yield workshop
    workshop.store.close()


def test_what_is_deleted_is_gone_at_once_and_for_good_in_time(shop):
    """At once for whoever looks; by row numbers once it is looked up; from the files when its time has come."""
    shop.delete("a")
    assert shop.tags() == "bcbc"
    shop.send("a")
    assert shop.tags() == "bcbca", "what comes later is not deleted"
    shop.upkeep()
    with shop.store.snapshot() as snapshot:
        assert [found.count for part in snapshot.parts for found in part.deleted] == [2]
        assert snapshot.rows == 8
    assert shop.tags() == "bcbca"
    shop.store.seal()
    shop.clock.move(ERASE_AFTER_S)
    shop.upkeep()
    assert shop.tags() == "bcbca"
    assert shop.states() == {1: DeletionState.DONE}
    assert shop.store.deletions()[0].record.gone == 3
    with shop.store.snapshot() as snapshot:
        assert snapshot.rows == 5
        assert not snapshot.deletions
    shop.check_catalog()


def test_undone_events_are_back(shop):
    """Before and after they were looked up; a second undoing is refused."""
    for is_looked_up in (False, True):
        number = shop.delete("a").number
        if is_looked_up:
            shop.upkeep()
        assert shop.tags() == "bcbc"
        assert shop.store.undelete(number).gone == 0
        assert shop.tags() == "abcaabc"
        shop.check_catalog()
        with pytest.raises(CallerError, match="undone already"):
            shop.store.undelete(number)
    with pytest.raises(CallerError, match="no deletion 99"):
        shop.store.undelete(99)


def test_undoing_tells_what_is_gone_for_good(shop):
    """Of what was in parts already erased nothing comes back; the rest does."""
    shop.delete("a", at_once=True)
    shop.upkeep()
    assert shop.states() == {1: DeletionState.ACTIVE}, "some of it is still in memory"
    undone = shop.store.undelete(1)
    assert (undone.restored, undone.gone) == (0, 2)
    assert shop.tags() == "bcabc"


def test_done_deletions_cannot_be_undone(shop):
    """All of it is gone."""
    shop.delete("*", at_once=True)
    shop.store.seal()
    shop.upkeep()
    shop.clock.move(40)
    shop.upkeep()
    with pytest.raises(CallerError, match="7 rows are gone for good"):
        shop.store.undelete(1)
    with shop.store.snapshot() as snapshot:
        assert snapshot.parts == ()


def test_windows_are_half_open_and_sequence_numbers_bound(shop):
    """Only events of the window go."""
    shop.send("aa", hour=1)
    shop.delete("a", TimeSpan(START_NS + 1, START_NS + HOUR_NS + 1))
    assert shop.tags() == "abcabca"
    shop.upkeep()
    assert shop.tags() == "abcabca"
    shop.store.seal()
    shop.upkeep()
    assert shop.tags() == "abcabca"


def test_rows_of_two_deletions_come_back_only_with_both(shop):
    """What two deletions cover stays deleted until both are undone."""
    shop.store.seal()
    first, second = shop.delete("a").number, shop.delete("*").number
    shop.upkeep()
    assert shop.tags() == ""
    shop.store.undelete(second)
    assert shop.tags() == "bcbc"
    shop.store.undelete(first)
    assert shop.tags() == "abcaabc"


def test_deletions_survive_a_restart(shop):
    """Active ones, what was looked up, and what is told of those that ended."""
    shop.delete("a")
    shop.upkeep()
    shop.store.undelete(shop.delete("b").number)
    shop.store.close()
    shop.open()
    assert shop.tags() == "bcbc"
    assert shop.states() == {1: DeletionState.ACTIVE, 2: DeletionState.UNDONE}
    shop.check_catalog()
    shop.upkeep()
    assert shop.tags() == "bcbc"


def test_readers_that_were_there_before_see_what_they_saw(shop):
    """A snapshot does not change, and its files stay."""
    shop.store.seal()
    with shop.store.snapshot() as before:
        shop.delete("a", at_once=True)
        shop.upkeep()
        assert before.deletions == ()
        assert sum(part.rows for part in before.parts) == 7
        assert all(
            shop.directory.exists(part.path[len(shop.directory.path("")) :].lstrip("/")) for part in before.parts
        )
        assert shop.states() == {1: DeletionState.ACTIVE}, "a file still holds them"
    shop.clock.move(40)
    shop.upkeep()
    assert shop.states() == {1: DeletionState.DONE}


def test_a_part_that_cannot_be_looked_up_holds_nothing_else_up(shop):
    """The others are looked up; it is told, tried again, and tested by queries until then."""
    shop.send("aaa", hour=1)
    shop.store.seal()
    find = shop.lookup._finder.find
    broken = min(part.path for part in shop.store._machinery.head.latest.parts)

    def fail(part, deletion):
        if part.path == broken:
            raise StorageError("the disk says no")
        return find(part, deletion)

    shop.lookup._finder.find = fail
    shop.delete("a")
    shop.upkeep()
    assert shop.store.deletions()[0].pending_parts == 1
    assert "disk says no" in shop.loop.counters["deletion lookup"].last_error
    assert shop.tags() == "bcbc"
    shop.lookup._finder.find = find
    shop.clock.move(5)
    shop.upkeep()
    assert shop.store.deletions()[0].pending_parts == 0
    assert shop.tags() == "bcbc"


def test_too_many_deletions_are_refused(shop, monkeypatch):
    """Each costs every query something."""
    monkeypatch.setattr("logstore.storage.upkeep.deletions.MOST_ACTIVE", 2)
    shop.delete("a")
    shop.delete("b")
    with pytest.raises(CallerError, match="2 deletions are active already"):
        shop.delete("c")
