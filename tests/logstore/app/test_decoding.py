"""Tests of logstore.app.decoding."""

import pytest

from ingest.decode.settings import DecodeSettings
from logstore.app.decoding import decoding, make_decoder
from logstore.errors import CorruptionError
from logstore.model.chunk import Chunk, Entry, Mode
from logstore.storage.decode_settings import settings_id
from tests.end_to_end.packing import NS, entries


def entry(seq, settings):
    """An event with two texts that may be its message."""
    payload = entries([(NS, {"a": "first", "b": "second"})])
    return Entry(seq, Chunk(Mode.PACKED, payload, 1, NS, tag="t", settings=settings))


def test_documents_make_a_decoder_that_decodes_each_entry_by_its_own():
    """What the store keeps and hands back is what the decoder goes by."""
    documents = [decoding(DecodeSettings(message_keys=(key,))).document for key in "ab"]
    numbers = [settings_id(document) for document in documents]
    decoder = make_decoder(dict(zip(numbers, documents, strict=True)))
    log = [entry(seq, number) for seq, number in enumerate([*numbers, numbers[0]], 1)]
    assert decoder.decode(log).batch.table.column("message").to_pylist() == ["first", "second", "first"]


def test_the_document_is_made_of_the_settings_alone():
    """Servers with equal settings share an id, and any other setting is another id."""
    assert decoding(DecodeSettings()).document == decoding(DecodeSettings()).document
    assert decoding(DecodeSettings()).document != decoding(DecodeSettings(max_depth=65)).document


def test_documents_of_other_versions_are_told_with_their_file():
    """The error names the file and who can read it."""
    document = decoding(DecodeSettings()).document.replace(b'"version": 1', b'"version": 2')
    with pytest.raises(CorruptionError, match="version is 2") as caught:
        make_decoder({0xAB: document})
    assert caught.value.path == "decode-settings/000000000000ab.json"
    assert "start the version" in caught.value.hint
