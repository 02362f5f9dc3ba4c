"""What storage needs of a decoder, and nothing more of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from logstore.model.batch import DecodedEntries
from logstore.model.chunk import Entry


class Decoder(Protocol):
    """Turns log entries into columns."""

    def decode(self, entries: Sequence[Entry]) -> DecodedEntries:
        """Decodes entries, ascending by `seq`, into one batch.

        It takes the first of them at least, and says how many of the last it left because memory is bounded.

        Must never raise for any payload: what cannot be decoded is a rejection. Must give the same result for the same
        entries, however they are grouped into calls. Called from several threads, for entries whose settings
        (`Chunk.settings`) it was made with.
        """


MakeDecoder = Callable[[Mapping[int, bytes]], Decoder]
"""Makes a decoder with these documents of decode settings, by id. Raises WorldError for one that it cannot read."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a store decodes what it holds.

    Attributes:
        document: the decode settings for chunks that come in from now on. Any bytes: only `make_decoder` reads them.
        make_decoder: called once, when it is known which settings the entries of the log refer to.
    """

    document: bytes
    make_decoder: MakeDecoder
