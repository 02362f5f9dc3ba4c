"""Asking a store over HTTP: a request for each question, and what its answer says, in one form for all stores."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import urlencode

import orjson

from benchmarks.needles import Needles
from benchmarks.questions import Question, What
from benchmarks.workload import NS_PER_SECOND

TIMEOUT_S = 600.0
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_MOST = 1_000_000

Row: TypeAlias = Mapping[str, Any]
Plain: TypeAlias = tuple[str | float | int, ...]


class AskedInVainError(Exception):
    """A store did not answer with success."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request of an HTTP API."""

    path: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Tongue:
    """How a store is asked.

    Attributes:
        store: whose names the columns of answers have.
        request: for a question; None when the store cannot answer it.
        beside: for a question's faster form that need not give the same rows; None when there is none.
        rows: of the body of an answer, by the store's own names.
    """

    store: str
    request: Callable[[Question, Needles], Request | None]
    beside: Callable[[Question, Needles], Request | None]
    rows: Callable[[bytes, Question], list[Row]]


class Connection:
    """A connection to a store that is used again and again."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)

    def ask(self, request: Request) -> bytes:
        """The whole answer.

        Raises:
            AskedInVainError: it is none.
        """
        try:
            self._connection.request("POST", request.path, request.body, _FORM)
            with self._connection.getresponse() as response:
                body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise AskedInVainError(str(error) or type(error).__name__) from error
        if response.status != http.client.OK:
            raise AskedInVainError(f"{response.status}: {body[:300]!r}")
        return body

    def close(self) -> None:
        """Ends it."""
        self._connection.close()


def plain(rows: Sequence[Row], question: Question, store: str) -> list[Plain]:
    """The columns of an answer that are compared, in one form for all stores and in an order of their own."""
    names = [(column.what, getattr(column, store)) for column in question.columns if getattr(column, store)]
    return sorted((tuple(_value(row.get(name), what) for what, name in names) for row in rows), key=repr)


def _value(value: Any, what: What) -> str | float | int:
    match what:
        case What.TEXT:
            return "" if value is None else str(value)
        case What.TIME:
            return value if isinstance(value, int) else nanoseconds(value)
        case What.NUMBER | What.ABOUT:
            return 0.0 if value in (None, "") else float(value)


def nanoseconds(text: str) -> int:
    """Of an RFC 3339 time in UTC with any number of digits."""
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    return int(datetime.fromisoformat(seconds + "+00:00").timestamp()) * NS_PER_SECOND + int(fraction.ljust(9, "0"))


def _form(path: str, **parameters: str | int | None) -> Request:
    return Request(path, urlencode({name: value for name, value in parameters.items() if value is not None}).encode())


def _ask_logstore(question: Question, needles: Needles) -> Request:
    start, end = question.window(needles)
    window = {"from": _rfc3339(start), "to": _rfc3339(end)}
    return _form("/api/v1/query", query=question.logstore, limit=question.limit, **window)


def _rfc3339(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, NS_PER_SECOND)
    return f"{datetime.utcfromtimestamp(seconds).isoformat()}.{rest:09}Z"  # noqa: DTZ004 (of UTC, as said)


def _json_lines(body: bytes, _: Question) -> list[Row]:
    return [orjson.loads(line) for line in body.splitlines()]


def _ask_victorialogs(text: str | None, question: Question, needles: Needles) -> Request | None:
    if text is None:
        return None
    start, end = question.window(needles)
    limit = 10 if question.victorialogs_path.endswith("facets") else question.limit
    return _form(question.victorialogs_path, query=text, limit=limit, start=start, end=end, timeout=f"{TIMEOUT_S:.0f}s")


def _victorialogs_rows(body: bytes, question: Question) -> list[Row]:
    if question.victorialogs_path.endswith("facets"):
        facets = orjson.loads(body)["facets"]
        return [{"field_name": one["field_name"], **value} for one in facets for value in one["values"]]
    return _json_lines(body, question)


def _ask_loki(question: Question, needles: Needles) -> Request | None:
    asks = question.loki
    if asks is None:
        return None
    start, end = question.window(needles)
    if asks.lines:
        limit = question.limit or 1000
        return _form(
            "/loki/api/v1/query_range", query=asks.text, start=start, end=end, limit=limit, direction="backward"
        )
    if asks.step_s is None:
        text = asks.text.replace("$window", f"{(end - start) // NS_PER_SECOND}s")
        return _form("/loki/api/v1/query", query=text, time=end, limit=_MOST)
    # Each step tells of the time before it, and so the first one ends where the first bin does.
    first = start + asks.step_s * NS_PER_SECOND
    return _form("/loki/api/v1/query_range", query=asks.text, start=first, end=end, step=asks.step_s)


def _loki_rows(body: bytes, question: Question) -> list[Row]:
    result = orjson.loads(body)["data"]["result"]
    if question.loki is None:
        return []
    if question.loki.lines:
        return [_loki_line(*value[:2]) for stream in result for value in stream["values"]]
    step_ns = (question.loki.step_s or 0) * NS_PER_SECOND
    return [
        {**series["metric"], "time": int(at * NS_PER_SECOND) - step_ns, "value": value}
        for series in result
        for at, value in series.get("values") or [series["value"]]
    ]


def _loki_line(time: str, line: str) -> Row:
    record = orjson.loads(line)
    return {"time": int(time), "message": record.get("log", record.get("message"))}


TONGUES = {
    "logstore": Tongue("logstore", _ask_logstore, lambda _, __: None, _json_lines),
    "victorialogs": Tongue(
        "victorialogs",
        lambda question, needles: _ask_victorialogs(question.victorialogs, question, needles),
        lambda question, needles: _ask_victorialogs(question.beside, question, needles),
        _victorialogs_rows,
    ),
    "loki": Tongue("loki", _ask_loki, lambda _, __: None, _loki_rows),
}


def disagreement(question: Question, answers: Mapping[str, list[Row]]) -> Iterator[str]:
    """What the stores' answers to a question do not agree about."""
    ours = plain(answers["logstore"], question, "logstore")
    for store, rows in answers.items():
        # What a store has no column for is not compared.
        shared = [place for place, column in enumerate(question.columns) if getattr(column, store)]
        mine = _chosen([tuple(row[place] for place in shared) for row in ours], question)
        theirs = _chosen(plain(rows, question, store), question)
        kinds = [question.columns[place].what for place in shared]
        if len(mine) != len(theirs):
            yield f"{question.name}: {len(mine)} rows of logstore, {len(theirs)} of {store}"
            continue
        different = [(a, b) for a, b in zip(mine, theirs, strict=True) if not _same(a, b, kinds)]
        if different:
            ours, its = different[0]
            yield f"{question.name}: {len(different)} rows differ, logstore {ours}, {store} {its}"


def _chosen(rows: list[Plain], question: Question) -> list[Plain]:
    """The rows with the highest first numbers, where only those are compared."""
    if question.agree_on is None:
        return sorted(rows, key=repr)
    return sorted(rows, reverse=True)[: question.agree_on]


_TOLERANCE = 0.05


def _same(ours: Plain, theirs: Plain, kinds: Sequence[What]) -> bool:
    return all(
        abs(float(a) - float(b)) <= _TOLERANCE * max(abs(float(a)), abs(float(b))) if what is What.ABOUT else a == b
        for a, b, what in zip(ours, theirs, kinds, strict=True)
    )
