"""The list of live parts for other engines."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from logstore.errors import StorageError
from logstore.model.snapshot import DeletedRows, Deletion, Snapshot
from logstore.model.timespan import TimeSpan
from logstore.storage.directory import PosixDirectory
from logstore.storage.parts_file import Listed, PartsFile
from logstore.storage.parts_list import encode_parts_list
from logstore.storage.publish import Publisher
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory
from tests.logstore.storage.lines import HOUR_NS, START_NS, chunk, ids, lines
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.sender import Sender, open_store
from tests.logstore.storage.test_store import opened
from tests.logstore.storage.upkeep.test_rewriting import copy_part

NEVER_S = 1e9


def listed(root):
    """What the file says."""
    return json.loads((root / "parts.json").read_text())


def test_list_is_there_from_the_start_and_exact_after_a_clean_stop(tmp_path):
    """A new directory lists nothing; after a stop each part is listed, with where and when its events are."""
    with opened(tmp_path, parts_file_s=NEVER_S) as store:
        assert listed(tmp_path)["parts"] == []
        store.submit(chunk(lines("abc"))).result(10)
        store.submit(chunk(lines("de", START_NS + HOUR_NS))).result(10)
    told = listed(tmp_path)
    assert told["version"] == 1
    assert told["seq"] == 5
    assert told["rows"] == 5
    first, second = sorted(told["parts"], key=lambda part: part["time_min_ns"])
    assert (first["rows"], first["time_min_ns"], first["time_max_ns"]) == (3, START_NS, START_NS + 2000)
    assert (second["seq_min"], second["seq_max"], second["tenant"]) == (4, 5, "default")
    for part in (first, second):
        assert (tmp_path / part["path"]).stat().st_size == part["bytes"]
        assert part["deleted_rows"] == part["pending_deletions"] == 0


def test_list_says_up_to_where_it_is_whole(tmp_path):
    """What is not sealed is above its `seq`, also while a seal is under way."""
    with opened(tmp_path, parts_file_s=NEVER_S) as store:
        store.submit(chunk(lines("abc"))).result(10)
        store.seal()
        store.submit(chunk(lines("de"))).result(10)
        with store.snapshot():
            head = store._machinery.head
            assert head.sealed().seq == 3
            head.freeze()
            assert head.sealed().seq == 3
            assert head.sealed().rows == 3


def test_list_follows_a_seal_by_itself(tmp_path):
    """Nobody has to stop the server for it."""
    written = threading.Event()

    class Watched(Publisher):
        def replace(self, name, buffers):
            super().replace(name, buffers)
            if b'"rows":3' in buffers[0]:
                written.set()

    with opened(tmp_path, parts_file_s=0.001) as store:
        machinery = store._machinery
        machinery.parts_file._publisher = Watched(machinery.directory)
        store.submit(chunk(lines("abc"))).result(10)
        store.seal()
        assert written.wait(10)
        assert listed(tmp_path)["rows"] == 3


def test_parts_that_were_merged_are_not_listed_while_their_files_wait(tmp_path):
    """The file of the old part is still there for readers of the old list; the new list has its events once."""
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    store = open_store(directory)
    sender.send(store, 5)
    store.seal()
    with store.snapshot() as before:
        old = before.parts[0]
        number, new = copy_part(store, old)
        store._machinery.rewriter.commit(number, [old], [new])
        store._machinery.parts_file._write()
        told = listed(tmp_path / "data")
        assert directory.path(new.path) in {directory.path(part["path"]) for part in told["parts"]}
        assert old.path not in {directory.path(part["path"]) for part in told["parts"]}
        assert told["rows"] == len(ids(before))
        assert {part["level"] for part in told["parts"]} == {0, 1}
    store.close()
    assert {directory.path(name) for name in directory.files("parts") if name.endswith(".parquet")} == {
        directory.path(part["path"]) for part in listed(tmp_path / "data")["parts"]
    }


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("calls", range(5))
def test_what_the_disk_refuses_leaves_a_whole_list_and_harms_nobody(tmp_path, fault, calls, caplog):
    """The old list or the new one is there, never half of one; the next try writes it."""
    directory = FaultyDirectory(tmp_path / "data")
    snapshots = [Snapshot(1), Snapshot(2)]
    listed_now = Listed(directory.path(""), lambda: snapshots[0])
    file = PartsFile(listed_now, Publisher(directory), ManualClock(), NEVER_S)
    file._write()
    snapshots.pop(0)
    directory.fail_later(calls, fault)
    file._write()
    assert listed(tmp_path / "data")["seq"] in (1, 2)
    directory.revive()
    file._write()
    assert listed(tmp_path / "data")["seq"] == 2
    assert not list((tmp_path / "data").glob("*.tmp"))
    assert len(caplog.records) <= 1
    directory = directory.crash()
    assert listed(tmp_path / "data")["seq"] in (1, 2)


def test_deletions_that_are_not_carried_out_yet_are_told_of_each_part(tmp_path):
    """Other engines cannot apply them: rows that are known to be deleted, deletions that may cover more."""
    with opened(tmp_path) as store:
        store.submit(chunk(lines("abc"))).result(10)
        store.seal()
        with store.snapshot() as snapshot:
            (part,) = snapshot.parts
    within, outside = TimeSpan(START_NS, None), TimeSpan(None, START_NS)
    deletions = (
        Deletion(1, "*", within, 10, 0),
        Deletion(2, "*", within, 10, 0),
        Deletion(3, "*", outside, 10, 0),
        Deletion(4, "*", within, 0, 0),
        Deletion(5, "*", within, 10, 0, tenant="other"),
    )
    part = replace(part, deleted=(DeletedRows(1, 2, b""),))
    (told,) = json.loads(encode_parts_list(Snapshot(3, (part,), deletions=deletions), (), str(tmp_path), 7))["parts"]
    assert (told["deleted_rows"], told["pending_deletions"]) == (2, 1)


def test_a_part_that_lies_elsewhere_keeps_its_address(tmp_path):
    """Only what is in the data directory has a path relative to it."""
    with opened(tmp_path) as store:
        store.submit(chunk(lines("a"))).result(10)
        store.seal()
        with store.snapshot() as snapshot:
            (part,) = snapshot.parts
    moved = replace(part, path="s3://bucket/part.parquet")
    (told,) = json.loads(encode_parts_list(Snapshot(1, (moved,)), (), PosixDirectory(tmp_path).path(""), 7))["parts"]
    assert told["path"] == "s3://bucket/part.parquet"


def test_replacing_what_cannot_be_replaced_says_so(tmp_path):
    """The old file stays, and the error comes through."""
    directory = FaultyDirectory(tmp_path / "data")
    publisher = Publisher(directory)
    publisher.replace("a", [b"old"])
    directory.fail_later(1, Fault.SHORT)
    with pytest.raises(StorageError):
        publisher.replace("a", [b"new"])
    assert (tmp_path / "data" / "a").read_bytes() == b"old"
