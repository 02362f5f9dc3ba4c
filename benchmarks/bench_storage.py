"""What events take on disk and in CPU once they are stored for good: ours, and others' beside it, in one run.

    python -m benchmarks.bench_storage --events 10000000 --compare victorialogs=PATH,VERSION

The server takes everything in and is stopped; started again, it merges parts until nothing is left to merge. Others
take the same events and merge all they have. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.contenders import MODES, Contender, Running, logstore, wait_until
from benchmarks.ingest_run import Load, Outcome, run_in, total_bytes
from benchmarks.peers import Peer, metrics, parse_peer
from benchmarks.results import conditions, write
from benchmarks.spool import Spool, prepare
from benchmarks.victorialogs import contenders, force_merge
from benchmarks.workload import Workload, last_hour_ns
from logstore.storage.index.file import Method, read_description
from logstore.storage.layout import INDEX_SUFFIX, PART_SUFFIX

_MERGE_TIMEOUT_S = 3600.0
_FEWEST_PARTS = 3
_POLL_S = 2.0
"""To be asked costs the server CPU, which is in the figure."""

_TAKING = {"LOGSTORE_COMPACTION_ENABLED": "false"}
# The hour of the events is over; a server that keeps up would have waited for it, and worked half of the time.
_MERGING = {"LOGSTORE_COMPACTION_SETTLE_S": "0", "LOGSTORE_COMPACTION_BUSY_SHARE": "1"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints and writes."""
    parser = _parser()
    options = parser.parse_args(arguments)
    peers = _peers(options, parser)
    workload = Workload(events=options.events, start_ns=last_hour_ns(), most=options.most, seed=options.seed)
    found = conditions()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.directory) as name:
        directory = Path(name)
        encodings = [MODES[options.mode].encoding, *(contenders(peer)[0].encoding for peer in peers)]
        spool = prepare(workload, encodings, options.spool or directory / "spool")
        load = Load(options.connections)
        environment = dict(text.partition("=")[::2] for text in options.variable)
        ours = measure_ours(options.mode, spool, load, directory / "logstore", environment)
        _say("logstore", ours)
        theirs = {}
        for peer in peers:
            theirs["victorialogs"] = measure_victorialogs(peer, spool, load, directory / "victorialogs")
            _say("victorialogs", theirs["victorialogs"])
    result = {
        "benchmark": "storage",
        **found,
        "workload": {
            **workload.facts(),
            "events": spool.events,
            "chunks": spool.chunks,
            "json_bytes": spool.json_bytes,
        },
        "load": asdict(load),
        "logstore": ours,
        **theirs,
        "ratios": {
            "compaction to ingest, CPU": round(ours["compaction_us_per_event"] / ours["ingest_us_per_event"], 3),
            **{
                f"bytes, index included, to {name}": round(
                    ours["bytes_per_event"]["in all"] / figures["bytes_per_event"]["in all"], 3
                )
                for name, figures in theirs.items()
            },
            "words to Parquet, bytes": ours["share_of_parquet"]["words"],
        },
    }
    _say("ratios", result["ratios"])
    write(result, options.output)


def measure_ours(mode: str, spool: Spool, load: Load, directory: Path, environment: dict[str, str]) -> dict[str, Any]:
    """A server that takes everything in, then one on the same directory that merges."""
    directory.mkdir()
    taking = logstore(mode, {**environment, **_TAKING})
    taken = run_in(directory, taking, spool, load)
    sealed_parts = len(_files(directory, PART_SUFFIX))
    if sealed_parts < _FEWEST_PARTS:
        raise SystemExit(f"there is nothing to merge among {sealed_parts} parts: measure more events")
    merging = logstore(mode, {**environment, **_MERGING})
    with merging.serving(directory) as running:
        program = running.program
        start_s, start_cpu_s = program.seconds(), program.cpu_s()
        _wait_for_merges(running)
        merged_s = program.seconds()
        program.stop()
    _check(merging, directory, taken.events)
    return {
        **_ingest_figures(taken),
        "sealed_parts": sealed_parts,
        "sealed_bytes_per_event": round(taken.stored_bytes / taken.events, 2),
        "start_s": round(start_s, 2),
        "start_cpu_s": start_cpu_s,
        "compaction_us_per_event": round((program.cpu_s() - start_cpu_s) / taken.events * 1e6, 3),
        "compaction_s": round(merged_s - start_s, 1),
        "compaction_peak_rss_bytes": program.peak_rss_bytes,
        **_stored_figures(directory, taken.events),
    }


