"""Where the events of a chunk are."""

from __future__ import annotations

from pathlib import Path

from logstore.storage.ledger.search import LedgerQuery
from logstore.storage.part.load import load_table
from logstore.storage.store import Store
from tests.logstore.storage.faulty_directory import FaultyDirectory
from tests.logstore.storage.lines import HOUR_NS, START_NS, chunk, lines
from tests.logstore.storage.sender import open_store
from tests.logstore.storage.upkeep.compacting import compact, pass_days


def told(store: Store) -> dict[bytes, set[str]]:
    """The parts that the ledger names for each chunk, by id."""
    with store.ledger() as ledger:
        answer = ledger.search(LedgerQuery())
        ids = answer.rows.column("chunk_id").to_pylist()
        return {name: {part.path for part in parts} for name, parts in zip(ids, answer.parts, strict=True)}


def holding(store: Store) -> dict[bytes, set[str]]:
    """The parts in which the events of each chunk are."""
    found: dict[bytes, set[str]] = {}
    with store.snapshot() as snapshot:
        for part in snapshot.parts:
            for name in load_table(part.path, part, ["message"]).column("message").to_pylist():
                found.setdefault(name.split(".")[0].encode(), set()).add(part.path)
    return found


def test_chunks_are_found_after_parts_were_merged(tmp_path: Path):
    """Before and after a merge, which deals out events to other parts, the ledger names the parts that hold them."""
    store = open_store(FaultyDirectory(tmp_path / "data"))
    for number in range(12):
        payload = lines([f"{number}.{place}" for place in range(3)], START_NS - number % 3 * HOUR_NS)
        store.submit(chunk(payload, str(number).encode(), settings=store.decode_settings)).result(20)
        if number % 4 == 3:
            store.seal()
    assert told(store) == holding(store)
    pass_days(store)
    compact(store)
    after = told(store)
    assert after == holding(store)
    assert len(set().union(*after.values())) == 1
    store.close()
