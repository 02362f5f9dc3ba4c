"""Whatever fails while backups are made, restored and removed, and whenever the power goes: all others stay whole.

A process that is killed leaves what it wrote; what it did not sync is lost at the next power failure, which comes here
after somebody else has gone on with what was left.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pytest

from logstore.errors import CorruptionError, WorldError
from logstore.model.timespan import EVERYTHING
from logstore.storage import identity
from logstore.storage.backup.local import LocalTarget
from logstore.storage.backup.manifest import Manifest
from logstore.storage.backup.restore import restore_directory, restore_parts
from logstore.storage.backup.shelf import BackupShelf
from logstore.storage.backup.take import take_backup
from logstore.storage.directory import PosixDirectory
from logstore.storage.layout import RESTORING_FILE
from logstore.storage.progress import Unwatched
from logstore.storage.upkeep.deletions import DeletionOrder
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.sender import Sender, kill, open_store
from tests.logstore.storage.test_crash_consistency import is_worth_trying
from tests.logstore.storage.verify.damage import flip, whole


class Way(Enum):
    """How one call fails, and what comes after."""

    BEFORE = Fault.BEFORE
    AFTER = Fault.AFTER
    SHORT = Fault.SHORT
    CRASH = Fault.CRASH
    KILL = "kill"
    """Like CRASH, but the power does not fail yet: somebody else goes on first."""

    @property
    def fault(self) -> Fault:
        """How the call fails."""
        return Fault.CRASH if self is Way.KILL else Fault(self.value)


WAYS = list(Way)


@dataclass(frozen=True)
class Scene:
    """What every case begins with: copies of a data directory whose server was killed, and of a place with backups.

    Attributes:
        path: where both are.
        sender: knows the events of the data directory, and some of which nobody knows whether they are in it.
        older: the backups that there are, oldest first.
        contents: what restoring each of them gives, by its identifier, and of one that is made now, as `""`.
    """

    path: Path
    sender: Sender
    older: tuple[Manifest, ...]
    contents: dict[str, dict[str, str]]

    def copy(self, which: str, path: Path, seed: int = 0) -> FaultyDirectory:
        """The data directory or the place, for one case."""
        shutil.copytree(self.path / which, path)
        return FaultyDirectory(path, seed)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Two backups, a part and a deletion after them, and chunks in the log."""
    path = tmp_path_factory.mktemp("scene")
    directory, place = FaultyDirectory(path / "data"), FaultyDirectory(path / "place")
    store, sender, clock = open_store(directory), Sender(), ManualClock()
    older = []
    for _ in range(2):
        sender.send(store, 3)
        store.seal()
        sender.send(store, 1)
        clock.move(60)
        older.append(take(directory, place, clock).manifest)
    store.delete(DeletionOrder("nothing", EVERYTHING, "a test"))
    sender.send(store, 1)
    store.seal()
    sender.send(store, 1)
    kill(directory, store)
    shutil.copytree(path / "place", path / "sound")
    now = take(PosixDirectory(path / "data"), PosixDirectory(path / "sound"), clock).manifest
    contents = {one.ident: restored(path / "sound", one.ident, path / one.ident) for one in (*older, now)}
    store = open_store(FaultyDirectory(path / now.ident))
    with store.snapshot() as snapshot:
        sender.check(snapshot)
        assert len(snapshot.deletions) == 1
    assert store.recovery.is_clean
    store.close()
    for name in ("sound", *contents):
        shutil.rmtree(path / name)
    return Scene(path, sender, tuple(older), {**contents, "": contents[now.ident]})


def take(directory, place, clock: ManualClock | None = None):
    """A backup; those of the cases are newer than those of the scene."""
    if clock is None:
        clock = ManualClock()
        clock.move(3600)
    return take_backup(directory, LocalTarget(place), clock, Unwatched())


def restored(place: Path, ident: str, path: Path) -> dict[str, str]:
    """What is in a directory into which a backup is restored."""
    shelf = BackupShelf(LocalTarget(PosixDirectory(place)))
    restore_directory(shelf, shelf.choose(ident), FaultyDirectory(path), Unwatched())
    return content(path)


