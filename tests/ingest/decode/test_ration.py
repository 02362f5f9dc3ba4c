"""Tests of how much is decoded in one call."""

import gzip

import pytest

from ingest.decode import ration, reasons
from ingest.decode.compiled import CompiledDecoder
from ingest.decode.decoder import PlainDecoder
from ingest.decode.envelope import EnvelopeDecoder
from ingest.decode.meter import Meter
from ingest.decode.ration import RationedDecoder
from ingest.decode.settings import DecodeSettings
from ingest.decode.transcode import choose_transcoders
from ingest.decode.transcoding import TranscodingDecoder
from ingest.decode.values import Ext
from logstore.model.batch import Rejection
from logstore.model.chunk import Compression, Mode
from tests.ingest.decode.wire import entries_payload, entry, event_time, packed

TIME = event_time(1_700_000_000, 1)
START = Ext(0, b"\xff\xff\xff\xff\0\0\0\0")
EVENTS = entries_payload([[TIME, {"n": n}] for n in range(50)])


@pytest.fixture
def decoder(monkeypatch):
    """A decoder of few bytes at once."""
    monkeypatch.setattr(ration, "MOST_BYTES", 20_000)
    settings = {0: DecodeSettings(max_decompressed_bytes=100_000)}
    return RationedDecoder(EnvelopeDecoder(PlainDecoder(settings), settings))


def log_of(*payloads, **fields):
    """Entries of these payloads, one after the other."""
    return [packed(payload, seq=1000 * place, **fields) for place, payload in enumerate(payloads, 1)]


def counts_of_calls(decoder, log):
    """How many entries each call took, until all are decoded; no row is lost or doubled."""
    taken, rows, rest = [], [], log
    while rest:
        decoded = decoder.decode(rest)
        taken.append(len(rest) - decoded.left)
        rows += decoded.batch.table.column("_seq").to_pylist()
        rest = rest[taken[-1] :]
    assert rows == [entry.seq + n for entry in log for n in range(50)]
    return taken


def test_small_chunks_are_decoded_together(decoder):
    """What fits is one call, and nothing is left."""
    assert counts_of_calls(decoder, log_of(EVENTS, EVENTS, rows_bound=50)) == [2]
    assert decoder.decode([]).left == 0


def test_what_a_chunk_inflates_to_counts(decoder):
    """Chunks that are small as they came are taken until their contents are enough; each call takes one."""
    small = log_of(*[gzip.compress(EVENTS + bytes(30_000))] * 3, compression=Compression.GZIP)
    decoded = decoder.decode(small)
    assert (decoded.left, decoded.batch.rows) == (2, 50)


def test_what_events_repeat_counts(decoder):
    """A long tag, or the mark of a log group, makes much of little."""
    assert counts_of_calls(decoder, log_of(*[EVENTS] * 5, tag="t" * 300, rows_bound=50)) == [2, 2, 1]
    light, heavy = (entries_payload([[START, {"resource": "r" * size}]]) + EVENTS for size in (1, 400))
    assert decoder.decode(log_of(light, light)).left == 0
    assert decoder.decode(log_of(heavy, heavy)).left == 1


def test_rejections_count(decoder):
    """Each is an object, and bytes that are no events have one for each of them."""
    assert decoder.decode(log_of(bytes(200), bytes(200), bytes(200), rows_bound=200)).left == 2


@pytest.mark.usefixtures("decoder")
def test_values_that_are_no_events_count():
    """The same goes for lines of JSON that are none."""
    bodies = [entry(Mode.JSON, b"1\n" * 200, seq=1000 * place, rows_bound=200) for place in (1, 2, 3)]
    settings = {0: DecodeSettings()}
    transcoding = TranscodingDecoder(PlainDecoder(settings), settings, choose_transcoders(is_compiled=False))
    assert RationedDecoder(EnvelopeDecoder(transcoding, settings)).decode(bodies).left == 2


@pytest.mark.parametrize("make", [PlainDecoder, CompiledDecoder])
def test_events_count_alike_in_every_decoder(make):
    """However an event is decoded, what it takes is known when the next entry is asked for."""
    settings, meter, seen = {0: DecodeSettings()}, Meter(), []

    def entries():
        for one in log_of(EVENTS, EVENTS + entries_payload([[TIME, {"n": b"\xff"}]]), EVENTS):
            seen.append(meter.bytes)
            yield one

    make(settings).decode(entries(), meter)
    assert seen[0] == 0
    assert seen[1] >= len(EVENTS) + 50 * 32
    assert meter.bytes >= 3 * (len(EVENTS) + 50 * 32)
    assert meter.bytes <= 4 * (len(EVENTS) + 50 * 32)


def test_chunks_that_cannot_be_inflated_are_rejected_in_their_order(decoder):
    """A bomb, and bytes that are no gzip, between chunks that are fine."""
    log = [
        *log_of(b"no gzip", gzip.compress(bytes(200_000)), compression=Compression.GZIP),
        packed(b"\xc1", seq=3000),
        packed(EVENTS, seq=4000),
    ]
    decoded = decoder.decode(log)
    assert decoded.batch.rows == 50
    assert decoded.rejections[:2] == (
        Rejection(1000, reasons.COMPRESSED_CORRUPT),
        Rejection(2000, reasons.COMPRESSED_TOO_LARGE),
    )
    assert decoded.rejections[2].seq == 3000
