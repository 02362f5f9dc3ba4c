"""Joins the decoder of intake with the store, which keeps decode settings as documents that it does not read."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.decode.decoder import PlainDecoder
from ingest.decode.document import read_document, write_document
from ingest.decode.settings import DecodeSettings
from ingest.decode.transcoding import TranscodingDecoder
from logstore.errors import CorruptionError
from logstore.storage.decoder import Decoding
from logstore.storage.layout import decode_settings_name


def decoding(settings: DecodeSettings) -> Decoding:
    """How a store decodes: by these settings what comes in from now on, and what is in its log by the settings then."""
    return Decoding(write_document(settings), make_decoder)


def make_decoder(documents: Mapping[int, bytes]) -> TranscodingDecoder:
    """A decoder for entries of these decode settings, by id.

    Raises:
        CorruptionError: another version of Logstore wrote one of them.
    """
    settings = {number: _read(number, document) for number, document in documents.items()}
    return TranscodingDecoder(PlainDecoder(settings), settings)


def _read(number: int, document: bytes) -> DecodeSettings:
    try:
        return read_document(document)
    except ValueError as error:
        remedy = "start the version of Logstore that wrote this directory"
        raise CorruptionError(str(error), decode_settings_name(number), remedy=remedy) from error