def content(path: Path) -> dict[str, str]:
    """The files of a directory with their SHA-256."""
    files = [file for file in path.rglob("*") if file.is_file() and file.name != "lock"]
    return {file.relative_to(path).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def cases(calls: list[str], way: Way) -> Iterator[tuple[int, str]]:
    """The calls that fail in this way, with how many come before each.

    Power failures and kills come everywhere. A call fails before or after it happened, every other one: it is quicker.
    """
    for number, call in enumerate(calls):
        is_turn = way not in {Way.BEFORE, Way.AFTER} or number % 2 == WAYS.index(way)
        if way in {Way.CRASH, Way.KILL} or (is_turn and is_worth_trying(way.fault, call)):
            yield number, call


@contextlib.contextmanager
def told(number: int, call: str, way: Way) -> Iterator[None]:
    """Says which case failed."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"call {number}, {way}: {call}")
        raise


def after(directory: FaultyDirectory, way: Way) -> FaultyDirectory:
    """The directory as whoever comes next finds it."""
    directory.die()
    if way is Way.KILL:
        directory.revive()
        return directory
    return directory.crash()


def check_backups(place: FaultyDirectory, scene: Scene) -> list[str]:
    """The older backups are there and whole, and so is any other one that is listed; their identifiers.

    A restore brings the files that a list names, by their content: other tests see to that.
    """
    shelf = BackupShelf(LocalTarget(place))
    idents = shelf.idents()
    assert idents[:2] == [one.ident for one in scene.older]
    assert list(shelf.check(idents, Unwatched())) == []
    for ident in idents:
        files = {file.name: file.sha256 for file in shelf.read(ident).files}
        assert files == scene.contents.get(ident, scene.contents[""])
    return idents


def check_store(data: FaultyDirectory, scene: Scene) -> None:
    """It has the events that it had."""
    store = open_store(data)
    with store.snapshot() as snapshot:
        scene.sender.check(snapshot)
        assert len(snapshot.deletions) == 1
    assert store.recovery.is_clean
    store.close()


@pytest.mark.parametrize("way", WAYS)
def test_every_single_fault_of_the_place_of_a_backup(scene: Scene, tmp_path: Path, way: Way):
    """For every n: the n-th call fails there; older backups are whole, the new one is or is none, and the next is."""
    data = PosixDirectory(scene.path / "data")
    sound = scene.copy("place", tmp_path / "sound")
    take(data, sound)
    assert len(sound.calls) > 60
    for number, call in cases(sound.calls, way):
        with told(number, call, way):
            place = scene.copy("place", tmp_path / str(number), number)
            place.fail_later(number, way.fault)
            with contextlib.suppress(WorldError):
                take(data, place)
            place = after(place, way)
            if way is not Way.KILL:
                check_backups(place, scene)
            take(data, place)
            assert len(check_backups(place.crash(), scene)) >= 3
            shutil.rmtree(tmp_path / str(number))


@pytest.mark.parametrize("way", WAYS)
def test_every_single_fault_of_the_directory_that_is_backed_up(scene: Scene, tmp_path: Path, way: Way):
    """For every n: the n-th call fails; the store has what it had, and the next backup is whole."""
    before = content(scene.path / "data")
    sound = scene.copy("data", tmp_path / "sound")
    take(sound, scene.copy("place", tmp_path / "place"))
    assert len(sound.calls) > 20
    for number, call in cases(sound.calls, way):
        with told(number, call, way):
            path = tmp_path / str(number)
            data, place = scene.copy("data", path, number), scene.copy("place", tmp_path / f"{number}-place")
            data.fail_later(number, way.fault)
            with contextlib.suppress(WorldError):
                take(data, place)
            assert content(path).items() >= before.items()
            data = after(data, way)
            take(data, place)
            assert len(check_backups(place, scene)) >= 3
            if way is Way.CRASH:
                check_store(data.crash(), scene)
            shutil.rmtree(path)


@pytest.mark.parametrize("way", WAYS)
def test_every_single_fault_of_a_restore(scene: Scene, tmp_path: Path, way: Way):
    """For every n: the n-th call fails; what is there is all of it or is refused, and the same restore goes on."""
    shelf = BackupShelf(LocalTarget(PosixDirectory(scene.path / "place")))
    manifest = scene.older[-1]
    whole_content = scene.contents[manifest.ident]
    sound = FaultyDirectory(tmp_path / "sound")
    restore_directory(shelf, manifest, sound, Unwatched())
    assert len(sound.calls) > 60
    for number, call in cases(sound.calls, way):
        with told(number, call, way):
            path = tmp_path / str(number)
            directory = FaultyDirectory(path, number)
            directory.fail_later(number, way.fault)
            with contextlib.suppress(WorldError):
                restore_directory(shelf, manifest, directory, Unwatched())
            directory = after(directory, way)
            if is_refused(directory) or not is_begun(path):
                restore_directory(shelf, manifest, directory, Unwatched())
            directory.crash()
            assert not is_refused(directory)
            assert content(path) == whole_content
            shutil.rmtree(path)


def is_begun(path: Path) -> bool:
    """Whether there is any file of a store."""
    return bool(content(path).keys() - {f"{RESTORING_FILE}.tmp"})


def is_refused(directory: FaultyDirectory) -> bool:
    """Whether no server would start on this directory."""
    try:
        identity.check_restored(directory)
    except CorruptionError:
        return True
    return False


@pytest.mark.parametrize("way", WAYS)
def test_every_single_fault_of_a_removal(scene: Scene, tmp_path: Path, way: Way):
    """For every n: the n-th call fails while the oldest backup goes; the newest is whole, and in the end alone."""
    sound = scene.copy("place", tmp_path / "sound")
    remove_oldest(sound)
    assert len(sound.calls) > 20
    newest = scene.older[-1].ident
    for number, call in cases(sound.calls, way):
        with told(number, call, way):
            path = tmp_path / str(number)
            place = scene.copy("place", path, number)
            place.fail_later(number, way.fault)
            with contextlib.suppress(WorldError):
                remove_oldest(place)
            place = after(place, way)
            remove_oldest(place)
            shelf = BackupShelf(LocalTarget(place.crash()))
            assert shelf.idents() == [newest]
            assert list(shelf.check([newest], Unwatched())) == []
            shutil.rmtree(path)


@pytest.mark.parametrize("way", WAYS)
def test_every_single_fault_of_the_return_of_a_part(scene: Scene, tmp_path: Path, way: Way):
    """For every n: the n-th call fails while a damaged part is brought back; it is there whole or not, and comes."""
    directory = scene.copy("data", tmp_path / "damaged")
    store = open_store(directory)
    with store.snapshot() as snapshot:
        part = snapshot.parts[0]
    sound = Path(part.path).read_bytes()
    flip(part.path, part.bytes // 2)
    assert store.unfit([whole(part)]) == [part]
    store._machinery.unsound.work()
    kill(directory, store)
    assert not Path(part.path).exists()
    shelf = BackupShelf(LocalTarget(PosixDirectory(scene.path / "place")))
    cleared = shutil.copytree(tmp_path / "damaged", tmp_path / "sound")
    name = Path(part.path).relative_to(tmp_path / "damaged")
    calls = FaultyDirectory(cleared)
    assert restore_parts(shelf, calls, ManualClock(), None, Unwatched()).parts == (str(name),)
    for number, call in cases(calls.calls, way):
        with told(number, call, way):
            path = shutil.copytree(tmp_path / "damaged", tmp_path / str(number))
            directory = FaultyDirectory(path, number)
            directory.fail_later(number, way.fault)
            with contextlib.suppress(WorldError):
                restore_parts(shelf, directory, ManualClock(), None, Unwatched())
            directory = after(directory, way)
            assert not (path / name).exists() or (path / name).read_bytes() == sound
            restore_parts(shelf, directory, ManualClock(), None, Unwatched())
            check_store(directory.crash(), scene)
            shutil.rmtree(path)


def remove_oldest(place: FaultyDirectory) -> None:
    """Leaves the newest backup."""
    target = LocalTarget(place)
    with target.lock():
        BackupShelf(target).prune(1)
