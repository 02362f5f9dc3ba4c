"""Tests of the decoder with the compiled kernel: what stands around the kernel."""

import gzip
from dataclasses import fields
from threading import Thread

import pytest
import zstandard

from ingest.decode import compiled, copies, reasons
from ingest.decode.compiled import CompiledDecoder
from ingest.decode.settings import DecodeSettings
from logstore.model.batch import Rejection
from logstore.model.chunk import Compression
from tests.ingest.decode.agreement import Agreement
from tests.ingest.decode.wire import Mode, entries_payload, entry, event_time, packed
from tests.logstore.model.batches import read_batch

TIME = event_time(1_700_000_000, 1)
EVENTS = entries_payload([TIME, {"a": number, "b": f"text {number}"}] for number in range(100))


def test_an_unknown_settings_id_is_an_error():
    """There is nothing to fall back on."""
    with pytest.raises(KeyError):
        CompiledDecoder({1: DecodeSettings()}).decode([packed(EVENTS, settings=2)])
    assert CompiledDecoder().decode([packed(EVENTS)]).batch.rows == 100


def test_nothing_is_nothing():
    """No entries, empty chunks."""
    assert CompiledDecoder().decode([]).batch.rows == 0
    assert Agreement().of([packed(b""), entry(Mode.FORWARD, b"\x90", seq=1001)]).batch.rows == 0


@pytest.mark.parametrize(
    ("compression", "pack"), [(Compression.GZIP, gzip.compress), (Compression.ZSTD, zstandard.compress)]
)
def test_compressed_chunks(compression, pack):
    """They are inflated once, whoever decodes them; what cannot be inflated is rejected."""
    whole, broken = pack(EVENTS), pack(EVENTS)[:-3]
    declined = pack(EVENTS + b"\xc1")
    payloads = [whole, broken, declined, whole + whole]
    log = [
        packed(payload, seq=1000 * place, rows_bound=300, compression=compression)
        for place, payload in enumerate(payloads, 1)
    ]
    decoded = Agreement().of(log)
    assert decoded.batch.rows == 100 + 100 + 200
    assert [found.seq for found in decoded.rejections] == [2000, 3100]


def test_a_long_tag_is_not_copied_without_end(monkeypatch):
    """The limit is the plain decoder's, and so is what is told."""
    monkeypatch.setattr(copies, "MOST_COPIED_BYTES", 10_000)
    decoded = Agreement().of([packed(EVENTS, tag="t" * 968), packed(EVENTS, seq=2000)])
    assert decoded.batch.rows == 10 + 100
    assert decoded.rejections == (Rejection(1010, reasons.TOO_MUCH_COPIED),)


def test_a_tag_that_is_no_text_is_for_the_plain_decoder():
    """It says what becomes of the bytes."""
    decoded = Agreement().of([packed(EVENTS, tag="app\udcff")])
    assert decoded.changes == {"tag with invalid UTF-8": 100}


@pytest.mark.parametrize(("events", "size"), [(150, 2**30), (10**9, 4000)])
def test_pieces_are_joined(monkeypatch, events, size):
    """However much is decoded at a time, the result is one batch."""
    monkeypatch.setattr(compiled, "_PIECE_EVENTS", events)
    monkeypatch.setattr(compiled, "_PIECE_BYTES", size)
    log = [packed(EVENTS, seq=1000 * place) for place in range(1, 6)]
    assert Agreement().of(log).batch.rows == 500


def test_entries_of_several_settings_in_one_call():
    """Each is decoded by its own."""
    both = Agreement({1: DecodeSettings(message_keys=("a",)), 2: DecodeSettings(message_keys=("b",))})
    log = [packed(EVENTS, seq=1000 * place, settings=1 + place % 2) for place in range(1, 6)]
    assert both.of(log).batch.rows == 500


def test_the_kernel_serves_several_threads():
    """Each has a kernel of its own."""
    decoder = CompiledDecoder()
    log = [packed(EVENTS * 20, seq=10_000 * place) for place in range(1, 6)]
    expected = read_batch(decoder.decode(log).batch)
    found = []
    threads = [Thread(target=lambda: found.append(read_batch(decoder.decode(log).batch))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_a_kernel_that_failed_is_not_used_again():
    """What it holds is not known; the next call gets another one, and the right rows."""
    decoder = CompiledDecoder()
    with pytest.raises(TypeError):
        decoder.decode([packed(EVENTS), packed("no bytes", seq=2000)])
    assert decoder.decode([packed(EVENTS)]).batch.rows == 100


def test_every_decode_setting_is_known_to_the_kernel():
    """Whoever adds one asks whether the kernel keeps to it, then adds its name here."""
    assert {field.name for field in fields(DecodeSettings)} == {
        "message_keys",  # by `plan.make_plan`
        "level_keys",  # likewise
        "level_scale",  # by `normalize_level`
        "time_keys",  # by the transcoders, before it
        "source_address_key",  # by `envelope`, after it
        "source_hostname_key",  # likewise
        "max_depth",
        "max_columns",  # by `batch_from_arrays`
        "max_decompressed_bytes",  # by `decompress`
    }
