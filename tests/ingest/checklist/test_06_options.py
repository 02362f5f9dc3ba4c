"""Section 6: options."""

from __future__ import annotations

import gzip

import pytest
import zstandard

from ingest.forward.limits import Limits
from logstore.model.chunk import Compression
from tests.ingest.checklist.told import asking, entries, pack, packed, tell, told
from tests.ingest.forward.wire_samples import text_forms
from tests.ingest.senders import listening

BODY = packed(*entries(1, 2))


async def test_6_0_chunk_asks_for_an_ack():
    """And without it there is none."""
    assert (await told(pack(["t", BODY, asking("id")]))).acks == ["id"]
    assert (await told(pack(["t", BODY, {"size": 2}]))).answer == b""


@pytest.mark.parametrize("size", [0, 2, 10**9, -1, "many", None, [5]])
async def test_6_0_size_is_never_trusted(size):
    """Wrong, huge, or no number: stored and acked."""
    found = await told(pack(["t", BODY, asking(size=size)]) + pack(["t", entries(3), asking("y", size=size)]))
    assert (found.of("n"), found.acks) == ([1, 2, 3], ["x", "y"])


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("text", BODY),
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("zstd", zstandard.compress(BODY)),
        (None, BODY),
        (False, BODY),
    ],
)
async def test_6_0_compressed_names(name, body):
    """`text`, `gzip` and `zstd`; absent, nil and false mean none."""
    found = await told(pack(["t", body, asking(compressed=name)]))
    assert (found.of("n"), found.acks, found.counters.notes) == ([1, 2], ["x"], {})


async def test_6_0_unknown_keys_and_any_text_form_of_keys():
    """Users add pairs of their own (Fluent Bit's `add_option`); keys are str or bin."""
    own = pack("my.key") + pack({"any": ["thing"]}) + b"\x05\x06" + b"\xc0\xc0"
    wire = b"".join(b"\x93\xa1t" + pack(BODY) + b"\x84" + own + form + b"\xa1x" for form in text_forms(b"chunk"))
    assert (await told(wire)).acks == ["x"] * 7


@pytest.mark.parametrize("option", ["text", 5, 1.5, True, [1], b"\x00"])
@pytest.mark.parametrize("start", [["t", entries(1)], ["t", packed(*entries(1))], ["t", 1, {"n": 1}]])
async def test_6_1_an_option_that_is_no_map_is_ignored_and_counted(start, option):
    """The events are stored, the connection stays (also where Fluent Bit closes: 6.5)."""
    found = await told(pack([*start, option]) + pack(["t", 1, {"n": 2}]))
    assert (found.of("n"), found.is_kept) == ([1, 2], True)
    assert found.counters.notes == {"option is not a map": 1}


@pytest.mark.parametrize("name", ["lz4", "GZIP", "Gzip", "gzip ", "identity", "x" * 1000, 5])
async def test_6_2_unknown_compression_is_acked_and_rejected_whole(name, caplog):
    """No retry could help, so it is stored as it came and acknowledged; the decoder puts it aside under this reason."""
    found = await told(pack(["t", BODY, asking(compressed=name)]) + pack(["t", 1, {"n": 3}]))
    assert (found.of("n"), found.acks, found.is_kept) == ([3], ["x"], True)
    assert found.rejected == {"unknown compression": 1}
    assert (found.chunks[0].compression, found.chunks[0].payload) == (Compression.UNKNOWN, BODY)
    assert found.counters.notes == {"unknown compression": 1}
    said = [record.getMessage() for record in caplog.records if "compression" in record.getMessage()]
    assert len(said) == 1
    assert len(said[0]) < 300


async def test_6_2_unknown_compression_does_not_fill_the_log(caplog):
    """Strangers may connect as often as they like; the line comes once, and later with how many there were."""
    async with listening() as here:
        for number in range(5):
            await tell(here, pack(["t", BODY, asking(str(number), compressed="lzma")]))
    assert len([record for record in caplog.records if "compression" in record.getMessage()]) == 1


@pytest.mark.parametrize("option", [{}, {"compressed": "text"}, {"chunk": "x"}, None])
@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
async def test_6_3_undeclared_compression_is_seen(compress, option):
    """By the magic number, with an option map or without; counted."""
    found = await told(pack(["t", compress(BODY), option]))
    assert (found.of("n"), found.counters.notes) == ([1, 2], {"undeclared compression": 1})


async def test_6_3_plain_entries_are_never_taken_for_compressed():
    """They start with an array."""
    for body in (BODY, b"\xdc\x00\x02\x01\x80", b"\xdd\x00\x00\x00\x02\x01\x80"):
        found = await told(pack(["t", body]))
        assert (found.chunks[0].compression, found.rejected) == (Compression.NONE, {})


SIGNALS = [
    (1, "metrics are not stored"),
    (2, "traces are not stored"),
    (3, "events of an unknown kind are not stored"),
]


@pytest.mark.parametrize(("signal", "reason"), SIGNALS)
@pytest.mark.parametrize("start", [["t", entries(1)], ["t", BODY], ["t", 1, {"n": 1}]])
async def test_6_4_other_signals_are_acked_and_dropped(start, signal, reason):
    """Counted; never stored as if they were logs; what comes after them is."""
    found = await told(pack([*start, asking(fluent_signal=signal)]) + pack(["t", 1, {"n": 9}, {"fluent_signal": 0}]))
    assert (found.of("n"), found.acks, found.rejected) == ([9], ["x"], {})
    assert (len(found.chunks), found.counters.discarded) == (1, {reason: 1})


@pytest.mark.parametrize(("signal", "reason"), SIGNALS)
@pytest.mark.parametrize("start", [["t", entries(1)], ["t", BODY], ["t", 1, {"n": 1}]])
async def test_6_4_other_signals_may_be_kept_in_quarantine(start, signal, reason):
    """`forward.signals = "quarantine"`: stored as they came, and rejected whole."""
    option = asking(fluent_signal=signal)
    wire = pack([*start, option]) + pack([*start, {"fluent_signal": signal}]) + pack(["t", 1, {"n": 9}])
    found = await told(wire, limits=Limits(drops_signals=False))
    assert (found.of("n"), found.acks, found.rejected) == ([9], ["x"], {reason: 2})
    assert found.counters.discarded == {}


@pytest.mark.parametrize("option", [None, 5, "x", {"chunk": 7}, {"chunk": b"id"}])
async def test_6_5_what_closes_fluent_bit_does_not_close_us(option):
    """Nil and other options beside packed entries, and ids that are no str."""
    found = await told(pack(["t", BODY, option]))
    assert (found.of("n"), found.is_kept) == ([1, 2], True)
