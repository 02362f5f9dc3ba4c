"""The decoder with the compiled kernel: plain events go through the kernel, all others through the plain decoder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from threading import Lock

from ingest.decode.copies import event_bytes, most_events
from ingest.decode.decompress import decompress
from ingest.decode.kernel import DECLINED, WHOLE, Kernel
from ingest.decode.meter import Meter
from ingest.decode.plans import Plans
from ingest.decode.reasons import PAST_BOUND, TOO_MUCH_COPIED, RejectedError
from ingest.decode.run import Run
from ingest.decode.settings import DecodeSettings
from ingest.decode.source_fields import source_bytes
from logstore.model.batch import DecodedEntries
from logstore.model.chunk import Chunk, Compression, Entry, Mode
from logstore.model.merge import batch_from_arrays

# What is decoded and not yet a batch. Larger pieces are fewer to join; text columns hold 2 GiB at most, and a chunk
# that does not fit into what is left of one goes the slow way.
_PIECE_EVENTS = 262_144
_PIECE_BYTES = 128 * 2**20

_MODES = frozenset({Mode.MESSAGES, Mode.FORWARD, Mode.PACKED})
_COMPRESSIONS = frozenset({Compression.NONE, Compression.GZIP, Compression.ZSTD})


class CompiledDecoder:
    """Decodes log entries by the settings under whose id they came in; safe to use from several threads.

    Gives the same events, rejections and changes as `decoder.PlainDecoder`; what the kernel leaves over or declines
    is decoded as that one does it.

    Args:
        settings: as for `PlainDecoder`.
    """

    def __init__(self, settings: Mapping[int, DecodeSettings] | None = None) -> None:
        known = {0: DecodeSettings()} if settings is None else settings
        self._benches = {number: _Bench(found) for number, found in known.items()}

    def decode(self, entries: Iterable[Entry], meter: Meter | None = None) -> DecodedEntries:
        """Decodes entries, ascending by `seq`, into one batch. Never raises for any payload.

        An entry is asked for when those before it are decoded, and `meter`, if any, has what they take.

        Raises:
            KeyError: an entry bears an id whose settings were not handed over.
        """
        run = Run(meter)
        for number, group in groupby(entries, lambda entry: entry.chunk.settings):
            bench = self._benches[number]
            with bench.kernel() as kernel:
                _Pieces(run, bench.plans, kernel).add(group)
        return run.finish()


class _Bench:
    """What belongs to one set of settings."""

    def __init__(self, settings: DecodeSettings) -> None:
        self.plans = Plans(settings)
        self._idle: list[Kernel] = []
        self._lock = Lock()

    @contextmanager
    def kernel(self) -> Iterator[Kernel]:
        """A kernel that no other thread has; it keeps what it learned for the next one."""
        with self._lock:
            kernel = self._idle.pop() if self._idle else Kernel(self.plans.settings)
        yield kernel
        # Not after an error: what the kernel then holds is not known.
        with self._lock:
            self._idle.append(kernel)


class _Pieces:
    """Entries of one set of settings on their way through a kernel into a run."""

    def __init__(self, run: Run, plans: Plans, kernel: Kernel) -> None:
        self._run = run
        self._plans = plans
        self._kernel = kernel
        self._bytes = 0

    def add(self, entries: Iterator[Entry]) -> None:
        """Decodes all of them; the kernel is left empty."""
        for entry in entries:
            self._add(entry)
            if self._kernel.row_count >= _PIECE_EVENTS:
                self._end_piece()
        self._end_piece()

    def _add(self, entry: Entry) -> None:
        chunk, settings = entry.chunk, self._plans.settings
        if not _is_for_kernel(chunk):
            self._run.add(entry, self._plans)
            return
        try:
            data = decompress(chunk.payload, chunk.compression, settings.max_decompressed_bytes)
        except RejectedError as error:
            self._run.reject(entry, 0, error.reason)
            return
        if self._bytes + len(data) > _PIECE_BYTES:
            self._end_piece()
        sources = source_bytes(chunk, settings)
        bound, rows = min(chunk.rows_bound, most_events(chunk.tag, sources)), self._kernel.row_count
        stopped = self._kernel.decode(chunk.mode, data, entry.seq, bound, chunk.tag.encode())
        if stopped == DECLINED:
            self._run.add_payload(entry, data, self._plans)
            return
        self._bytes += len(data)
        events = self._kernel.row_count - rows
        self._run.meter.add(len(data) + events * event_bytes(chunk.tag, sources))
        left = self._kernel.left_over()
        if left:
            self._run.add_left_over(entry, data, left, self._plans)
        if stopped != WHOLE:
            self._run.reject(entry, stopped, PAST_BOUND if stopped >= chunk.rows_bound else TOO_MUCH_COPIED)

    def _end_piece(self) -> None:
        rows, arrays, changes = self._kernel.take()
        if rows:
            most = self._plans.settings.max_columns
            self._run.add_batch(batch_from_arrays(rows, arrays, most), changes, most)
        self._bytes = 0


def _is_for_kernel(chunk: Chunk) -> bool:
    """Whether the chunk is of a kind that the kernel knows. New kinds are for the plain decoder until it does."""
    return chunk.mode in _MODES and chunk.compression in _COMPRESSIONS and _is_utf8(chunk.tag)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
