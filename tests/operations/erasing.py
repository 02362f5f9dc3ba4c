"""Operations of deletion: deleting, undoing, and what time lets go of."""

from __future__ import annotations

from random import Random

from logstore.errors import CallerError, StorageError
from logstore.model.timespan import TimeSpan
from logstore.storage.catalog.records import DeletionState
from logstore.storage.upkeep.deletions import DeletionOrder
from query.lang.lasting import lasting
from tests.logstore.storage.faulty_directory import Fault
from tests.operations.model import draw_search, draw_window
from tests.operations.world import RETAINED_NS, World


def delete(world: World, random: Random) -> None:
    """Somebody deletes events; when the disk refuses that, the list of deletions tells whether it was done."""
    search, window = draw_search(random), draw_window(random)
    known = {status.record.deletion.number for status in world.store.deletions()}
    order = DeletionOrder(lasting(search.text, world.clock.now_ns()), window, "a test", random.random() < 0.4)
    fails = random.random() < 0.15
    if fails:
        world.directory.fail_later(random.randrange(3), random.choice(list(Fault)[:3]))
    try:
        world.store.delete(order)
    except StorageError:
        assert fails
    finally:
        world.directory._fail_at = 0
    made = [status.record.deletion for status in world.store.deletions() if status.record.deletion.number not in known]
    assert fails or len(made) == 1
    for deletion in made:
        world.model.erase(deletion.number, search, window)


def undelete(world: World, random: Random) -> None:
    """Somebody undoes a deletion: its events are back, but for those whose time was over."""
    if not world.model.erasures:
        return
    number = random.choice(sorted(world.model.erasures))
    (record,) = (one.record for one in world.store.deletions() if one.record.deletion.number == number)
    try:
        world.store.undelete(number)
    except CallerError:
        assert record.state is DeletionState.DONE
        world.model.gone |= world.model.erasures.pop(number).numbers
        return
    assert record.state is DeletionState.ACTIVE
    erasure = world.model.erasures.pop(number)
    if record.deletion.erase_ns <= world.clock.now_ns():
        world.model.may_be_gone |= erasure.numbers
    world.adopt_losses(world.model.may_be_gone | _too_old(world))


def statuses(world: World, _random: Random) -> None:
    """The list of deletions has each that was made, as it stands."""
    told = {one.record.deletion.number: one for one in world.store.deletions()}
    for number in world.model.erasures:
        assert told[number].record.state in {DeletionState.ACTIVE, DeletionState.DONE}
    for one in told.values():
        if one.record.state is DeletionState.DONE:
            assert one.pending_parts == 0


def expire(world: World) -> None:
    """Events that are older than they may be can be gone by now; the others cannot."""
    old = _too_old(world)
    if old - world.model.gone:
        world.adopt_losses(old, TimeSpan(None, _cutoff_ns(world)))


def _too_old(world: World) -> set[int]:
    return {event.number for event in world.model.events.values() if event.time_ns < _cutoff_ns(world)}


def _cutoff_ns(world: World) -> int:
    return world.clock.now_ns() - RETAINED_NS
