"""How many events a second one core decodes: the decoder that the server would use, and the one in plain Python.

    python -m benchmarks.bench_decode --events 200000

No server, no disk, one thread. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.encodings import entries, gzipped, message
from benchmarks.results import conditions, write
from benchmarks.workload import Batch, Workload, generate, last_hour_ns
from ingest.decode.decoder import PlainDecoder
from ingest.decode.document import write_document
from ingest.decode.settings import DecodeSettings
from logstore.app.decoding import make_decoder
from logstore.model.chunk import Chunk, Compression, Entry, Mode
from logstore.storage.chunk_cost import payload_bytes
from logstore.storage.decoder import Decoder
from logstore.storage.settings import StorageSettings

MODES = ("packed", "gzip", "message")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints and writes."""
    options = _parser().parse_args(arguments)
    workload = Workload(events=options.events, start_ns=last_hour_ns(), lines=options.lines)
    batches = list(generate(workload))
    figures: dict[str, dict[str, int]] = {}
    for mode in options.mode or MODES:
        runs = list(runs_of(entries_of(mode, batches)))
        figures[mode] = {name: _rate(decoder, runs, options.rounds) for name, decoder in _decoders().items()}
        said = ", ".join(f"{name} {rate:,}" for name, rate in figures[mode].items())
        print(f"{mode}: events for each CPU second: {said}", flush=True)
    result = {"benchmark": "decode", **conditions(), "workload": workload.facts(), "events_per_cpu_s": figures}
    write(result, options.output)


def _decoders() -> dict[str, Decoder]:
    """By name of their class: the one in force first; the other one unless it is the same."""
    in_force = make_decoder({0: write_document(DecodeSettings())})
    decoders: list[Decoder] = [in_force, PlainDecoder()]
    return {type(decoder).__name__: decoder for decoder in decoders}


def entries_of(mode: str, batches: Iterable[Batch]) -> Iterator[Entry]:
    """The log entries that chunks become."""
    seq = 0
    for batch in batches:
        yield Entry(seq, _chunk(mode, batch))
        seq += len(batch.events)


def _chunk(mode: str, batch: Batch) -> Chunk:
    rows, now_ns, tag = len(batch.events), time.time_ns(), batch.source.tag
    if mode == "message":
        payload = b"".join(data for data, _ in message(batch))
        return Chunk(Mode.MESSAGES, payload, rows, now_ns)
    if mode == "gzip":
        compressed = gzipped(entries(batch))
        return Chunk(Mode.PACKED, compressed, rows, now_ns, Compression.GZIP, tag.encode(), tag)
    return Chunk(Mode.PACKED, entries(batch), rows, now_ns, wire_tag=tag.encode(), tag=tag)


def runs_of(found: Iterator[Entry]) -> Iterator[list[Entry]]:
    """As many in one call as the server decodes at once."""
    most = StorageSettings().max_run_bytes
    run: list[Entry] = []
    for entry in found:
        run.append(entry)
        if sum(payload_bytes(one.chunk) for one in run) >= most:
            yield run
            run = []
    if run:
        yield run


def _rate(decoder: Decoder, runs: Sequence[Sequence[Entry]], rounds: int) -> int:
    """Events for each CPU second in the best of some rounds, for what disturbs only ever slows down.

    What was decoded is kept until the end of its round, as a server keeps it until it is sealed: what new memory costs
    is in the figure.
    """
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        decoded = [decoder.decode(run).batch for run in runs]
        best = min(best, time.process_time() - began)
        events = sum(batch.rows for batch in decoded)
        del decoded
    expected = sum(entry.chunk.rows_bound for entry in itertools.chain.from_iterable(runs))
    if events != expected:
        raise SystemExit(f"{type(decoder).__name__} made {events:,} events of {expected:,}")
    return round(events / best)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000, help="how many are decoded (default: %(default)s)")
    parser.add_argument("--mode", choices=MODES, action="append", help="may be given several times; all by default")
    parser.add_argument("--rounds", type=int, default=3, help="of which the best counts (default: %(default)s)")
    parser.add_argument("--lines", type=Path, help="directory whose files' lines containers log; made up by default")
    parser.add_argument("--output", type=Path, help="file for the result as JSON")
    return parser


if __name__ == "__main__":
    main()
