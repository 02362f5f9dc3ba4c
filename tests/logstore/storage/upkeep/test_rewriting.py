"""Putting parts in the place of others."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest

from logstore.errors import StorageError
from logstore.model.snapshot import Part
from logstore.storage.catalog.records import Catalog, Rewrite
from logstore.storage.store import Store
from logstore.storage.upkeep.rewriting import StaleRewriteError
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory
from tests.logstore.storage.lines import ids
from tests.logstore.storage.sender import Sender, kill, open_store


def copy_part(store: Store, part: Part) -> tuple[int, Part]:
    """A file with the same events under another number, durable, not listed."""
    machinery = store._machinery
    number = machinery.rewriter.numbers.take()
    name = f"parts/default/mixed/{number}-COPY.parquet"
    with open(part.path, "rb") as file:  # noqa: PTH123 - the path is a text
        machinery.publisher.publish(name, [file.read()])
    return number, replace(part, path=name, generation=number, level=1, index=None, index_bytes=0)


@pytest.mark.parametrize("fault", [None, *Fault])
def test_rewrite_takes_the_place_or_nothing_changes(tmp_path, fault):
    """Whether or not the commit fails, each event is there once, now and after a restart, and no file is left over."""
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    store = open_store(directory)
    sender.send(store, 5)
    store.seal()
    with store.snapshot() as snapshot:
        old = snapshot.parts[0]
    number, new = copy_part(store, old)
    rewriter = store._machinery.rewriter
    if fault is not None:
        directory.fail_later(0, fault)
    try:
        rewriter.commit(number, [old], [new])
    except Exception:  # noqa: BLE001 - the next lines say what must hold
        assert fault is not None
    with store.snapshot() as snapshot:
        sender.check(snapshot)
    kill(directory, store)
    directory = directory.crash()
    store = open_store(directory)
    with store.snapshot() as snapshot:
        sender.check(snapshot)
        names = {part.path for part in snapshot.parts}
    assert store.recovery.is_clean
    store.close()
    left = {directory.path(name) for name in directory.files("parts")}
    assert {name for name in left if name.endswith(".parquet")} == names
    assert {name.replace(".words", ".parquet") for name in left} == names


def test_rewrite_of_what_changed_meanwhile_is_refused(tmp_path):
    """A part that is gone, or of which more rows are deleted, is not taken; the new files go."""
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    store = open_store(directory)
    sender.send(store, 5)
    store.seal()
    with store.snapshot() as snapshot:
        old = snapshot.parts[0]
    number, new = copy_part(store, old)
    with pytest.raises(StaleRewriteError):
        store._machinery.rewriter.commit(number, [replace(old, rows=0)], [new])
    assert not directory.exists(new.path)
    with store.snapshot() as snapshot:
        sender.check(snapshot)
    store.close()


def test_replaced_file_stays_for_readers(tmp_path):
    """A snapshot that was open before the rewrite can read its files; they go after it is closed."""
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    store = open_store(directory)
    sender.send(store, 5)
    store.seal()
    with store.snapshot() as before:
        old = before.parts[0]
        number, new = copy_part(store, old)
        store._machinery.rewriter.commit(number, [old], [new])
        store._machinery.removals.sweep()
        assert len(ids(before)) == len(ids_now(store))
    store._machinery.removals.sweep()
    assert not directory.exists(old.path.removeprefix(directory.path("")).lstrip("/"))
    store.close()


def ids_now(store: Store) -> list[str]:
    """The ids of all events."""
    with store.snapshot() as snapshot:
        return list(ids(snapshot))


class DoubtfulCatalog:
    """Carries a rewrite out, reports a failure, and cannot be asked about it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def rewrite(self, rewrite: Rewrite) -> None:
        """Done, and said to have failed."""
        self._catalog.rewrite(rewrite)
        raise StorageError("the disk does not answer")

    def committed_among(self, generations: Collection[int]) -> frozenset[int]:
        """Fails."""
        raise StorageError(f"the disk does not answer: {generations}")


def test_rewrite_of_which_nothing_is_known_loses_nothing(tmp_path):
    """When nobody can tell whether a rewrite was committed its files stay: they may be what the next start lists."""
    directory, sender = FaultyDirectory(tmp_path / "data"), Sender()
    store = open_store(directory)
    sender.send(store, 5)
    store.seal()
    with store.snapshot() as snapshot:
        old = snapshot.parts[0]
    number, new = copy_part(store, old)
    rewriter = store._machinery.rewriter
    with pytest.raises(StorageError, match="does not answer"):
        replace(rewriter, catalog=DoubtfulCatalog(rewriter.catalog)).commit(number, [old], [new])
    with store.snapshot() as snapshot:
        sender.check(snapshot)
    kill(directory, store)
    store = open_store(directory.crash())
    assert store.recovery.is_clean
    with store.snapshot() as snapshot:
        sender.check(snapshot)
    store.close()
