"""Reading a data directory that somebody else owns."""

from __future__ import annotations

import contextlib
import threading

import pytest

from logstore.errors import StorageError
from logstore.storage.catalog.sqlite import SqliteCatalog
from logstore.storage.directory import PosixDirectory, UnreadableError
from logstore.storage.lease import hold_lease, live_leases
from logstore.storage.part.footer import read_part
from logstore.storage.read_only import open_read_only, read_directory
from logstore.storage.recovery import is_whole
from tests.logstore.storage.lines import LineDecoder, chunk, events, ids, lines
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.test_recovery import leave_log
from tests.logstore.storage.test_store import opened
from tests.logstore.storage.verify.damage import flip


def test_reader_beside_a_server(tmp_path):
    """A reader sees parts and log of a running server, exactly as the server does."""
    with opened(tmp_path) as store:
        store.submit(chunk(lines("ab"), b"id")).result(10)
        store.seal()
        store.submit(chunk(lines("cd"), b"id-2")).result(10)
        reader = open_read_only(str(tmp_path), LineDecoder)
        with store.snapshot() as own, reader.snapshot() as other:
            assert events(other) == events(own)
            assert other.seq == own.seq
        reader.close()


def test_reader_without_a_server(tmp_path):
    """A reader sees what a killed server left in its log."""
    leave_log(tmp_path, ("ab", None))
    reader = open_read_only(str(tmp_path), LineDecoder)
    with reader.snapshot() as snapshot:
        assert ids(snapshot) == ["a", "b"]
    reader.close()


def test_damage_in_the_log_is_told_to_who_reads_the_directory(tmp_path, caplog):
    """Nobody else tells them: there is no server whose log would."""
    leave_log(tmp_path, ("ab", None), ("cd", None))
    (segment,) = (tmp_path / "wal").iterdir()
    flip(segment, segment.read_bytes().index(b" app a "))
    caplog.clear()
    reader = open_read_only(str(tmp_path), LineDecoder)
    with reader.snapshot() as snapshot:
        assert ids(snapshot) == ["c", "d"]
    reader.close()
    (told,) = caplog.messages
    assert str(segment) in told
    assert "damaged" in told


def test_reader_holds_a_lease(tmp_path):
    """While a reader is open its lease lives; afterwards it is gone."""
    with opened(tmp_path):
        directory = PosixDirectory(tmp_path)
        reader = open_read_only(str(tmp_path), LineDecoder)
        assert len(live_leases(directory)) == 1
        reader.close()
        assert live_leases(directory) == frozenset()


def test_leases_of_the_dead_are_void(tmp_path):
    """A lease file that nobody locks is removed and counts for nothing."""
    directory = PosixDirectory(tmp_path)
    directory.make("leases")
    (tmp_path / "leases/DEAD.lease").write_bytes(b"")
    with hold_lease(directory, lambda: "LIVING"):
        assert live_leases(directory) == {"leases/LIVING.lease"}
    assert list((tmp_path / "leases").iterdir()) == []


def test_no_data_directory(tmp_path):
    """A path that holds no data directory is refused with a hint."""
    with pytest.raises(StorageError, match="no data directory"):
        open_read_only(str(tmp_path), LineDecoder)


def test_a_catalog_that_is_gone_has_a_remedy(tmp_path):
    """It says so, and what to do."""
    leave_log(tmp_path, ("a", None))
    for file in tmp_path.glob("catalog.sqlite*"):
        file.unlink()
    with pytest.raises(StorageError, match="it is gone: restore"):
        open_read_only(str(tmp_path), LineDecoder)


def test_readers_while_a_server_seals(tmp_path):
    """However intake, seals and trimming of the log run meanwhile, a reader sees each acknowledged event once."""
    stop = threading.Event()
    acked: list[str] = []
    with opened(tmp_path, max_segment_bytes=600) as store:

        def serve() -> None:
            for number in range(10_000):
                store.submit(chunk(lines([number]), str(number).encode())).result(10)
                acked.append(str(number))
                if number % 7 == 6:
                    store.seal()
                if stop.is_set():
                    return

        server = threading.Thread(target=serve)
        server.start()
        try:
            for _ in range(12):
                known = len(acked)
                reader = read_directory(PosixDirectory(tmp_path), LineDecoder, ManualClock())
                with reader.snapshot() as snapshot:
                    found = ids(snapshot)
                reader.close()
                assert found == [str(number) for number in range(len(found))]
                assert len(found) >= known
        finally:
            stop.set()
            server.join()
    assert acked


def test_unreadable_parts_are_told(tmp_path):
    """A missing part is told by its path, and the rest is served."""
    with opened(tmp_path) as store:
        for group in "ab":
            store.submit(chunk(lines(group))).result(10)
            store.seal()
    first, _ = sorted((tmp_path / "parts").rglob("*.parquet"))
    first.unlink()
    reader = open_read_only(str(tmp_path), LineDecoder)
    assert reader.report.unreadable_parts == (str(first),)
    with reader.snapshot() as snapshot:
        assert ids(snapshot) == ["b"]
    reader.close()


class WornDirectory(PosixDirectory):
    """On a disk that does not give the bytes of parts back."""

    def open(self, name):
        """Refused for parts."""
        if name.startswith("parts/"):
            raise UnreadableError(f"cannot read {name}: Input/output error")
        return super().open(name)

    def map(self, name):
        """Nothing of them is mapped: it would kill the process."""
        assert not name.endswith(".parquet")
        return super().map(name)


def test_parts_that_the_disk_does_not_give_back_are_told(tmp_path):
    """The rest can be read all the same; whoever asks learns that they are not whole."""
    with opened(tmp_path) as store:
        store.submit(chunk(lines("a"))).result(10)
        store.seal()
    (part,) = (tmp_path / "parts").rglob("*.parquet")
    reader = read_directory(WornDirectory(tmp_path), LineDecoder, ManualClock())
    assert reader.report.unreadable_parts == (str(part),)
    reader.close()
    assert not is_whole(WornDirectory(tmp_path), read_part(part, "parts/a", part.stat().st_size))


def test_a_reader_of_a_stopped_store_leaves_nothing_behind(tmp_path):
    """Not even while it reads are there other files than the store left, but for its lease."""
    with opened(tmp_path) as store:
        store.submit(chunk(lines("abc"))).result(10)
    before = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    with contextlib.closing(open_read_only(str(tmp_path), LineDecoder)) as reader:
        with reader.snapshot() as snapshot:
            assert ids(snapshot) == ["a", "b", "c"]
        assert reader.deletions() == ()
        during = {path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "leases"}
    assert during == set(before)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == before


def test_a_server_that_starts_while_its_catalog_is_read_is_noticed(tmp_path):
    """The reader has taken the file for one that nobody changes."""
    with opened(tmp_path) as store:
        store.submit(chunk(lines("abc"))).result(10)
    directory = PosixDirectory(tmp_path)
    with contextlib.closing(SqliteCatalog(directory, ManualClock(), read_only=True)) as catalog:
        assert catalog.last_generation() == 1
        with opened(tmp_path), pytest.raises(StorageError, match="started"):
            catalog.last_generation()
