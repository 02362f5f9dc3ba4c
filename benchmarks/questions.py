"""The questions of the query benchmark, as they are asked of Logstore and of its peers.

A peer's question is the one that gives the same rows: a word in any case, a phrase between word borders, a field that
is just this. Where a peer has a faster form that does not (VictoriaLogs' words as they are written), that one is
`beside`: it is timed, and in no comparison. A peer without a question cannot answer it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from benchmarks.needles import Needles
from benchmarks.workload import NS_PER_SECOND

_MINUTE_NS = 60 * NS_PER_SECOND
_NEWEST = 100
_EVERYTHING = '{job=~".+"}'


class What(Enum):
    """What a column of an answer holds, and so when two of them are equal."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    ABOUT = "about"
    """A number that stores estimate, or add up in different orders: equal within some hundredths."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the answer, with the name that each store gives it; empty for one that has none."""

    what: What
    logstore: str
    victorialogs: str = ""
    loki: str = ""


@dataclass(frozen=True, slots=True)
class LokiAsks:
    """A question to Loki: over a range in steps of so many seconds, at one instant (no step), or for lines."""

    text: str
    step_s: int | None = None
    lines: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        name: in results.
        logstore: the query.
        columns: of the answer, those that are compared.
        victorialogs, loki: the same question to the peers; None: they cannot answer it.
        beside: a faster question to VictoriaLogs that need not give the same rows.
        last_minutes: only the events of so many minutes at the end; None: all.
        limit: rows to give at most.
        agree_on: rows that are compared, of more; None: all. Among equal counts everyone has a choice.
        victorialogs_path: of its API.
    """

    name: str
    logstore: str
    columns: tuple[Column, ...]
    victorialogs: str | None = None
    loki: LokiAsks | None = None
    beside: str | None = None
    last_minutes: int | None = None
    limit: int | None = None
    agree_on: int | None = None
    victorialogs_path: str = "/select/logsql/query"

    def window(self, needles: Needles) -> tuple[int, int]:
        """The first nanosecond that is asked about, and the one after the last."""
        if self.last_minutes is None:
            return needles.start_ns, needles.end_ns
        return needles.end_ns - self.last_minutes * _MINUTE_NS, needles.end_ns


_COUNT = (Column(What.NUMBER, "count", "count", "value"),)
_LINE = (Column(What.TIME, "time", "_time", "time"), Column(What.TEXT, "message", "_msg", "message"))


def questions(needles: Needles) -> Iterator[Question]:
    """The suite."""
    yield from _needles(needles)
    yield from _texts()
    yield from _rates(needles)
    yield from _groups()
    yield from _lists()
    yield from _newest(needles)


def _needles(needles: Needles) -> Iterator[Question]:
    seconds = (needles.end_ns - needles.start_ns) // NS_PER_SECOND
    yield Question(
        "count all", "* | count", _COUNT, "* | stats count() count",
        LokiAsks(f"sum(count_over_time({_EVERYTHING}[{seconds}s]))"),
    )  # fmt: skip
    yield Question(
        "trace id", f"trace_id:{needles.trace_id}", _LINE, f'trace_id:="{needles.trace_id}"',
        LokiAsks(f'{_EVERYTHING} |= "{needles.trace_id}"', lines=True),
    )  # fmt: skip
    yield Question(
        "word found once", needles.word, _LINE, f'i("{needles.word}")', _lines_with(needles.word),
        beside=f'"{needles.word}"',
    )  # fmt: skip
    yield Question(
        "word in 1 of 1,000, newest 100", "stock_pkey", _LINE, 'i("stock_pkey")', _lines_with("stock_pkey"),
        beside='"stock_pkey"', limit=_NEWEST,
    )  # fmt: skip


def _lines_with(word: str) -> LokiAsks:
    return LokiAsks(rf"{_EVERYTHING} |~ `(?i)\b{word}\b`", lines=True)


def _texts() -> Iterator[Question]:
    yield Question(
        "word and word, count", "refused PaymentGateway | count", _COUNT,
        'i("refused") i("PaymentGateway") | stats count() count',
        _counted(r"|~ `(?i)\brefused\b` |~ `(?i)\bPaymentGateway\b`"),
        beside='"refused" "PaymentGateway" | stats count() count',
    )  # fmt: skip
    yield Question(
        "phrase, count", '"too old resource version" | count', _COUNT,
        'i("too old resource version") | stats count() count',
        _counted(r"|~ `(?i)\btoo old resource version\b`"),
        beside='"too old resource version" | stats count() count',
    )  # fmt: skip
    yield Question(
        "substring inside a word, count", "*conciled* | count", _COUNT, '~"(?i)conciled" | stats count() count',
        _counted("|~ `(?i)conciled`"), beside='~"conciled" | stats count() count',
    )  # fmt: skip
    yield Question(
        "regex, count", r'~"took=\d{3}ms" | count', _COUNT, '~"took=[0-9]{3}ms" | stats count() count',
        _counted(r"|~ `took=\d{3}ms`"),
    )  # fmt: skip


def _counted(filters: str) -> LokiAsks:
    return LokiAsks(f"sum(count_over_time({_EVERYTHING} {filters}[$window]))")


def _rates(needles: Needles) -> Iterator[Question]:
    yield Question(
        "count by level per minute", "* | count by bin(1m), level",
        (Column(What.TIME, "time", "_time", "time"), Column(What.TEXT, "level", "level", "level"), *_COUNT),
        "* | stats by (_time:1m, level) count() count",
        LokiAsks(f'sum by (level) (count_over_time({_EVERYTHING} | json level="level"[1m]))', step_s=60),
    )  # fmt: skip
    yield Question(
        "one tag per 10 s", f"tag:{needles.pod_tag} | count by bin(10s)",
        (Column(What.TIME, "time", "_time", "time"), *_COUNT),
        f'{{tag="{needles.pod_tag}"}} | stats by (_time:10s) count() count',
        LokiAsks(
            f'sum(count_over_time({{job="containers"}} |= "{needles.pod}" | json pod="kubernetes.pod_name"'
            f' | pod="{needles.pod}"[10s]))',
            step_s=10,
        ),
    )  # fmt: skip


def _groups() -> Iterator[Question]:
    yield Question(
        "server errors: count and p99 by path, top 10",
        "status:>=500 | stats count() as n, p99(duration_ms) as p by path | sort -n | limit 10",
        (Column(What.NUMBER, "n", "n", "value"), Column(What.ABOUT, "p", "p")),
        "status:>=500 | stats by (path) count() n, quantile(0.99, duration_ms) p | sort by (n desc) limit 10",
        agree_on=5,
    )  # fmt: skip
    yield Question(
        "top 10 pods", "* | top 10 kubernetes.pod_name",
        (Column(What.TEXT, "kubernetes.pod_name", "kubernetes.pod_name", "pod"), *_COUNT),
        '"kubernetes.pod_name":* | stats by ("kubernetes.pod_name") count() count | sort by (count desc) limit 10',
        LokiAsks(
            'topk(10, sum by (pod) (count_over_time({job="containers"} | json pod="kubernetes.pod_name"[$window])))'
        ),
    )  # fmt: skip
    yield Question(
        "exact distinct client addresses",
        "* | stats exact_distinct(ip) as n",
        (Column(What.NUMBER, "n", "n", "value"),),
        "* | stats count_uniq(ip) n",
        LokiAsks('count(sum by (ip) (count_over_time({job="ingress"} | json ip="ip"[$window])))'),
    )  # fmt: skip


def _lists() -> Iterator[Question]:
    yield Question(
        "parse, then group",
        '"request finished" | parse "status=<code> took=<ms:number>ms" | stats count() as n, avg(ms) as mean by code',
        (
            Column(What.TEXT, "code", "code", "code"), Column(What.NUMBER, "n", "n", "value"),
            Column(What.ABOUT, "mean", "mean"),
        ),
        'i("request finished") | extract "status=<code> took=<ms>ms" | stats by (code) count() n, avg(ms) mean',
        LokiAsks(
            r'sum by (code) (count_over_time({job="containers"} |~ `(?i)\brequest finished\b`'
            r" | regexp `status=(?P<code>\d+) took=`[$window]))"
        ),
    )  # fmt: skip
    yield Question(
        "errors by method, last 5 minutes", "level:error | count by method",
        (Column(What.TEXT, "method", "method", "method"), *_COUNT),
        'level:="error" | stats by (method) count() count',
        LokiAsks(
            'sum by (method) (count_over_time({job="ingress"} | json level="level",method="method"'
            ' | level="error"[$window]))'
        ),
        last_minutes=5,
    )  # fmt: skip
    yield Question(
        "facets of the last 15 minutes", "* | facets 10",
        (Column(What.TEXT, "field", "field_name"), Column(What.TEXT, "value", "field_value"),
         Column(What.NUMBER, "count", "hits")),
        "*", last_minutes=15, victorialogs_path="/select/logsql/facets", agree_on=0,
    )  # fmt: skip
    yield Question(
        "patterns of 100,000 lines", "* | limit 100000 | patterns", (),
        beside="* | limit 100000 | collapse_nums at _msg | top 1000 (_msg)",
    )  # fmt: skip


def _newest(needles: Needles) -> Iterator[Question]:
    yield Question(
        "newest 100 of everything", "*", _LINE, "*", LokiAsks(_EVERYTHING, lines=True), limit=_NEWEST
    )  # fmt: skip
    yield Question(
        "newest 100 errors of one tag", f"tag:{needles.access_tag} level:error", _LINE,
        f'{{tag="{needles.access_tag}"}} level:="error"', limit=_NEWEST,
    )  # fmt: skip
    yield Question(
        "a field that does not exist", "no_such_field:x", _LINE, 'no_such_field:="x"',
        LokiAsks(f'{_EVERYTHING} | json nothing="no_such_field" | nothing="x"', lines=True),
    )  # fmt: skip
