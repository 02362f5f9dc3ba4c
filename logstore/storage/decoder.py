"""What storage needs of a decoder, and nothing more of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from logstore.model.batch import DecodedEntries
from logstore.model.chunk import Entry


class Decoder(Protocol):
    """Turns log entries into columns."""

    def decode(self, entries: Sequence[Entry]) -> DecodedEntries:
        """Decodes entries, ascending by `seq`, into one batch.

        Must never raise for any payload: what cannot be decoded is a rejection. Must give the same result for the same
        entries, however they are grouped into calls. Called from several threads.
        """
