"""What a chunk says beside its payload: the tags that were rewritten, who sent it, and that it holds no logs at all.

Goes around a decoder of payloads, be it the plain or a compiled one, which need know nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from ingest.decode.meter import Meter
from ingest.decode.settings import DecodeSettings
from ingest.decode.source_fields import add_source_fields
from ingest.decode.tag_rules import rewrite_tags
from ingest.signals import why_not_decoded
from logstore.model.batch import DecodedEntries, Rejection
from logstore.model.chunk import Entry


class PayloadDecoder(Protocol):
    """Decodes what is in payloads."""

    def decode(self, entries: Iterable[Entry], meter: Meter | None = None) -> DecodedEntries:
        """Decodes entries, ascending by `seq`, into one batch. Never raises for any payload.

        An entry is asked for when those before it are decoded, and `meter`, if any, has what they take.
        """


class EnvelopeDecoder:
    """A decoder of whole chunks; as safe to use from several threads as the one that it goes around.

    Args:
        payloads: decodes the payloads.
        settings: by id, for every id that entries bear.
    """

    def __init__(self, payloads: PayloadDecoder, settings: Mapping[int, DecodeSettings]) -> None:
        self._payloads = payloads
        self._settings = settings

    def decode(self, entries: Iterable[Entry], meter: Meter | None = None) -> DecodedEntries:
        """Decodes entries, ascending by `seq`, into one batch. Never raises for any payload.

        An entry is asked for when those before it are decoded, and `meter`, if any, has what they take.

        Raises:
            KeyError: an entry bears an id whose settings were not handed over.
        """
        taken: list[Entry] = []
        refused: list[Rejection] = []
        decoded = self._payloads.decode(_with_logs(entries, taken, refused), meter)
        batch = add_source_fields(rewrite_tags(decoded.batch, taken), taken, self._settings)
        if refused:
            both = sorted([*decoded.rejections, *refused], key=lambda rejection: rejection.seq)
            return replace(decoded, batch=batch, rejections=tuple(both))
        return replace(decoded, batch=batch)


def _with_logs(entries: Iterable[Entry], taken: list[Entry], refused: list[Rejection]) -> Iterator[Entry]:
    """The entries that hold logs, which are noted in `taken`; of the others it is noted that they were refused."""
    for entry in entries:
        if reason := why_not_decoded(entry.chunk.options):
            refused.append(Rejection(entry.seq, reason))
        else:
            taken.append(entry)
            yield entry
