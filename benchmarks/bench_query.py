r"""How long questions take over HTTP; ours, and others' beside it, whose answers must agree.

    python -m benchmarks.bench_query --events 10000000 --data DIR \
        --compare victorialogs=PATH,VERSION --compare loki=PATH,VERSION

See benchmarks/README.md for what is asked, on what data, and what is in the figures.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import loki, victorialogs
from benchmarks.askers import TONGUES, AskedInVainError, Connection, Request, Tongue, disagreement
from benchmarks.contenders import Contender, logstore
from benchmarks.needles import Needles, find
from benchmarks.peers import parse_peer
from benchmarks.prepared import cold, load
from benchmarks.questions import Question, questions
from benchmarks.results import conditions, percentile, ratio, write
from benchmarks.spool import prepare
from benchmarks.workload import NS_PER_HOUR, Workload, spread

PEERS = {"victorialogs": victorialogs.contenders, "loki": loki.contenders}
# Loki answers most of these in seconds, and alone it waits fifteen before it is ready.
_ONLY_ALONE = frozenset({"loki"})
_HOURS = 3
_CLIENTS = 8
_MS = 1000.0
_FIGURES = ("p50_ms", "p95_ms", "cold_ms", "clients_p50_ms", "clients_p95_ms", "beside_p50_ms")


@dataclass(frozen=True, slots=True)
class Store:
    """A contender with its data."""

    tongue: Tongue
    contender: Contender
    directory: Path


@dataclass
class Found:
    """What a store's answers to one question took, in seconds, in how many turns of one client, and what went wrong."""

    warm: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    clients: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    turns: int = 0
    failed: str = ""
    refused: str = ""

    def figures(self) -> dict[str, Any]:
        """For the record, in milliseconds."""
        if self.failed:
            return {"failed": self.failed}
        found = {
            "p50_ms": _quantile(self.warm, 0.5), "p95_ms": _quantile(self.warm, 0.95),
            "cold_ms": _quantile(self.cold, 0.5),
            "clients_p50_ms": _quantile(self.clients, 0.5), "clients_p95_ms": _quantile(self.clients, 0.95),
            "beside_p50_ms": _quantile(self.beside, 0.5), "rounds": len(self.warm),
        }  # fmt: skip
        if self.refused:
            found = {**found, "clients_p50_ms": None, "clients_p95_ms": None, "clients_refused": self.refused}
        return {name: value for name, value in found.items() if value is not None}


Results = dict[str, dict[str, Found]]
"""By question and by store."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints and writes.

    Raises:
        SystemExit: answers do not agree.
    """
    options = _parser().parse_args(arguments)
    found = conditions()
    with ExitStack() as stack:
        data = options.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-query-")))
        stores, needles, workload = _prepared(options, data)
        asked = [one for one in questions(needles) if re.search(options.only, one.name)]
        results, wrong = measure(stores, asked, needles, options)
    result = {**found, **report(stores, workload, results, wrong)}
    print(table(result), flush=True)
    write(result, options.output)
    if wrong:
        raise SystemExit("answers do not agree:\n" + "\n".join(wrong))


