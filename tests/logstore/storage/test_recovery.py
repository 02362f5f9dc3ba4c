"""What a start does with what it finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from logstore.errors import CorruptionError
from logstore.storage.wal.format import HEADER_BYTES
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.lines import chunk, ids, lines
from tests.logstore.storage.sender import kill, open_store
from tests.logstore.storage.test_store import opened


def fill(path: Path, *groups: str) -> None:
    """A data directory with a part for each group of ids."""
    with opened(path) as store:
        for group in groups:
            store.submit(chunk(lines(group), group.encode())).result(10)
            store.seal()


def leave_log(path: Path, *chunks: tuple[str, bytes | None]) -> Path:
    """A data directory whose server was killed with chunks (ids, chunk id) in its log; the newest segment."""
    directory = FaultyDirectory(path)
    store = open_store(directory)
    for group, chunk_id in chunks:
        store.submit(chunk(lines(group), chunk_id)).result(10)
    kill(directory, store)
    return max((path / "wal").iterdir())


def test_log_is_replayed(tmp_path):
    """What was acknowledged and not sealed comes back from the log."""
    leave_log(tmp_path, ("ab", None), ("c", None))
    with opened(tmp_path) as store, store.snapshot() as snapshot:
        assert ids(snapshot) == ["a", "b", "c"]
        assert store.recovery.replayed == 2
        assert store.recovery.is_clean


def test_copies_in_the_log_are_dropped(tmp_path):
    """A chunk that is in the log twice, or in the catalog already, is stored once."""
    fill(tmp_path, "a")
    leave_log(tmp_path, ("a", b"a"), ("b", b"b"), ("b", b"b"), ("c", None), ("c", None))
    with opened(tmp_path) as store, store.snapshot() as snapshot:
        assert ids(snapshot) == ["a", "b", "c", "c"]
        assert store.recovery.dropped_duplicates == 2


def test_known_repeats_are_kept(tmp_path):
    """A chunk with an id that was seen before is kept when it is known to be another chunk."""
    directory = FaultyDirectory(tmp_path)
    store = open_store(directory)
    for repeat in (False, True):
        store.submit(chunk(lines("a"), b"id", repeat=repeat)).result(10)
    kill(directory, store)
    with opened(tmp_path) as reopened, reopened.snapshot() as snapshot:
        assert ids(snapshot) == ["a", "a"]


def test_torn_tail_is_cut(tmp_path):
    """An append that was under way when the machine stopped is cut, and is no damage; the log goes on after it."""
    segment = leave_log(tmp_path, ("a", None), ("b", None))
    segment.write_bytes(segment.read_bytes()[:-3])
    for _ in range(2):
        directory = FaultyDirectory(tmp_path)
        store = open_store(directory)
        assert store.recovery.is_clean
        store.submit(chunk(lines("c"))).result(10)
        kill(directory, store)
    with opened(tmp_path) as store, store.snapshot() as snapshot:
        assert ids(snapshot) == ["a", "c", "c"]
        assert store.recovery.torn_bytes == 0


def test_damage_in_the_middle_is_kept_and_told(tmp_path):
    """A damaged entry between good ones goes to quarantine, byte for byte; its neighbours are served."""
    segment = leave_log(tmp_path, ("a", None), ("b", None), ("c", None))
    data = bytearray(segment.read_bytes())
    place = data.index(b" b ")
    data[place] ^= 1
    segment.write_bytes(data)
    with opened(tmp_path) as store, store.snapshot() as snapshot:
        assert ids(snapshot) == ["a", "c"]
        (kept,) = store.recovery.quarantined
        assert bytes(data[place : place + 3]) in (tmp_path / kept).read_bytes()


def test_damaged_segment_header_is_told(tmp_path):
    """Without its header nothing of a segment can be believed: all of it goes to quarantine."""
    segment = leave_log(tmp_path, ("a", None))
    data = bytearray(segment.read_bytes())
    data[HEADER_BYTES - 1] ^= 1
    segment.write_bytes(data)
    with opened(tmp_path) as store:
        (kept,) = store.recovery.quarantined
        assert (tmp_path / kept).read_bytes() == data


def test_missing_part_is_told_and_the_rest_served(tmp_path):
    """A listed part that is not there is told at each start, and served again once it is restored."""
    fill(tmp_path, "a", "b")
    first, _ = sorted((tmp_path / "parts").rglob("*.parquet"))
    content = first.read_bytes()
    first.unlink()
    for _ in range(2):
        with opened(tmp_path) as store, store.snapshot() as snapshot:
            assert ids(snapshot) == ["b"]
            assert store.recovery.missing == (first.relative_to(tmp_path).as_posix(),)
    first.write_bytes(content)
    with opened(tmp_path) as store, store.snapshot() as snapshot:
        assert ids(snapshot) == ["a", "b"]
        assert store.recovery.is_clean


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data + b"x", lambda data: b"XXXX" + data[4:]])
def test_damaged_part_is_quarantined(tmp_path, damage):
    """A part that is cut short, has grown or has lost its magic is kept aside and not served."""
    fill(tmp_path, "a", "b")
    first, _ = sorted((tmp_path / "parts").rglob("*.parquet"))
    first.write_bytes(damage(first.read_bytes()))
    with opened(tmp_path) as store, store.snapshot() as snapshot:
        assert ids(snapshot) == ["b"]
        assert len(store.recovery.quarantined) == 1
        assert not first.exists()


def test_strays_and_leftovers(tmp_path):
    """A file of a generation that was never committed is removed; one that nobody knows is kept aside."""
    fill(tmp_path, "a")
    folder = next((tmp_path / "parts").rglob("*.parquet")).parent
    for name in ("1-STRAY.parquet", "notes.txt", "9-LEFTOVER.parquet", "1-X.parquet.tmp"):
        (folder / name).write_bytes(b"?")
    (tmp_path / "chunk-ids/9.ids").write_bytes(b"?")
    (tmp_path / "decode-settings/9.json.tmp").write_bytes(b"?")
    with opened(tmp_path) as store, store.snapshot() as snapshot:
        assert ids(snapshot) == ["a"]
        assert store.recovery.removed_leftovers == 4
        assert sorted(name.rpartition("_")[2] for name in store.recovery.quarantined) == [
            "1-STRAY.parquet",
            "notes.txt",
        ]
    assert sorted(path.suffix for path in folder.iterdir()) == [".parquet", ".words"]


def test_damaged_chunk_ids_are_told(tmp_path):
    """A damaged or missing chunk-id file is told, and the store opens all the same."""
    fill(tmp_path, "a", "b")
    (tmp_path / "chunk-ids/1.ids").unlink()
    file = tmp_path / "chunk-ids/2.ids"
    file.write_bytes(file.read_bytes()[:-1] + b"\xff")
    with opened(tmp_path) as store:
        assert store.recovery.missing == ("chunk-ids/1.ids",)
        assert store.recovery.quarantined == ("quarantine/chunk-ids_2.ids",)


def test_directories_of_other_versions_are_refused(tmp_path):
    """A data directory of a later version is refused, with the remedy."""
    fill(tmp_path, "a")
    (tmp_path / "format").write_bytes(b"logstore 2\n")
    with pytest.raises(CorruptionError, match="start the version"), opened(tmp_path):
        pass