def _wait_for_merges(running: Running) -> None:
    """Until there are merged parts, and nothing more is planned."""

    def is_done() -> bool:
        found = metrics(running.http)
        return found["logstore_compaction_rows_total"] > 0 and found["logstore_compaction_backlog"] == 0

    wait_until(is_done, running.program, running.log, _MERGE_TIMEOUT_S, _POLL_S)


def _check(contender: Contender, directory: Path, events: int) -> None:
    stored = contender.stored(directory)
    if stored.events != events:
        raise SystemExit(f"{stored.events:,} events are in the merged parts, and {events:,} were taken in")


def _ingest_figures(taken: Outcome) -> dict[str, Any]:
    return {
        "events": taken.events,
        "ingest_us_per_event": round(taken.cpu_s / taken.events * 1e6, 3),
        "ingest_peak_rss_bytes": taken.peak_rss_bytes,
    }


def _stored_figures(directory: Path, events: int) -> dict[str, Any]:
    """Bytes by kind of what is there, and their shares of the Parquet."""
    parts, indexes = _files(directory, PART_SUFFIX), _files(directory, INDEX_SUFFIX)
    parquet = sum(part.stat().st_size for part in parts)
    kinds: Counter[str] = Counter({method.value: 0 for method in Method})
    for path in indexes:
        data = path.read_bytes()
        described, start = read_description(memoryview(data), str(path))
        kinds.update({method.value: section.bytes for method, section in described.sections.items()})
        kinds["heads of indexes"] += start
    others = total_bytes(directory / "data") - parquet - sum(kinds.values())
    sizes = {"parquet": parquet, **kinds, "in all": parquet + sum(kinds.values())}
    return {
        "parts": len(parts),
        "row_groups": sum(pq.read_metadata(part).num_row_groups for part in parts),
        "bytes_per_event": {name: round(size / events, 3) for name, size in sizes.items()},
        "share_of_parquet": {name: round(size / parquet, 4) for name, size in kinds.items()},
        "catalog_ids_and_ledger_bytes_per_event": round(others / events, 3),
    }


def _files(directory: Path, suffix: str) -> list[Path]:
    return sorted((directory / "data" / "parts").rglob(f"*{suffix}"))


def measure_victorialogs(peer: Peer, spool: Spool, load: Load, directory: Path) -> dict[str, Any]:
    """The same events, and everything merged into as few parts as it makes."""
    directory.mkdir()
    contender = contenders(peer)[0]
    taken = run_in(directory, contender, spool, load)
    with contender.serving(directory) as running:
        program = running.program
        start_s, start_cpu_s = program.seconds(), program.cpu_s()
        force_merge(running, _MERGE_TIMEOUT_S)
        program.stop()
    stored = contender.stored(directory)
    if stored.events != taken.events:
        raise SystemExit(f"VictoriaLogs has {stored.events:,} events of {taken.events:,}")
    return {
        **_ingest_figures(taken),
        "version": peer.version,
        "start_s": round(start_s, 2),
        "bytes_per_event_before": round(taken.stored_bytes / taken.events, 2),
        "forced_merge_us_per_event": round((program.cpu_s() - start_cpu_s) / taken.events * 1e6, 3),
        "bytes_per_event": {"in all": round(stored.bytes / taken.events, 3)},
    }


def _say(name: str, figures: dict[str, Any]) -> None:
    print(name, flush=True)
    for key, value in figures.items():
        print(f"  {key}: {value}", flush=True)


def _peers(options: argparse.Namespace, parser: argparse.ArgumentParser) -> list[Peer]:
    try:
        return [parse_peer(text, ("victorialogs",))[1] for text in options.compare]
    except ValueError as error:
        parser.error(f"--compare {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000, help="how many, all distinct (default: %(default)s)")
    parser.add_argument("--mode", choices=("packed", "gzip"), default="packed", help="how we are sent to")
    parser.add_argument(
        "--variable",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="environment variable of our server, a setting for one; may be given several times",
    )
    parser.add_argument("--connections", type=int, default=4, help="sending at once (default: %(default)s)")
    parser.add_argument("--most", type=int, default=10_000, help="events of the largest chunks (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="other seeds make other events (default: %(default)s)")
    parser.add_argument(
        "--spool", type=Path, help="directory that keeps the encoded events for another run with the same"
    )
    parser.add_argument(
        "--directory", type=Path, help="where everything is stored meanwhile; a temporary one by default"
    )
    parser.add_argument(
        "--compare",
        action="append",
        default=[],
        metavar="victorialogs=PATH[,VERSION]",
        help="a program of VictoriaLogs to measure beside us",
    )
    parser.add_argument("--output", type=Path, help="file for the result as JSON")
    return parser


if __name__ == "__main__":
    main()