def _prepared(options: argparse.Namespace, data: Path) -> tuple[list[Store], Needles, Workload]:
    data.mkdir(parents=True, exist_ok=True)
    start = data / "start"
    if not start.exists():
        # Hours that are over, and recent enough for everybody's retention.
        start.write_text(str((time.time_ns() // NS_PER_HOUR - _HOURS - 1) * NS_PER_HOUR))
    workload = spread(options.events, _HOURS, int(start.read_text()))
    contenders = {"logstore": logstore("packed", dict(_environment(options.settings)))}
    for kind, peer in (parse_peer(text, tuple(PEERS)) for text in options.compare):
        contenders[kind] = PEERS[kind](peer)[0]
    encodings = ["json_lines", *(one.encoding for one in contenders.values())]
    spool = prepare(workload, encodings, data / "spool")
    for kind, contender in contenders.items():
        load(contender, spool, data / kind)
    stores = [Store(TONGUES[kind], one, data / kind) for kind, one in contenders.items()]
    return stores, find(spool, workload.start_ns), workload


def _environment(settings: Sequence[str]) -> Iterator[tuple[str, str]]:
    # All that is stored is over and done with; merging it is no part of what is measured.
    yield "LOGSTORE_COMPACTION_SETTLE_S", "1"
    yield "LOGSTORE_COMPACTION_BUSY_SHARE", "1"
    for text in settings:
        name, _, value = text.partition("=")
        yield name, value


def measure(
    stores: Sequence[Store], asked: Sequence[Question], needles: Needles, options: argparse.Namespace
) -> tuple[Results, list[str]]:
    """Asks everything of everybody, all running at once and one asked at a time; what took how long, and is wrong."""
    results: Results = {question.name: {store.tongue.store: Found() for store in stores} for question in asked}
    wrong: list[str] = []
    with ExitStack() as stack:
        ports = {one.tongue.store: stack.enter_context(one.contender.serving(one.directory)).http for one in stores}
        for question in asked:
            found = results[question.name]
            wrong += _agree(stores, question, needles, ports, found, options)
            _warm(stores, question, needles, ports, found, options)
            if options.clients:
                _at_once(stores, question, needles, ports, found, options)
                # A machine that is slower for a while would else be so for the eight only, or for the one.
                _warm(stores, question, needles, ports, found, options)
            _say(question, found)
    for question in asked if options.cold else ():
        _cold(stores, question, needles, results[question.name], options)
    return results, wrong


def _agree(
    stores: Sequence[Store],
    question: Question,
    needles: Needles,
    ports: Mapping[str, int],
    found: Mapping[str, Found],
    options: argparse.Namespace,
) -> list[str]:
    """Asks everybody once, which also warms them up, and compares.

    Of a peer that takes longer for it than all rounds should, this answer counts as well.
    """
    answers = {}
    for store in stores:
        name = store.tongue.store
        request = store.tongue.request(question, needles)
        if request is None:
            found[name].failed = "no such question"
            continue
        connection = Connection(ports[name])
        began = time.perf_counter()
        try:
            body = connection.ask(request)
            took_s = time.perf_counter() - began
            if name in _ONLY_ALONE and took_s > options.seconds:
                found[name].warm.append(took_s)
            answers[name] = store.tongue.rows(body, question)
        except AskedInVainError as error:
            found[name].failed = str(error)
        finally:
            connection.close()
    return list(disagreement(question, answers)) if "logstore" in answers else []


def _warm(
    stores: Sequence[Store],
    question: Question,
    needles: Needles,
    ports: Mapping[str, int],
    found: Mapping[str, Found],
    options: argparse.Namespace,
) -> None:
    """One client, the stores in turn; again, as many rounds more."""
    runs: list[tuple[list[float], Connection, Request]] = []
    for store in stores:
        name = store.tongue.store
        found[name].turns += 1
        for request, times in (
            (None if found[name].failed else store.tongue.request(question, needles), found[name].warm),
            (store.tongue.beside(question, needles), found[name].beside),
        ):
            if request is not None:
                runs.append((times, Connection(ports[name]), request))
    turns = max(one.turns for one in found.values())
    for _ in range(options.rounds):
        for times, connection, request in runs:
            if sum(times) < turns * options.seconds or len(times) < turns * options.least_rounds:
                times.append(_timed(connection, request))
    for _, connection, _ in runs:
        connection.close()


def _timed(connection: Connection, request: Request) -> float:
    began = time.perf_counter()
    connection.ask(request)
    return time.perf_counter() - began


def _at_once(
    stores: Sequence[Store],
    question: Question,
    needles: Needles,
    ports: Mapping[str, int],
    found: Mapping[str, Found],
    options: argparse.Namespace,
) -> None:
    """Eight clients that ask the same again and again."""
    for store in stores:
        name = store.tongue.store
        request = store.tongue.request(question, needles)
        if request is None or found[name].failed or name in _ONLY_ALONE:
            continue
        typical = statistics.median(found[name].warm)
        times = min(max(round(options.seconds / typical / _CLIENTS), 3), options.rounds)
        threads = [
            threading.Thread(target=_client, args=(ports[name], request, times, found[name])) for _ in range(_CLIENTS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _client(port: int, request: Request, times: int, found: Found) -> None:
    connection = Connection(port)
    try:
        for _ in range(times):
            found.clients.append(_timed(connection, request))
    except AskedInVainError as error:
        found.refused = str(error)
    finally:
        connection.close()


def _cold(
    stores: Sequence[Store],
    question: Question,
    needles: Needles,
    found: Mapping[str, Found],
    options: argparse.Namespace,
) -> None:
    for store in stores:
        name = store.tongue.store
        request = store.tongue.request(question, needles)
        if request is None or found[name].failed or name in _ONLY_ALONE:
            continue
        for _ in range(options.cold):
            with cold(store.contender, store.directory) as running:
                connection = Connection(running.http)
                found[name].cold.append(_timed(connection, request))
                connection.close()


def report(stores: Sequence[Store], workload: Workload, results: Results, wrong: Sequence[str]) -> dict[str, Any]:
    """Everything that is written down."""
    figures = {name: {store: one.figures() for store, one in found.items()} for name, found in results.items()}
    peers = [store.tongue.store for store in stores if store.tongue.store != "logstore"]
    return {
        "benchmark": "query",
        "workload": workload.facts(),
        "hours": _HOURS,
        "contenders": {
            store.tongue.store: {"version": store.contender.version, "settings": store.contender.settings}
            for store in stores
        },
        "questions": figures,
        "against": {peer: _against(figures, peer) for peer in peers},
        "disagreements": list(wrong),
    }


def _against(figures: Mapping[str, Any], peer: str) -> dict[str, Any]:
    """How many times faster we are than a peer."""
    ratios = {
        name: ratio(by[peer]["p50_ms"], by["logstore"]["p50_ms"])
        for name, by in figures.items()
        if "p50_ms" in by[peer] and "p50_ms" in by["logstore"]
    }
    if not ratios:
        return {}
    return {"median": statistics.median(ratios.values()), "slower": sum(one < 1 for one in ratios.values()), **ratios}


def table(result: Mapping[str, Any]) -> str:
    """All of it for people, as Markdown."""
    stores = list(result["contenders"])
    heads = [
        f"{store} {name.removesuffix('_ms')}" for store in stores for name in _FIGURES if _any(result, store, name)
    ]
    columns = [(store, name) for store in stores for name in _FIGURES if _any(result, store, name)]
    lines = [" | ".join(["| question", *heads]) + " |", "|---" * (len(heads) + 1) + "|"]
    for question, by in result["questions"].items():
        cells = [f"{by[store][name]:,.1f}" if name in by[store] else "" for store, name in columns]
        lines.append(" | ".join([f"| {question}", *cells]) + " |")
    for peer, ratios in result["against"].items():
        if ratios:
            lines.append(f"\nagainst {peer}: median {ratios['median']:.2f} times faster, {ratios['slower']} slower")
    for question, by in result["questions"].items():
        lines += [f"{question}: {store}: {one['failed']}" for store, one in by.items() if "failed" in one]
    return "\n".join(lines)


def _any(result: Mapping[str, Any], store: str, name: str) -> bool:
    return any(name in by[store] for by in result["questions"].values())


def _say(question: Question, found: Mapping[str, Found]) -> None:
    print(question.name, json.dumps({store: one.figures() for store, one in found.items()}), flush=True)


def _quantile(times: Sequence[float], share: float) -> float | None:
    return round(percentile(times, share) * _MS, 2) if times else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000, help="how many (default: %(default)s)")
    parser.add_argument("--data", type=Path, help="directory that keeps what is prepared; a temporary one by default")
    parser.add_argument(
        "--compare", action="append", default=[], metavar="KIND=PATH,VERSION", help=f"a peer: {' or '.join(PEERS)}"
    )
    parser.add_argument("--only", default="", metavar="REGEX", help="only questions with such names")
    parser.add_argument("--rounds", type=int, default=20, help="of each question at most (default: %(default)s)")
    parser.add_argument("--least-rounds", type=int, default=2, help="of each at least (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=10.0, help="for the rounds of a question, about (default: %(default)s)"
    )
    parser.add_argument("--cold", type=int, default=0, help="rounds with new processes (default: %(default)s)")
    parser.add_argument("--clients", action="store_true", help=f"ask with {_CLIENTS} clients at once, too")
    parser.add_argument(
        "--settings", action="append", default=[], metavar="NAME=VALUE", help="variables of our server's environment"
    )
    parser.add_argument("--output", type=Path, help="file for the result as JSON")
    return parser


if __name__ == "__main__":
    main()
