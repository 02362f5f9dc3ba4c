"""Recent events: the same whether they are in the head, in parts, or in both."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.model.chunk import Entry
from logstore.storage.coalesce import coalesce
from tests.logstore.storage.lines import HOUR_NS, START_NS, LineDecoder, chunk, events
from tests.logstore.storage.test_store import opened

LINES = st.builds(
    lambda hour, offset, tag, size: f"{START_NS + hour * HOUR_NS + offset} {tag} m {size}\n".encode(),
    st.integers(-3, 3),
    st.integers(0, 10**9),
    st.sampled_from(["a", "b", "é"]),
    st.sampled_from(["1", "20", "big"]),
)
PAYLOADS = st.lists(LINES | st.just(b"bad\n"), max_size=4).map(b"".join)


@settings(max_examples=15, deadline=None)
@given(st.lists(PAYLOADS, min_size=1, max_size=8), st.data())
def test_head_parts_and_both_hold_the_same(payloads, data):
    """Where the seals fall changes nothing: the same chunks give the same events with the same sequence numbers."""
    seals = data.draw(st.sets(st.integers(0, len(payloads) - 1)), "seal after")
    found = []
    for plan in (set(), seals, set(range(len(payloads)))):
        with TemporaryDirectory() as folder, opened(Path(folder), max_parts_per_seal=2, row_group_rows=2) as store:
            for number, payload in enumerate(payloads):
                store.submit(chunk(payload)).result(10)
                if number in plan:
                    store.seal()
            with store.snapshot() as snapshot:
                found.append(events(snapshot))
    assert found[0] == found[1] == found[2]


def test_coalescing_keeps_few_batches_and_every_row():
    """Thousands of batches of one row become a handful, in order."""
    decoder = LineDecoder()
    batches = ()
    for seq in range(1, 1001):
        entry = Entry(seq, chunk(f"{START_NS} a m 1\n".encode()))
        batches = coalesce(batches, decoder.decode([entry]).batch)
    assert len(batches) <= 12
    assert [seq for batch in batches for seq in batch.table.column("_seq").to_pylist()] == list(range(1, 1001))
