"""Looking at a whole data directory."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from logstore.errors import CorruptionError, StorageError
from logstore.storage.directory import PosixDirectory
from logstore.storage.verify.survey import Survey
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.lines import chunk, lines
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.sender import kill, open_store
from tests.logstore.storage.verify.damage import flip
from tests.logstore.storage.verify.watching import Watching


@pytest.fixture
def data(tmp_path):
    """A directory with two parts, chunk ids, ledger files, a chunk in quarantine, and a chunk in the log."""
    directory = FaultyDirectory(tmp_path)
    store = open_store(directory)
    for name in "ab":
        store.submit(chunk(lines([name]) + b"bad\n", name.encode())).result(10)
        store.seal()
    store.submit(chunk(lines(["c"]), b"c")).result(10)
    kill(directory, store)
    return tmp_path


def found(path: Path, *, is_deep: bool = False) -> list[tuple[str, str]]:
    """Kind and folder of each fault; each says what to do."""
    faults = list(Survey(PosixDirectory(path), ManualClock(), Watching(), is_deep=is_deep).faults())
    assert all(fault.what and fault.remedy for fault in faults)
    return [(fault.kind, fault.name.split("/")[0]) for fault in faults]


def one(path: Path, pattern: str) -> Path:
    """The first file that fits."""
    return min(path.glob(pattern))


@pytest.mark.parametrize("is_deep", [False, True])
def test_a_sound_directory_has_no_faults(data, is_deep):
    """Everything is looked at, and the whole of it was expected."""
    watching = Watching()
    survey = Survey(PosixDirectory(data), ManualClock(), watching, is_deep=is_deep)
    assert list(survey.faults()) == []
    assert survey.surveyed.log_entries == 1
    assert watching.done == watching.expected > 0


class WaitingDirectory(FaultyDirectory):
    """Its commits wait until they are let through."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.is_reached, self.is_free = threading.Event(), threading.Event()

    def step(self, kind: str, name: str, act: Callable[[], object], short: Callable[[], object] | None = None) -> Any:
        """Counted, perhaps later."""
        if kind == "commit" and not self.is_free.is_set():
            self.is_reached.set()
            self.is_free.wait(20)
        return super().step(kind, name, act, short)


class InterruptedConnection(sqlite3.Connection):
    """A connection before whose n-th statement something happens."""

    statements_left = -1
    interrupt: Callable[[], None]

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        """Counted, over all connections."""
        InterruptedConnection.statements_left -= 1
        if InterruptedConnection.statements_left == 0:
            InterruptedConnection.interrupt()
        return super().execute(sql, *args)


class InterruptedDirectory(PosixDirectory):
    """A directory with such connections."""

    def connect(self, name: str, *, read_only: bool = False, is_at_rest: bool = False) -> sqlite3.Connection:
        """Counts its statements. A server is at work, so nothing is at rest."""
        assert not is_at_rest
        uri = f"file:{self.path(name)}?mode={'ro' if read_only else 'rwc'}"
        return sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, factory=InterruptedConnection
        )


@pytest.mark.parametrize("statement", range(1, 31))
def test_a_seal_that_commits_meanwhile_is_no_fault(data, statement):
    """Whenever it does: before each of the statements that look into the catalog."""
    directory = WaitingDirectory(data)
    directory.is_free.set()
    store = open_store(directory)
    directory.is_free.clear()
    sealing = threading.Thread(target=store.seal)
    sealing.start()
    assert directory.is_reached.wait(20)

    def commit() -> None:
        directory.is_free.set()
        sealing.join()

    InterruptedConnection.interrupt = staticmethod(commit)
    InterruptedConnection.statements_left = statement
    faults = list(Survey(InterruptedDirectory(data), ManualClock(), Watching(), is_deep=False).faults())
    commit()
    store.close()
    assert faults == []


def test_it_works_beside_a_server(tmp_path):
    """What is being written is no fault, and nothing is changed."""
    directory = FaultyDirectory(tmp_path)
    store = open_store(directory)
    store.submit(chunk(lines(["a"]), b"a")).result(10)
    store.seal()
    store.submit(chunk(lines(["b"]), b"b")).result(10)
    before = directory.files("")
    assert found(tmp_path, is_deep=True) == []
    assert directory.files("") == before
    store.close()


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("parts/**/*.parquet", ("part", "parts")),
        ("parts/**/*.words", ("index", "parts")),
        ("chunk-ids/*.ids", ("chunk ids", "chunk-ids")),
        ("ledger/*.parquet", ("ledger", "ledger")),
        ("quarantine/*.wal", ("quarantine", "quarantine")),
        ("decode-settings/*.json", ("decode settings", "decode-settings")),
    ],
)
@pytest.mark.parametrize("harm", ["flip", "cut", "remove"])
def test_each_kind_of_file_is_missed_and_checked(data, pattern, fault, harm):
    """A flipped bit, a shorter file and a missing one are each told as one fault, of that file."""
    path = one(data, pattern)
    if harm == "flip":
        flip(path, path.stat().st_size // 2)
    elif harm == "cut":
        path.write_bytes(path.read_bytes()[:-5])
    else:
        path.unlink()
    assert set(found(data)) == {fault}


@pytest.mark.parametrize(("pattern", "fault"), [("parts/**/*.words", "index"), ("quarantine/*.wal", "quarantine")])
@pytest.mark.parametrize("place", [0, 10, 30, -1])
def test_a_flipped_bit_is_told_wherever_it_is(data, pattern, fault, place):
    """In what is read to find something, and in what is hardly ever read."""
    flip(one(data, pattern), place)
    assert {kind for kind, _ in found(data)} == {fault}


def test_an_index_of_other_rows_is_told_when_all_is_decoded(data):
    """Each part has the index of another one: all is whole in itself."""
    first, second = sorted(data.glob("parts/**/*.words"))
    contents = first.read_bytes(), second.read_bytes()
    assert len(contents[0]) == len(contents[1])
    second.write_bytes(contents[0])
    first.write_bytes(contents[1])
    assert found(data) == []
    assert found(data, is_deep=True) == [("index", "parts")] * 2


def test_damage_in_the_log_is_told(data):
    """The stretch that is no entry, where a good entry follows it or the end was written down as good."""
    segment = max((data / "wal").iterdir())
    content = segment.read_bytes()
    segment.write_bytes(content[:40] + b"\0" * 10 + content[40:])
    assert found(data) == [("log", "wal")]


def test_files_that_nobody_knows_are_told(data):
    """Unless they have the number of a generation that is not committed: somebody may be writing them."""
    (data / "parts" / "default" / "1-STRAY.parquet").write_bytes(b"x")
    (data / "parts" / "default" / "99-BEING-WRITTEN.parquet").write_bytes(b"x")
    (data / "parts" / "default" / "100-NEW.parquet.tmp").write_bytes(b"x")
    assert found(data) == [("unlisted", "parts")]


def test_parts_that_answers_lack_are_told_again(data):
    """A part that was found missing at a start is a fault until it is restored or given up."""
    one(data, "parts/**/*.parquet").unlink()
    open_store(FaultyDirectory(data)).close()
    assert ("part", "parts") in found(data)


def test_a_damaged_catalog_is_told_with_its_remedy(data):
    """What SQLite cannot read is an error that says what to do."""
    catalog = data / "catalog.sqlite"
    catalog.write_bytes(b"no database" + catalog.read_bytes()[11:])
    with pytest.raises(CorruptionError, match="restore"):
        found(data)


def test_what_is_no_data_directory_is_refused(tmp_path):
    """It says so."""
    with pytest.raises(StorageError, match="no data directory"):
        found(tmp_path)
