"""Whatever fails while events are deleted, erased, undeleted and let go: nothing comes back, nothing is lost.

A deletion of which it was said that it is made holds; one of which nothing is known holds or not, and says which.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from logstore.errors import CallerError, WorldError
from logstore.model.timespan import NS_PER_HOUR
from logstore.storage.catalog.records import DeletionState
from logstore.storage.upkeep.retention_plan import Rule, Terms
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory
from tests.logstore.storage.sender import kill
from tests.logstore.storage.test_crash_consistency import is_worth_trying
from tests.logstore.storage.upkeep.workshop import ERASE_AFTER_S, Workshop, visible

TAGS = "abcdef"
TERMS = {"default": Terms(max_age_ns=50 * NS_PER_HOUR, rules=(Rule("e", "e", 30 * NS_PER_HOUR),))}


class Expectations:
    """What must be there, what must not be, by tag; of other tags either is right.

    `first_call` is how many calls of the directory came before the first deletion.
    """

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self.first_call = 0
        self._is_deleted: dict[str, bool | None] = dict.fromkeys(TAGS, False)

    def delete(self, tag: str, *, at_once: bool = False) -> None:
        """Deletes the events of a tag, if it can be."""
        self._is_deleted[tag] = None
        self.first_call = self.first_call or len(self._shop.directory.calls)
        try:
            self._shop.delete(tag, at_once=at_once)
        except WorldError:
            return
        self._is_deleted[tag] = True

    def undelete(self, tag: str) -> None:
        """Undoes the deletion of a tag, if it can be."""
        try:
            number = next(one.number for one in self._shop.deletions() if one.search == tag)
            self._is_deleted[tag] = None
            undone = self._shop.store.undelete(number)
        except (WorldError, CallerError, StopIteration):
            return
        self._is_deleted[tag] = False if not undone.gone else None

    def give_up(self, tag: str) -> None:
        """From now on either is right."""
        self._is_deleted[tag] = None

    def check(self) -> None:
        """Each event is seen once or not at all, as it must be."""
        with self._shop.store.snapshot() as snapshot:
            seen = visible(snapshot)
        assert len(seen) == len(set(seen))
        wrong = [
            (seq, tag)
            for seq, (_, tag) in self._shop.events.items()
            if self._is_deleted[tag] is not None and ((seq, tag) in seen) == self._is_deleted[tag]
        ]
        assert wrong == []
        if not self._shop.store._machinery.deletions.is_owed and self._shop.directory.is_powered:
            self._shop.check_catalog()


def tried(step) -> None:
    """Does something that may fail."""
    try:
        step()
    except WorldError:
        return


def run_script(shop: Workshop) -> Expectations:
    """Deletions of all kinds, with everything that is done about them."""
    expected = Expectations(shop)
    shop.open()
    tried(lambda: shop.send("abcde"))
    tried(lambda: shop.send("abcdef", hour=1))
    tried(shop.store.seal)
    tried(lambda: shop.send("aabbf"))
    expected.delete("a")
    expected.delete("b", at_once=True)
    tried(shop.upkeep)
    expected.check()
    expected.delete("c")
    tried(shop.store.seal)
    shop.clock.move(2)
    tried(shop.upkeep)
    expected.undelete("c")
    expected.undelete("b")
    expected.check()
    shop.clock.move(ERASE_AFTER_S)
    tried(shop.upkeep)
    expected.check()
    expected.delete("d")
    for hours in (40, 40):
        # The first time the rule takes events, the second time all parts are too old.
        shop.clock.move(hours * 3600)
        expected.give_up("e")
        tried(shop.upkeep)
        expected.check()
        for tag in TAGS:
            expected.give_up(tag)
    return expected


@pytest.mark.parametrize("fault", list(Fault))
def test_every_single_fault(tmp_path: Path, fault: Fault):
    """For every n: the n-th call fails, and the script goes on; then the power fails, and the next start is right.

    Each call fails in every other way, those of even number in the others than those of odd number: it is quicker so.
    """
    sound = Workshop(FaultyDirectory(tmp_path / "sound"), TERMS)
    first_call = run_script(sound).first_call
    with sound.store.snapshot() as snapshot:
        assert snapshot.parts == ()
    sound.store.close()
    for number, call in enumerate(sound.directory.calls, 1):
        # What comes before the first deletion fails in other tests.
        is_turn = number % 2 == list(Fault).index(fault) % 2
        if number <= first_call or not is_turn or not is_worth_trying(fault, call):
            continue
        shop = Workshop(FaultyDirectory(tmp_path / str(number), seed=number, fail_at=number, fault=fault), TERMS)
        try:
            expected = run_script(shop)
            kill(shop.directory, shop.store)
            shop.directory = shop.directory.crash()
            shop.open()
            expected.check()
            shop.clock.move(100)
            shop.upkeep()
            expected.check()
            assert shop.store.recovery.is_clean
            shop.store.close()
        except BaseException as error:
            error.add_note(f"call {number}, {fault}: {call}")
            raise


@pytest.mark.parametrize("seed", range(12))
def test_random_lives(tmp_path: Path, seed: int):
    """Intake, deletions, undeletions, upkeep, seals, faults and power failures in any order."""
    life = Life(Workshop(FaultyDirectory(tmp_path / "data", seed)), Random(seed))
    actions = ["send", "send", "delete", "undelete", "upkeep", "upkeep", "seal", "fault", "move", "power"]
    for action in life.random.choices(actions, k=40):
        getattr(life, action)()
        life.expected.check()
    shop = life.shop
    shop.directory.fail_later(10**9, Fault.BEFORE)
    shop.store.seal()
    shop.clock.move(ERASE_AFTER_S + 100)
    for _ in range(3):
        shop.upkeep()
        shop.clock.move(40)
    life.expected.check()
    assert set(shop.states().values()) <= {DeletionState.DONE, DeletionState.UNDONE}
    shop.store.close()


class Life:
    """What can happen to a store. Each tag is deleted once, and not sent any more then."""

    def __init__(self, shop: Workshop, random: Random) -> None:
        shop.open()
        self.shop, self.random = shop, random
        self.expected = Expectations(shop)
        self._fresh = list(TAGS)

    def send(self) -> None:
        """Events of some tags."""
        if self._fresh:
            tags = "".join(self.random.choices(self._fresh, k=5))
            tried(lambda: self.shop.send(tags, self.random.randrange(3)))

    def delete(self) -> None:
        """A tag."""
        if self._fresh:
            self.expected.delete(self._fresh.pop(), at_once=self.random.random() < 0.4)

    def undelete(self) -> None:
        """A tag."""
        self.expected.undelete(self.random.choice(TAGS))

    def upkeep(self) -> None:
        """What is due."""
        tried(self.shop.upkeep)

    def seal(self) -> None:
        """What is in memory."""
        tried(self.shop.store.seal)

    def fault(self) -> None:
        """Some call soon."""
        self.shop.directory.fail_later(self.random.randrange(12), self.random.choice([*Fault][:3]))

    def move(self) -> None:
        """The time."""
        self.shop.clock.move(self.random.choice([1, 60, 4000]))

    def power(self) -> None:
        """It fails."""
        kill(self.shop.directory, self.shop.store)
        self.shop.directory = self.shop.directory.crash()
        self.shop.open()
