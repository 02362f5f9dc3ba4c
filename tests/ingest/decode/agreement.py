"""Holding the compiled decoder against the plain one."""

from collections.abc import Mapping, Sequence

from ingest.decode.compiled import CompiledDecoder
from ingest.decode.decoder import PlainDecoder
from ingest.decode.kernel import DECLINED, Kernel
from ingest.decode.settings import DecodeSettings
from logstore.model.batch import DecodedEntries
from logstore.model.chunk import Entry
from tests.logstore.model.batches import check_batch, plain_times, read_batch
from tests.logstore.model.values import comparable


class Agreement:
    """Both decoders, used over and over, so that the compiled one meets shapes anew and again."""

    def __init__(self, settings: Mapping[int, DecodeSettings] | None = None) -> None:
        self._compiled = CompiledDecoder(settings)
        self._plain = PlainDecoder(settings)

    def of(self, entries: Sequence[Entry]) -> DecodedEntries:
        """What both make of the entries, the columns included."""
        compiled, plain = self._both(entries)
        check_batch(compiled.batch)
        assert compiled.batch.columns == plain.batch.columns
        for name in plain.batch.table.column_names:
            ours, theirs = (
                plain_times(batch.table.select([name])).column(0).to_pylist() for batch in (compiled.batch, plain.batch)
            )
            assert list(map(comparable, ours)) == list(map(comparable, theirs)), name
        return compiled

    def of_events(self, entries: Sequence[Entry]) -> DecodedEntries:
        """As `of`, wherever the values of rare fields are kept."""
        compiled, plain = self._both(entries)
        assert read_batch(compiled.batch) == read_batch(plain.batch)
        return compiled

    def _both(self, entries: Sequence[Entry]) -> tuple[DecodedEntries, DecodedEntries]:
        compiled, plain = self._compiled.decode(entries), self._plain.decode(entries)
        assert compiled.rejections == plain.rejections
        assert compiled.changes == plain.changes
        return compiled, plain


def is_taken(entry: Entry, settings: DecodeSettings | None = None) -> bool:
    """Whether the kernel itself decodes this chunk."""
    chunk = entry.chunk
    kernel = Kernel(settings or DecodeSettings())
    return kernel.decode(chunk.mode, chunk.payload, entry.seq, chunk.rows_bound, chunk.tag.encode()) != DECLINED
