"""Compaction of a real store."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from logstore.errors import StorageError
from logstore.model.snapshot import Part
from logstore.storage.settings import CompactionSettings
from logstore.storage.store import Store
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory
from tests.logstore.storage.lines import HOUR_NS, LINES, START_NS, chunk, events, lines
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.sender import SETTINGS, Sender, kill, open_store
from tests.logstore.storage.test_crash_consistency import is_worth_trying
from tests.logstore.storage.upkeep.compacting import DAYS_LATER_S, compact, pass_days


def fill(store: Store, sender: Sender, seals: int = 4) -> None:
    """Some seals, each of some chunks of several hours."""
    for _ in range(seals):
        sender.send(store, 5)
        store.seal()


def part_files(directory: FaultyDirectory) -> set[str]:
    """All files of parts, their word indexes among them."""
    return {directory.path(name) for name in directory.files("parts")}


def files_of(parts: Iterable[Part]) -> set[str]:
    """The files that these parts should have."""
    return {path for part in parts for path in (part.path, part.index) if path is not None}


def test_days_that_are_over_become_one_part(tmp_path):
    """The small parts of a day become one, with the same events; the old files go, and a restart finds the same."""
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    store = open_store(directory)
    fill(store, sender)
    with store.snapshot() as snapshot:
        before, parts = events(snapshot), len(snapshot.parts)
    assert parts >= 8
    pass_days(store)
    compact(store)
    with store.snapshot() as snapshot:
        assert events(snapshot) == before
        assert len(snapshot.parts) == 1
        assert snapshot.parts[0].level == 2
        names = files_of(snapshot.parts)
    store.close()
    assert part_files(directory) == names
    store = open_store(directory)
    with store.snapshot() as snapshot:
        assert events(snapshot) == before
        assert snapshot.parts[0].level == 2
    assert store.recovery.is_clean
    store.close()


def test_what_stays_is_known(tmp_path):
    """A part stays when its hour is over and nothing is to be merged: not while a merge is planned or under way."""
    store = open_store(FaultyDirectory(tmp_path / "data"))
    fill(store, Sender())
    compaction = store._machinery.compaction
    with store.snapshot() as snapshot:
        part = snapshot.parts[0]
    assert not compaction.leaves(part)
    pass_days(store)
    while compaction.due_s() == 0:
        compaction.work()
        assert compaction.leaves(part) == (not compaction.counters.planned_merges)
    assert compaction.leaves(part)
    store.close()


def test_snapshots_from_before_read_their_files(tmp_path):
    """A query that began before a merge reads what it saw, though the files are replaced meanwhile."""
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    store = open_store(directory)
    fill(store, sender)
    with store.snapshot() as before:
        pass_days(store)
        compact(store)
        store._machinery.removals.sweep()
        with store.snapshot() as after:
            assert events(before) == events(after)
            assert files_of(before.parts) <= part_files(directory)
    store._machinery.removals.sweep()
    assert part_files(directory).isdisjoint(files_of(before.parts))
    store.close()


def test_ingest_goes_on_while_parts_are_merged(tmp_path):
    """Between the steps of a merge events come in and are sealed; all of them are there, and merged in the end."""
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    store = open_store(directory)
    fill(store, sender)
    pass_days(store)
    compaction = store._machinery.compaction
    for step in range(60):
        if compaction.due_s() == 0:
            compaction.work()
        if step % 5 == 0 and step < 30:
            sender.send(store, 2)
            store.seal()
        with store.snapshot() as snapshot:
            sender.check(snapshot)
    compact(store)
    with store.snapshot() as snapshot:
        sender.check(snapshot)
        assert len(snapshot.parts) < 8
    store.close()


def test_everything_at_once(tmp_path):
    """Intake, seals, queries and the thread that merges, at the same time: every snapshot has each event once."""
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    asked = replace(SETTINGS, compaction=CompactionSettings(busy_share=1.0))
    clock = ManualClock()
    clock.move(DAYS_LATER_S)
    store = Store.open(directory, LINES, asked, clock)
    while store.stats().compaction.parts_in < 20:
        sender.send(store, 3)
        store.seal()
        store._machinery.upkeep.wake()
        with store.snapshot() as snapshot:
            sender.check(snapshot)
    store.close()
    store = open_store(directory)
    with store.snapshot() as snapshot:
        sender.check(snapshot)
    assert store.recovery.is_clean
    store.close()


def test_closing_gives_up_a_merge(tmp_path):
    """A store that is closed in the middle of a merge leaves no file of it, and has all its parts."""
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    store = open_store(directory)
    fill(store, sender)
    pass_days(store)
    compaction = store._machinery.compaction
    while not any(name.endswith(".tmp") for name in directory.files("parts")):
        compaction.work()
    store.close()
    assert not any(name.endswith(".tmp") for name in directory.files("parts"))
    store = open_store(directory)
    with store.snapshot() as snapshot:
        sender.check(snapshot)
        assert part_files(directory) == files_of(snapshot.parts)
    store.close()


def test_changed_parts_are_merged_anew(tmp_path):
    """When a part that is being merged goes meanwhile, the merge is given up, counted and planned again."""
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    store = open_store(directory)
    fill(store, sender)
    pass_days(store)
    compaction, rewriter = store._machinery.compaction, store._machinery.rewriter
    compaction.work()
    with store.snapshot() as snapshot:
        gone = snapshot.parts[0]
        left = [event for event in events(snapshot) if not gone.seq_min <= event[1] <= gone.seq_max]
    rewriter.commit(rewriter.numbers.take(), [gone], [])
    compact(store)
    assert compaction.counters.stale == 1
    with store.snapshot() as snapshot:
        assert len(snapshot.parts) == 1
        assert {event[3] for event in left} <= {event[3] for event in events(snapshot)}
    store.close()


def test_damaged_parts_are_not_merged(tmp_path):
    """A part that is not what was written leaves the store, nothing is made of it, and the others are merged."""
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    store = open_store(directory)
    fill(store, sender)
    with store.snapshot() as snapshot:
        damaged = snapshot.parts[2]
    content = bytearray(Path(damaged.path).read_bytes())
    content[len(content) // 2] ^= 1
    Path(damaged.path).write_bytes(content)
    pass_days(store)
    with pytest.raises(StorageError, match="is damaged"):
        compact(store)
    compact(store)
    with store.snapshot() as snapshot:
        assert len(snapshot.parts) == 1
        assert [part.path for part in snapshot.unfit] == [damaged.path]
        assert snapshot.rows == sum(part.rows for part in snapshot.parts)
    store.close()


def test_parts_that_cannot_be_read_are_left_alone(tmp_path):
    """One without checksums whose damage shows while it is merged stays as it is; it is counted."""
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    store = open_store(directory)
    fill(store, sender)
    head = store._machinery.head
    head.change_parts(lambda now: replace(now, parts=tuple(replace(part, checksums=None) for part in now.parts)))
    with store.snapshot() as snapshot:
        damaged = snapshot.parts[2]
    content = Path(damaged.path).read_bytes()
    Path(damaged.path).write_bytes(content[:4] + b"?" * 60 + content[64:])
    pass_days(store)
    compact(store)
    with store.snapshot() as snapshot:
        assert len(snapshot.parts) == 2
        assert damaged.path in {part.path for part in snapshot.parts}
    assert store._machinery.compaction.counters.damaged == 1
    store.close()


def test_what_is_merged_is_counted(tmp_path):
    """Counters tell merges by reason, what went in and came out, and the backlog."""
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    store = open_store(directory)
    fill(store, sender)
    with store.snapshot() as snapshot:
        parts, rows = len(snapshot.parts), snapshot.rows
    pass_days(store)
    store._machinery.compaction.work()
    assert store._machinery.compaction.counters.planned_merges == 1
    compact(store)
    counters = store._machinery.compaction.counters
    assert counters.merges == {"day": 1}
    assert (counters.parts_in, counters.parts_out) == (parts, 1)
    assert (counters.rows_in, counters.rows_out) == (rows, rows)
    assert counters.planned_merges == 0
    store.close()


@dataclass(frozen=True)
class Filled:
    """A directory with parts to merge, whose server was killed, and the sender of its events."""

    path: Path
    sender: Sender

    def copy(self, path: Path, seed: int) -> tuple[FaultyDirectory, Sender]:
        """Both, for one case."""
        shutil.copytree(self.path, path)
        return FaultyDirectory(path, seed), copy.deepcopy(self.sender)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """Two seals, of some chunks of several hours."""
    path, sender = tmp_path_factory.mktemp("filled") / "data", Sender()
    directory = FaultyDirectory(path)
    store = open_store(directory)
    fill(store, sender, 2)
    kill(directory, store)
    return Filled(path, sender)


@pytest.mark.parametrize("fault", list(Fault))
def test_every_single_fault_of_a_merge(tmp_path, filled, fault):
    """Any call of the directory may fail in a merge: acknowledged events are there once, and no file is left over."""
    sound, sender = filled.copy(tmp_path / "sound", 0)
    first, last = merge_with_fault(sound, sender, 0, fault)
    assert last - first > 10
    for number, call in enumerate(sound.calls[first:last], 1):
        if not is_worth_trying(fault, call):
            continue
        directory, sender = filled.copy(tmp_path / str(number), number)
        try:
            merge_with_fault(directory, sender, number, fault)
            check_recovery(directory, sender)
        except BaseException as error:
            error.add_note(f"call {number} of a merge, {fault}: {call}")
            raise


def merge_with_fault(directory: FaultyDirectory, sender: Sender, number: int, fault: Fault) -> tuple[int, int]:
    """A store whose parts are merged, of which one call fails; then it tries again, and is killed.

    Returns the numbers of calls before and after the merge.
    """
    store = open_store(directory)
    pass_days(store)
    first = len(directory.calls)
    if number:
        directory.fail_later(number - 1, fault)
    for _ in range(2):
        try:
            compact(store)
        except StorageError:
            continue
    last = len(directory.calls)
    if directory.is_powered:
        with store.snapshot() as snapshot:
            sender.check(snapshot)
            assert len(snapshot.parts) == 1
        sender.send(store, 1)
    kill(directory, store)
    return first, last


def check_recovery(directory: FaultyDirectory, sender: Sender) -> None:
    """After the power failed: a start finds everything, merges what is left, and ends with no file but its own."""
    found = directory.crash()
    store = open_store(found)
    assert store.recovery.is_clean, store.recovery
    with store.snapshot() as snapshot:
        sender.check(snapshot)
    sender.check_notes(store)
    store.seal()
    pass_days(store)
    compact(store)
    with store.snapshot() as snapshot:
        sender.check(snapshot)
        names = {part.path for part in snapshot.parts}
    store.close()
    # An index that could not be written is made when there is time.
    words = {name.removesuffix(".parquet") + ".words" for name in names}
    assert names <= part_files(found) <= names | words


def test_late_events_are_found_by_their_time(tmp_path):
    """Events of any age are taken; those of many days come into few files, each near its own time."""
    directory = FaultyDirectory(tmp_path / "data")
    store = open_store(directory)
    for day in range(30):
        times = START_NS - day * 24 * HOUR_NS
        payload = lines([f"{day}.{place}" for place in range(24)], times, step_ns=HOUR_NS)
        store.submit(chunk(payload, settings=store.decode_settings)).result(20)
        if day % 5 == 4:
            store.seal()
    with store.snapshot() as snapshot:
        before = events(snapshot)
    pass_days(store)
    compact(store)
    with store.snapshot() as snapshot:
        assert events(snapshot) == before
        assert len(snapshot.parts) <= 10
        for part in snapshot.parts:
            found = [event[0] for event in before if part.seq_min <= event[1] <= part.seq_max]
            assert min(found) <= part.time_min_ns <= part.time_max_ns <= max(found)
    store.close()
