"""What a chunk says beside its payload: the tags that were rewritten, who sent it, and that it holds no logs at all.

Goes around a decoder of payloads, be it the plain or a compiled one, which need know nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from ingest.decode.settings import DecodeSettings
from ingest.decode.source_fields import add_source_fields
from ingest.decode.tag_rules import rewrite_tags
from ingest.signals import why_not_decoded
from logstore.model.batch import DecodedEntries, Rejection
from logstore.model.chunk import Entry


class PayloadDecoder(Protocol):
    """Decodes what is in payloads."""

    def decode(self, entries: Sequence[Entry]) -> DecodedEntries:
        """Decodes entries, ascending by `seq`, into one batch. Never raises for any payload."""


class EnvelopeDecoder:
    """A decoder of whole chunks; as safe to use from several threads as the one that it goes around.

    Args:
        payloads: decodes the payloads.
        settings: by id, for every id that entries bear.
    """

    def __init__(self, payloads: PayloadDecoder, settings: Mapping[int, DecodeSettings]) -> None:
        self._payloads = payloads
        self._settings = settings

    def decode(self, entries: Sequence[Entry]) -> DecodedEntries:
        """Decodes entries, ascending by `seq`, into one batch. Never raises for any payload.

        Raises:
            KeyError: an entry bears an id whose settings were not handed over.
        """
        refused = [
            Rejection(entry.seq, reason) for entry in entries if (reason := why_not_decoded(entry.chunk.options))
        ]
        if refused:
            strange = {rejection.seq for rejection in refused}
            entries = [entry for entry in entries if entry.seq not in strange]
        decoded = self._payloads.decode(entries)
        batch = add_source_fields(rewrite_tags(decoded.batch, entries), entries, self._settings)
        if refused:
            both = sorted([*decoded.rejections, *refused], key=lambda rejection: rejection.seq)
            return replace(decoded, batch=batch, rejections=tuple(both))
        return replace(decoded, batch=batch)
