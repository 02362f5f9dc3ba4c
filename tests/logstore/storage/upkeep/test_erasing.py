"""Taking deleted rows out of the files, a step at a time."""

from __future__ import annotations

import pytest

from logstore.model.timespan import TimeSpan
from logstore.storage.catalog.records import DeletionState
from logstore.storage.upkeep.deletions import RuleDeletion
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.lines import HOUR_NS, START_NS
from tests.logstore.storage.upkeep.workshop import Workshop


@pytest.fixture
def shop(tmp_path):
    """A store with a part."""
    workshop = Workshop(FaultyDirectory(tmp_path / "data"))
    workshop.open()
    # The store's own thread would do the same work at the same time.
    workshop.store._machinery.upkeep.close()
    workshop.send("abcabc")
    workshop.store.seal()
    yield workshop
    workshop.erasing.give_up()
    workshop.store.close()


def look_up(shop):
    """Finds the rows of deletions."""
    while shop.lookup.due_s() == 0:
        shop.lookup.work()


def erase(shop):
    """Goes on until the part under way is done; how many steps that took."""
    steps = 0
    while shop.erasing._job is not None:
        shop.erasing.work()
        steps += 1
    return steps


def part_of(shop):
    """The only part."""
    (part,) = shop.store._machinery.head.latest.parts
    return part


def rule_until(hours, older=None):
    """A rule's deletion of `a` up to a time."""
    return RuleDeletion("short", "a", TimeSpan(None, START_NS + hours * HOUR_NS), older)


def test_a_renewed_rule_does_not_end_a_rewrite(shop):
    """Rules are renewed all the time; a rewrite that takes longer than that comes to an end all the same."""
    deletions = shop.store._machinery.deletions
    first = deletions.make_rule(rule_until(1))
    look_up(shop)
    shop.erasing.work()
    second = deletions.make_rule(rule_until(2, first))
    look_up(shop)
    deletions.make_rule(rule_until(3, second))
    assert erase(shop) > 1
    assert part_of(shop).rows == 4
    assert shop.tags() == "bcbc"
    assert [one.record.gone for one in shop.store.deletions()] == [2]
    shop.check_catalog()


def test_what_is_undone_meanwhile_comes_back(shop):
    """The rewrite is given up, which is no failure, and what it has written goes."""
    number = shop.delete("a", at_once=True).number
    look_up(shop)
    shop.erasing.work()
    shop.store.undelete(number)
    assert erase(shop) > 1
    assert shop.tags() == "abcabc"
    assert len(shop.directory.files("parts")) == 2
    assert shop.erasing.due_s() is None
    shop.delete("a", at_once=True)
    shop.upkeep()
    assert (shop.tags(), part_of(shop).rows) == ("bcbc", 4)


def test_other_chores_come_between_steps(shop):
    """A deletion that is made during a rewrite is looked up before the rewrite ends, and not lost by it."""
    shop.delete("a", at_once=True)
    look_up(shop)
    shop.erasing.work()
    second = shop.delete("b").number
    shop.loop.work_off(1)
    assert {each.deletion for each in part_of(shop).deleted} == {1, second}
    shop.upkeep()
    assert (shop.tags(), part_of(shop).rows) == ("cc", 4)
    assert shop.states()[1] is DeletionState.DONE


def test_closing_gives_up_what_is_half_done(shop):
    """No file stays, and it is begun anew."""
    shop.delete("a", at_once=True)
    look_up(shop)
    before = shop.directory.files("parts")
    for _ in range(3):
        shop.erasing.work()
    shop.erasing.give_up()
    assert shop.directory.files("parts") == before
    assert shop.erasing.due_s() == 0
    shop.upkeep()
    assert part_of(shop).rows == 4
