"""Group commit when what comes after it breaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from logstore.errors import StorageError
from logstore.storage.settings import Durability
from logstore.storage.wal.committer import CommitRules, GroupCommitter
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.lines import chunk
from tests.logstore.storage.manual_clock import ManualClock
from tests.logstore.storage.wal.test_writer import new_log

RULES = CommitRules(Durability.FSYNC, 1.0, 10**6)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_nobody_waits_for_a_committer_that_has_failed(tmp_path: Path):
    """When entries cannot be handed on, their chunks are not acknowledged, and later ones are refused."""
    discarded = []

    def fail(_):
        raise MemoryError("no room for entries")

    log = new_log(FaultyDirectory(tmp_path / "data"))
    committer = GroupCommitter(log, fail, discarded.append, ManualClock(), RULES)
    first, second = committer.submit(chunk(b"a")), committer.submit(chunk(b"b"))
    committer.start()
    for future in (first, second):
        with pytest.raises(StorageError):
            future.result(60)
    committer.close()
    with pytest.raises(StorageError, match="closed"):
        committer.submit(chunk(b"c")).result(60)


def test_who_watches_is_told_of_each_group_that_was_written(tmp_path: Path):
    """With its chunks and its times."""
    told = []
    clock = ManualClock()
    committer = GroupCommitter(
        new_log(FaultyDirectory(tmp_path / "data")), lambda _: None, lambda _: None, clock, RULES
    )
    committer.watch(lambda chunks, start_ns, end_ns: told.append(([each.payload for each in chunks], start_ns, end_ns)))
    futures = [committer.submit(chunk(payload)) for payload in (b"a", b"b")]
    committer.start()
    for future in futures:
        future.result(60)
    committer.close()
    assert told == [([b"a", b"b"], clock.now_ns(), clock.now_ns())]
