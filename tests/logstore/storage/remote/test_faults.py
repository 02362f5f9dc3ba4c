"""Whatever fails and whenever: what was acknowledged is there once, and nothing is left in the store for good."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from logstore.errors import WorldError
from logstore.storage.remote.claim import MARKER
from logstore.storage.store import Store
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory
from tests.logstore.storage.remote.faulty_objects import FaultyObjects, ObjectFault
from tests.logstore.storage.remote.remote_store import check, drop_local, local_parts, open_remote, pass_time
from tests.logstore.storage.sender import Sender, kill, try_seal

READING_CALLS = ("read", "map", "open", "read_at", "size", "files", "lock", "connect", "make_root", "space")


def rewrite(store: Store) -> None:
    """A part, which is fetched for it, becomes another with the same events, as a compaction does."""
    machinery = store._machinery
    with store.snapshot() as snapshot:
        part = next(iter(snapshot.parts), None)
        if part is None:
            return
        with machinery.remote.reader.kept([part]):
            number = machinery.rewriter.numbers.take()
            name = f"parts/default/mixed/{number}-REWRITTEN.parquet"
            content = Path(part.path).read_bytes()
        machinery.publisher.publish(name, [content])
        machinery.rewriter.commit(number, [part], [replace(part, path=name, generation=number, remote=None)])
    machinery.removals.sweep()


def try_to(action, store: Store) -> None:
    """Does it, or not."""
    try:
        action(store)
    except WorldError:
        return


def run_script(directory: FaultyDirectory, objects: FaultyObjects, sender: Sender) -> None:
    """Two lives of a server, each with intake, uploads, evictions, a read, a rewrite and clean-up; killed each time."""
    for _ in range(2):
        try:
            store = open_remote(directory, objects)
        except WorldError:
            continue
        sender.send(store, 2)
        try_seal(store)
        pass_time(store)
        try_to(drop_local, store)
        try_to(rewrite, store)
        pass_time(store, 2)
        sender.send(store, 1)
        was_powered = directory.is_powered
        kill(directory, store)
        if was_powered:
            directory.revive()


def check_all(directory: FaultyDirectory, objects: FaultyObjects, sender: Sender) -> None:
    """After the store is mended and the power was off: all is there, all is uploaded, and nothing else is."""
    objects.mend()
    store = open_remote(directory.crash(), objects)
    assert store.recovery.is_clean, store.recovery
    sender.send(store, 1)
    assert not sender.unacked
    store.seal()
    pass_time(store, 3)
    drop_local(store)
    assert not local_parts(store)
    check(store, sender)
    with store.snapshot() as snapshot:
        listed = {part.path.removeprefix(store._machinery.directory.path("") + "/") for part in snapshot.parts}
    assert {name.lstrip("/") for name in listed} | {MARKER} == objects.contents.keys()
    store.close()


@pytest.mark.parametrize("fault", list(ObjectFault))
def test_every_call_of_the_store_fails_once(tmp_path: Path, fault: ObjectFault):
    """For every n: the n-th call of the object store fails, is spoilt, or is the last that works for long."""
    objects = FaultyObjects()
    run_script(FaultyDirectory(tmp_path / "sound"), objects, Sender())
    count = len(objects.calls)
    assert count > 15
    for number in range(count):
        directory, objects, sender = FaultyDirectory(tmp_path / str(number), number), FaultyObjects(), Sender()
        objects.fail_later(number, fault)
        try:
            run_script(directory, objects, sender)
            check_all(directory, objects, sender)
        except BaseException as error:
            error.add_note(f"call {number}, {fault}: {objects.calls[number]}")
            raise


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.AFTER, Fault.CRASH])
def test_every_call_of_the_disk_fails_once(tmp_path: Path, fault: Fault):
    """For every n: the n-th call of the local disk fails, or the power goes with it, also while files come and go."""
    sound = FaultyDirectory(tmp_path / "sound")
    run_script(sound, FaultyObjects(), Sender())
    random = Random(fault.value)
    numbers = [number for number, call in enumerate(sound.calls, 1) if call.partition(" ")[0] not in READING_CALLS]
    for number in random.sample(numbers, 25):
        directory = FaultyDirectory(tmp_path / str(number), seed=number, fail_at=number, fault=fault)
        objects, sender = FaultyObjects(), Sender()
        try:
            run_script(directory, objects, sender)
            check_all(directory, objects, sender)
        except BaseException as error:
            error.add_note(f"call {number}, {fault}: {sound.calls[number - 1]}")
            raise


@pytest.mark.parametrize("seed", range(12))
def test_random_lives(tmp_path: Path, seed: int):
    """Intake, uploads, evictions, reads, rewrites, faults of disk and store, kills and power failures in any order."""
    random = Random(seed)
    directory, objects, sender = FaultyDirectory(tmp_path / "data", seed), FaultyObjects(), Sender()
    store = open_remote(directory, objects)

    def look(store: Store) -> None:
        with store.snapshot() as snapshot, store.reading(snapshot.parts) as unread:
            if not unread:
                sender.check(snapshot)

    actions = {
        "send": lambda store: sender.send(store, random.randint(1, 3)),
        "seal": try_seal,
        "time": pass_time,
        "drop": drop_local,
        "rewrite": rewrite,
        "fault": lambda _: objects.fail_later(random.randrange(10), random.choice(list(ObjectFault))),
        "down": lambda _: objects.go_down(),
        "mend": lambda _: objects.mend(),
        "look": look,
    }
    for _ in range(30):
        action = random.choice(["send", "seal", "time", *actions, "end"])
        if action == "end":
            kill(directory, store)
            directory = directory.crash()
            store = open_remote(directory, objects)
        else:
            try_to(actions[action], store)
    kill(directory, store)
    check_all(directory, objects, sender)
