"""Joins the decoder of intake with the store, which keeps decode settings as documents that it does not read."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial

from ingest.decode.choice import Choice, Kernel, choose_decoder
from ingest.decode.document import read_document, write_document
from ingest.decode.envelope import EnvelopeDecoder
from ingest.decode.ration import RationedDecoder
from ingest.decode.settings import DecodeSettings
from ingest.decode.transcode import choose_transcoders
from ingest.decode.transcoding import TranscodingDecoder
from logstore.errors import CorruptionError
from logstore.storage.decoder import Decoding
from logstore.storage.layout import decode_settings_name

_log = logging.getLogger(__name__)


def decoding(settings: DecodeSettings, choice: Choice | None = None) -> Decoding:
    """How a store decodes: by these settings what comes in from now on, and what is in its log by the settings then."""
    return Decoding(write_document(settings), partial(make_decoder, choice=choice))


def make_decoder(documents: Mapping[int, bytes], choice: Choice | None = None) -> RationedDecoder:
    """A decoder for entries of these decode settings, by id; the best that there is unless one is chosen.

    Raises:
        CorruptionError: another version of Logstore wrote one of them.
    """
    chosen = choice or choose_decoder()
    settings = {number: _read(number, document) for number, document in documents.items()}
    is_compiled = chosen.kernel is Kernel.COMPILED
    payloads = TranscodingDecoder(chosen.make(settings), settings, choose_transcoders(is_compiled=is_compiled))
    return RationedDecoder(EnvelopeDecoder(payloads, settings))


def announce(choice: Choice) -> None:
    """Tells the operator which decoder runs."""
    if choice.kernel is Kernel.COMPILED:
        _log.info("events are decoded by the compiled kernel")
    else:
        _log.warning("events are decoded in plain Python, some twenty times slower: %s", choice.reason)


def _read(number: int, document: bytes) -> DecodeSettings:
    try:
        return read_document(document)
    except ValueError as error:
        remedy = "start the version of Logstore that wrote this directory"
        raise CorruptionError(str(error), decode_settings_name(number), remedy=remedy) from error
