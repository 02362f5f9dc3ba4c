"""How many events a CPU second takes in, from the first byte to sealed parts; ours, and others' beside it.

    python -m benchmarks.bench_ingest --events 1000000 --mode packed

See benchmarks/README.md for what is measured, on what data, and what is in the figures.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import loki, victorialogs
from benchmarks.contenders import MODES, Contender, logstore
from benchmarks.ingest_run import MB, Load, Outcome, run
from benchmarks.peers import parse_peer
from benchmarks.results import conditions, median_figures, ratio, write
from benchmarks.spool import Spool, prepare
from benchmarks.workload import Workload, last_hour_ns

PEERS = {"victorialogs": victorialogs.contenders, "loki": loki.contenders}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints and writes."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.compare and options.passes > 1:
        parser.error("--passes measures us alone: others take an event that they know for the same one")
    contenders = _contenders(options, parser)
    workload = _workload(options)
    load = Load(options.connections, options.rate, options.passes)
    # Looked at before the measurement, for the source may be another one after it.
    found = conditions()
    with tempfile.TemporaryDirectory(prefix="bench-spool-") as temporary:
        began = time.monotonic()
        spool = prepare(workload, (one.encoding for one in contenders), options.spool or Path(temporary))
        _say_workload(spool, time.monotonic() - began)
        outcomes = measure(contenders, spool, load, options.rounds)
    result = {**found, **report(contenders, outcomes, workload, spool, load)}
    _say_ratios(result)
    write(result, options.output)


def measure(contenders: Sequence[Contender], spool: Spool, load: Load, rounds: int) -> dict[str, list[Outcome]]:
    """Runs all contenders in turn, in each round in the opposite order to the round before."""
    outcomes: dict[str, list[Outcome]] = {one.name: [] for one in contenders}
    for number in range(rounds):
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            outcome = run(contender, spool, load)
            outcomes[contender.name].append(outcome)
            _say_outcome(contender, outcome)
    return outcomes


def report(
    contenders: Sequence[Contender],
    outcomes: dict[str, list[Outcome]],
    workload: Workload,
    spool: Spool,
    load: Load,
) -> dict[str, Any]:
    """Everything that is written down."""
    runs = {name: [one.figures() for one in of_one] for name, of_one in outcomes.items()}
    medians = {name: median_figures(figures) for name, figures in runs.items()}
    ours = medians[contenders[0].name]
    return {
        "benchmark": "ingest",
        "workload": {**workload.facts(), "chunks": spool.chunks, "tags": spool.tags, "json_bytes": spool.json_bytes},
        "load": asdict(load),
        "contenders": {
            one.name: {
                "version": one.version,
                "encoding": one.encoding,
                "settings": one.settings,
                "runs": runs[one.name],
                "median": medians[one.name],
            }
            for one in contenders
        },
        "ratios": {
            name: {
                "events_per_cpu_s": ratio(ours["events_per_cpu_s"], theirs["events_per_cpu_s"]),
                "stored_bytes_per_event": ratio(ours["stored_bytes_per_event"], theirs["stored_bytes_per_event"]),
                "peak_rss_bytes": ratio(ours["peak_rss_bytes"], theirs["peak_rss_bytes"]),
            }
            for name, theirs in medians.items()
            if name != contenders[0].name
        },
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000, help="how many are generated (default: %(default)s)")
    parser.add_argument("--mode", choices=MODES, action="append", help="how we are sent to; may be given several times")
    parser.add_argument(
        "--variable",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="environment variable of our server, a setting for one; may be given several times",
    )
    parser.add_argument("--connections", type=int, default=4, help="sending at once (default: %(default)s)")
    parser.add_argument("--rate", type=float, help="events a second at most; as many as are acknowledged by default")
    parser.add_argument("--passes", type=int, default=1, help="how often all events are sent (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="runs of each contender (default: %(default)s)")
    parser.add_argument("--sources", type=int, default=300, help="things that log, a tag each (default: %(default)s)")
    parser.add_argument("--least", type=int, default=100, help="events of the smallest chunks (default: %(default)s)")
    parser.add_argument("--most", type=int, default=10_000, help="events of the largest chunks (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="other seeds make other events (default: %(default)s)")
    parser.add_argument("--lines", type=Path, help="directory whose files' lines containers log; made up by default")
    parser.add_argument(
        "--spool", type=Path, help="directory that keeps the encoded events for another run with the same"
    )
    parser.add_argument(
        "--compare",
        action="append",
        default=[],
        metavar="KIND=PATH[,VERSION]",
        help=f"a peer's program to measure beside us, {' or '.join(PEERS)}; may be given several times",
    )
    parser.add_argument("--output", type=Path, help="file for the result as JSON")
    return parser


def _contenders(options: argparse.Namespace, parser: argparse.ArgumentParser) -> list[Contender]:
    environment = dict(text.partition("=")[::2] for text in options.variable)
    found = [logstore(mode, environment) for mode in options.mode or ["packed"]]
    for text in options.compare:
        try:
            kind, peer = parse_peer(text, tuple(PEERS))
        except ValueError as error:
            parser.error(f"--compare {error}")
        found += PEERS[kind](peer)
    return found


def _workload(options: argparse.Namespace) -> Workload:
    return Workload(
        events=options.events,
        start_ns=last_hour_ns(),
        sources=options.sources,
        least=options.least,
        most=options.most,
        seed=options.seed,
        lines=options.lines,
    )


def _say_workload(spool: Spool, seconds: float) -> None:
    print(
        f"{spool.events:,} events in {spool.chunks:,} chunks under {spool.tags} tags, "
        f"{spool.json_bytes / spool.events:.0f} bytes of JSON each; ready after {seconds:.1f} s"
    )


def _say_outcome(contender: Contender, outcome: Outcome) -> None:
    figures = outcome.figures()
    early, late = outcome.rss_halves_bytes
    print(
        f"{contender.name}: {figures['events_per_cpu_s']:,} events, {figures['json_mb_per_cpu_s']:.1f} MB of JSON"
        f" a CPU second\n"
        f"  CPU {outcome.cpu_s:.2f} s, {outcome.answered_cpu_s:.2f} of them until the last answer;"
        f" before the first byte {outcome.start_cpu_s:.2f} s, not counted\n"
        f"  wall {outcome.answered_s:.2f} s until the last answer and {outcome.stop_s:.2f} s to stop\n"
        f"  memory {outcome.peak_rss_bytes / MB:.0f} MB at most;"
        f" {early / MB:.0f} and {late / MB:.0f} MB in the halves of sending\n"
        f"  disk {figures['stored_bytes_per_event']:.1f} bytes an event, "
        f"{figures['disk_bytes_per_event']:.1f} with logs and catalogs",
        flush=True,
    )


def _say_ratios(result: dict[str, Any]) -> None:
    for name, ratios in result["ratios"].items():
        print(
            f"against {name}: {ratios['events_per_cpu_s']} times the events per CPU second, "
            f"{ratios['stored_bytes_per_event']} times the bytes per event, {ratios['peak_rss_bytes']} times the memory"
        )


if __name__ == "__main__":
    main()
