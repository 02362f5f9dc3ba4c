"""Whatever fails and whenever the power goes: what was acknowledged is there exactly once."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from logstore.errors import WorldError
from logstore.storage.store import Store
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory
from tests.logstore.storage.sender import Sender, kill, open_store, try_seal

READING_CALLS = ("read", "map", "size", "sizes", "files", "lock", "connect", "make_root")


def run_script(directory: FaultyDirectory, sender: Sender) -> None:
    """Two lives of a server, each with intake, a seal and more intake; it is killed in between and at the end.

    Each has decode settings of its own, so that the next one needs those of the one before.
    """
    for count in (3, 1):
        try:
            store = open_store(directory, f"life {count}".encode())
        except WorldError:
            continue
        sender.send(store, count)
        try_seal(store)
        sender.send(store, 2)
        sender.send(store, 1)
        was_powered = directory.is_powered
        kill(directory, store)
        if was_powered:
            directory.revive()


def check_recovery(directory: FaultyDirectory, sender: Sender) -> None:
    """After the power failed: a start finds everything and goes on, and the next start finds the same."""
    found = directory.crash()
    store = open_store(found)
    with store.snapshot() as snapshot:
        sender.check(snapshot)
    sender.check_notes(store)
    assert store.recovery.is_clean, store.recovery
    sender.send(store, 1)
    assert not sender.unacked
    store.close()
    store = open_store(found)
    with store.snapshot() as snapshot:
        sender.check(snapshot)
    sender.check_notes(store)
    assert store.recovery.is_clean, store.recovery
    store.close()


def is_worth_trying(fault: Fault, call: str) -> bool:
    """Whether a call can fail in this way with another outcome than in a way that is tried too."""
    kind = call.partition(" ")[0]
    if fault is Fault.SHORT:
        return kind in {"append", "sync"}
    return fault is Fault.BEFORE or kind not in READING_CALLS


@pytest.mark.parametrize("fault", list(Fault))
def test_every_single_fault(tmp_path: Path, fault: Fault):
    """For every n: the n-th call fails, the script goes on, the power fails; nothing acknowledged is lost."""
    sound = FaultyDirectory(tmp_path / "sound")
    run_script(sound, Sender())
    assert len(sound.calls) > 100
    for number, call in enumerate(sound.calls, 1):
        if not is_worth_trying(fault, call):
            continue
        directory = FaultyDirectory(tmp_path / str(number), seed=number, fail_at=number, fault=fault)
        sender = Sender()
        try:
            run_script(directory, sender)
            check_recovery(directory, sender)
        except BaseException as error:
            error.add_note(f"call {number}, {fault}: {call}")
            raise


@pytest.mark.parametrize("seed", range(10))
def test_what_a_start_believes_is_durable(tmp_path: Path, seed: int):
    """A chunk that was written and not synced when its server was killed survives a power failure after the next start.

    The next start shows it, and tells its sender that it is stored.
    """
    directory = FaultyDirectory(tmp_path / "data", seed)
    store = open_store(directory)
    sender = Sender()
    sender.send(store, 2)
    directory.fail_later(1, Fault.CRASH)
    sender.send(store, 2)
    assert sender.unacked
    kill(directory, store)
    directory.revive()
    store = open_store(directory)
    sender.send(store, 0)
    assert not sender.unacked
    kill(directory, store)
    store = open_store(directory.crash())
    with store.snapshot() as snapshot:
        sender.check(snapshot)
    store.close()


@pytest.mark.parametrize("seed", range(25))
def test_random_lives(tmp_path: Path, seed: int):
    """Intake, seals, restarts, kills, power failures and faults in any order: what was acknowledged is there once."""
    random = Random(seed)
    directory = FaultyDirectory(tmp_path / "data", seed)
    sender = Sender()
    store = open_store(directory)
    for _ in range(30):
        action = random.choice(["send", "send", "send", "fault", "fault", "seal", "close", "kill", "power", "look"])
        if action == "send":
            sender.send(store, random.randint(1, 4))
        elif action == "fault":
            directory.fail_later(random.randrange(12), random.choice(list(Fault)))
        elif action == "seal":
            try_seal(store)
        elif action == "look" and directory.is_powered:
            with store.snapshot() as snapshot:
                sender.check(snapshot)
        elif action in {"close", "kill", "power"}:
            directory = end_life(action, directory, store)
            store = open_store_at_last(directory)
    store = open_store(end_life("power", directory, store))
    with store.snapshot() as snapshot:
        sender.check(snapshot)
    sender.check_notes(store)
    store.close()


def end_life(how: str, directory: FaultyDirectory, store: Store) -> FaultyDirectory:
    """Ends a server, in good order, by a kill or by a power failure; the directory for the next one."""
    if how == "close" and directory.is_powered:
        store.close()
        directory.revive()
        return directory
    kill(directory, store)
    if how == "power":
        return directory.crash()
    directory.revive()
    return directory


def open_store_at_last(directory: FaultyDirectory) -> Store:
    """A store, though the first start may meet a fault."""
    try:
        return open_store(directory)
    except WorldError:
        directory.revive()
        return open_store(directory)
