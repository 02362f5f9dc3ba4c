"""Section 13: limits and hostile input (memory and time of a process: `tests/end_to_end/test_hostile_senders.py`)."""

from __future__ import annotations

import gzip
import zlib

import pytest
import zstandard

from ingest.decode.settings import DecodeSettings
from ingest.forward.limits import Limits
from logstore.model.chunk import Chunk, Compression, Entry, Mode
from tests.ingest.checklist.told import asking, decoded, entries, pack, packed, tell, told
from tests.ingest.senders import listening

BODY = packed(*entries(1, 2))


async def test_13_1_each_message_is_measured_alone():
    """Many small ones in one write are not one large one."""
    small = pack(["t", 1, {"k": "x" * 500}])
    found = await told(small * 10, limits=Limits(max_message_bytes=1000))
    assert (len(found.events), found.is_kept) == (10, True)


async def test_13_2_a_message_above_the_limit_closes_without_ack():
    """Counted by reason; what came before is stored and acked. The default takes what memory buffers make."""
    assert Limits().max_message_bytes >= 16 << 20
    large = pack(["t", packed([1, {"k": "x" * 2000}]), asking("y")])
    found = await told(pack(["t", entries(1), asking()]) + large, limits=Limits(max_message_bytes=1000))
    assert (found.of("n"), found.acks) == ([1], ["x"])
    assert found.counters.malformed == {"message is too large": 1}


def bomb(name: str) -> bytes:
    """10 MB of zeros in some 10 kB."""
    return gzip.compress(bytes(10**7)) if name == "gzip" else zstandard.compress(bytes(10**7))


@pytest.mark.parametrize("name", ["gzip", "zstd"])
async def test_13_3_decompression_stops_at_the_limit(name):
    """The chunk is acked and rejected whole, and not more of it is inflated than the limit allows."""
    wire = pack(["t", bomb(name), asking(compressed=name)])
    found = await told(wire, decode=DecodeSettings(max_decompressed_bytes=10**6))
    assert (found.events, found.acks) == ([], ["x"])
    assert found.rejected == {"decompressed data is too large": 1}


async def test_13_3_zstd_windows_are_limited():
    """A frame that asks for more than 8 MiB of memory to read it is corrupt to us."""
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True, write_content_size=0)
    body = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = body.compress(BODY) + body.flush()
    found = await told(pack(["t", data, asking(compressed="zstd")]))
    assert (found.acks, found.rejected) == (["x"], {"compressed data is corrupt": 1})


@pytest.mark.parametrize("name", ["gzip", "zstd"])
async def test_13_4_many_members_are_normal(name):
    """Fluentd makes one for each append; several frames of zstd likewise."""
    compress = gzip.compress if name == "gzip" else zstandard.compress
    body = b"".join(compress(pack(entry)) for entry in entries(*range(200)))
    assert (await told(pack(["t", body, {"compressed": name}]))).of("n") == list(range(200))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (gzip.compress(BODY, mtime=0) + bytes(8), "compressed data is corrupt"),
        (gzip.compress(BODY, mtime=0) + b"garbage", "compressed data is corrupt"),
        (gzip.compress(BODY, mtime=0)[:-3], "compressed data is truncated"),
        (gzip.compress(BODY, mtime=0)[:-8] + bytes(8), "compressed data is corrupt"),
        (b"no gzip", "compressed data is corrupt"),
        (BODY, "compressed data is corrupt"),
        (zlib.compress(BODY), "compressed data is corrupt"),
    ],
)
async def test_13_4_broken_gzip_is_acked_and_rejected_whole(body, reason):
    """Half of a chunk must not be stored as if it were all; a retry would bring the same bytes."""
    found = await told(pack(["t", body, asking(compressed="gzip")]))
    assert (found.events, found.acks, found.rejected) == ([], ["x"], {reason: 1})


async def test_13_4_nothing_compressed_is_no_events():
    """An empty payload of any compression: acked."""
    for name in ("gzip", "zstd", "text"):
        found = await told(pack(["t", b"", asking(compressed=name)]))
        assert (found.events, found.acks, found.rejected) == ([], ["x"], {})


@pytest.mark.parametrize(
    ("body", "numbers", "rejected"),
    [
        (BODY + pack(entries(3)[0])[:-2], [1, 2], {"payload is truncated": 1}),
        (packed(entries(1)[0], 5, {}, "x", entries(2)[0]), [1, 2], {"entry is not an array of time and record": 3}),
        (packed(entries(1)[0]) + b"\xc1" + BODY, [1], {"not msgpack (byte c1)": 1}),
        (packed(entries(1)[0], [], [1], entries(2)[0]), [1, 2], {"entry is not an array of time and record": 2}),
        (packed([1, {"n": 1}, "more"]), [1], {}),
    ],
)
async def test_13_5_good_entries_of_a_packed_chunk_are_kept(body, numbers, rejected):
    """Bad ones are counted by reason, and the chunk acked; after c1 or a truncated value the good prefix is kept."""
    found = await told(pack(["t", body, asking()]))
    assert (found.of("n"), found.acks, found.rejected) == (numbers, ["x"], rejected)


async def test_13_5_good_entries_of_a_forward_chunk_are_kept():
    """Bad items in the middle cost themselves only."""
    found = await told(pack(["t", [*entries(1), 5, {}, [], *entries(2)], asking()]))
    assert (found.of("n"), found.acks) == ([1, 2], ["x"])
    assert found.rejected == {"entry is not an array of time and record": 3}


def test_13_5_what_survives_of_a_chunk_depends_on_its_bytes_alone():
    """Replayed after a restart it becomes the same events under the same numbers."""
    body = packed(entries(1)[0], 5, entries(2)[0])
    log = [Entry(7, Chunk(Mode.PACKED, body, 10, 1, tag="t", compression=Compression.NONE))]
    first, second = (decoded([entry.chunk for entry in log], DecodeSettings()) for _ in range(2))
    assert first.batch.table.equals(second.batch.table)
    assert first.rejections == second.rejections


@pytest.mark.parametrize("limit", ["max_connections", "max_connections_per_source"])
async def test_13_6_connections_are_limited(limit):
    """In total and by source; one too many is closed at once."""
    async with listening(**{limit: 1}) as here:
        first, second = await here.connect(), await here.connect()
        assert await second.rest() == b""
        await first.send(pack(["t", [], asking()]))
        assert await first.acks(1) == ["x"]
        await first.close()
        await second.close()
        assert sum(here.counters.connections_refused.values()) == 1


async def test_13_6_idle_connections_are_kept_and_half_messages_are_not():
    """Docker is silent for days; half a message is memory, so it has a deadline."""
    async with listening(message_timeout_s=0.05) as here:
        idle = await here.connect()
        assert await tell_half(here) == b""
        assert here.counters.connections_cut == {"message took too long": 1}
        await idle.send(pack(["t", [], asking()]))
        assert await idle.acks(1) == ["x"]
        await idle.close()


async def tell_half(here):
    """Half a message on a connection that stays open; returns when it is closed."""
    sender = await here.connect()
    await sender.send(pack(["t", entries(1), asking()])[:-1])
    answer = await sender.rest()
    await sender.close()
    return answer


async def test_13_6_bytes_in_flight_are_limited():
    """Of one connection and of all halves of messages (`test_server` has the details)."""
    async with listening(max_unacked_bytes=100_000, max_unfinished_bytes=1_000_000) as here:
        for number in range(50):
            answer = await tell(here, pack(["t", packed([1, {"k": "x" * 50_000}]), asking(str(number))]))
            assert answer.endswith(pack(str(number)))
        assert here.counters.unacked_bytes == 0
