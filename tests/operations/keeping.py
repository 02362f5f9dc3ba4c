"""Operations of those who keep the data: verifying it, and moving it by a backup."""

from __future__ import annotations

from random import Random

from logstore.storage.backup.local import LocalTarget
from logstore.storage.backup.restore import restore_directory
from logstore.storage.backup.shelf import BackupShelf
from logstore.storage.backup.take import take_backup
from logstore.storage.directory import PosixDirectory
from logstore.storage.progress import Unwatched
from logstore.storage.verify.survey import Survey
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.operations.world import World


def verify(world: World, random: Random) -> None:
    """Somebody looks for damage while the server runs, and there is none."""
    survey = Survey(world.directory, world.clock, Unwatched(), is_deep=random.random() < 0.3)
    faults = list(survey.faults())
    assert not faults, faults


def move(world: World, random: Random) -> None:
    """A backup is made while the server runs; sometimes the data is lost then, and it goes on with the backup."""
    with world.store.snapshot():
        pass
    target = LocalTarget(PosixDirectory(world.path / "backup"))
    taken = take_backup(world.directory, target, world.clock, Unwatched())
    shelf = BackupShelf(target)
    assert not list(shelf.check([taken.manifest.ident], Unwatched()))
    if random.random() < 0.5:
        return
    world.close()
    place = world.path / f"moved-{len(list(world.path.iterdir()))}"
    restore_directory(shelf, shelf.choose(None), PosixDirectory(place), Unwatched())
    world.directory = FaultyDirectory(place, random.randrange(2**32))
    world.open()
    assert world.store.recovery.is_clean, world.store.recovery
