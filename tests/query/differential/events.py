"""Made-up events, drawn to hit every corner of the value semantics.

Everything is drawn from a `random.Random`: a seeded one gives bulk, hypothesis's gives shrinking, from the same code.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from tests.query.differential.values import LEVEL_NAMES, Json, Time, Value

Event = dict[str, Value]
"""Field to value; `time`, `_seq` and `tag` always, missing fields not at all."""

HOUR = 3600 * 10**9
BASE_NS = 1_795_341_600 * 10**9
"""2026-11-22T10:00:00Z."""
NOW_NS = BASE_NS + HOUR + 250_000_000
"""The instant at which all generated queries are asked."""

EDGE_INTS = (0, 1, -1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 2**63, 2**64 - 1, 2**63 - 513)
EDGE_FLOATS = (
    0.0,
    -0.0,
    0.1,
    1.0,
    43.0,
    1.5,
    2.0**53,
    2.0**63,
    -(2.0**63),
    1e300,
    5e-324,
    math.inf,
    -math.inf,
    math.nan,
)
NUMBER_TEXTS = (
    "43",
    "4.30e1",
    "0043",
    " 5",
    "5",
    "-0",
    "1e3",
    "9007199254740993",
    "18446744073709551616",
    "0x1f",
    "1_000",
)
PLAIN_TEXTS = (
    "",
    "alice",
    "Alice",
    "bob",
    "a%b",
    "a_b",
    "it's",
    'say "hi"',
    "back\\slash",
    "naïve",
    "Ünï",
    "日本",
    "true",
    "null",
)
ARRAYS = ("[]", "{}", "[1,2]", '["a"]', '[{"to":1},null]', "[1.5,true]")
MESSAGES = (
    "connection refused by 10.0.0.1:5432",
    "Connection REFUSED",
    "error: timeout after 250ms",
    "timeouts_total=3",
    "part-00012 sealed",
    "part-000123 sealed",
    "ünïcode wörd border",
    "érror near é",
    "日本語 error",
    "",
    " ",
    "user=alice took 12ms",
    "user=bob took 1.5sms after 250ms",
    "user= took 3ms after 1.5h",
    "GET /api/v1/items?id=3 HTTP/1.1",
    "line one\nline two error",
    "50% of a_b",
    "ERR err Err",
    'quoted "phrase" here',
    "end with error",
    '{"status":200,"level":"WARNING","a":{"b":{"c":[1,{"d":2}],"e":{}},"b.f":null},"message":"inner","tag":"t"}',
    ' {"status":"200","a.b":true,"it\'s":18446744073709551615,"user":"caf\\u00e9 \\"x\\"","x":1.5,"":"empty"}',
    '{"level":30,"a":{"b":-0.25},"time":"noon","_seq":3,"x":123456789012345678901234567890,"user":{}}',
    '{"status":200',
    "[1,2]",
    'level=warn status=503 user="a b" it\'s=1e3 x=false a.b= lonely a.b.c="q \\"r\\" x=9"',
    'say "x=1 status=2" level=loud x=0x1f =y x==z a.b="" status=-7 status=8',
)
TAGS = ("app.web", "app.api", "health.check", "kube.pod-1", "App.web")
IPS = ("10.0.0.1", "10.1.2.3", "192.168.0.7", "::1", "fe80::1", "not an ip", "10.0.0.256")
URLS = (
    "https://example.com/a/b?x=1",
    "http://h:8080",
    "/path/to?q=1#f",
    "/",
    "https://user@shop.example.com:443/cart#top",
)


def small_int(rng: Random) -> Value:
    """An integer that often meets its like."""
    return rng.choice((0, 1, 2, 5, 43, 200, 200, 404, 500, 503, -7, rng.randint(-5, 50)))


def edge_int(rng: Random) -> Value:
    """An integer at the borders of floats, int64 and uint64."""
    return rng.choice(EDGE_INTS) if rng.random() < 0.7 else small_int(rng)


def small_float(rng: Random) -> Value:
    """A well-behaved duration in seconds or milliseconds."""
    return rng.choice((0.25, 0.3, 12.5, 100.0, 1.0, 43.0, round(rng.random() * 100, 3)))


def edge_float(rng: Random) -> Value:
    """Any float, the odd ones often."""
    return rng.choice(EDGE_FLOATS) if rng.random() < 0.8 else small_float(rng)


def any_text(rng: Random) -> Value:
    """A short text, at times a number in disguise."""
    return rng.choice(rng.choice((NUMBER_TEXTS, PLAIN_TEXTS)))


def any_value(rng: Random) -> Value:
    """A value of any kind."""
    make = rng.choice((small_int, edge_int, edge_float, any_text, any_text, _bool, _array))
    return make(rng)


def _bool(rng: Random) -> Value:
    return rng.random() < 0.5


def _array(rng: Random) -> Value:
    return Json(rng.choice(ARRAYS))


def _one_of(*values: Value) -> Callable[[Random], Value]:
    return lambda rng: rng.choice(values)


FIELDS: dict[str, Callable[[Random], Value]] = {
    "status": small_int,
    "Status": _one_of(200, "200", 500, "ok"),
    "n": edge_int,
    "f": edge_float,
    "took": small_float,
    "mixed": any_value,
    "user": _one_of(*PLAIN_TEXTS[:5]),
    "user.name": any_text,
    "text_number": _one_of(*NUMBER_TEXTS),
    "ok": _bool,
    "list": _array,
    "ip": _one_of(*IPS),
    "url": _one_of(*URLS),
    "user-agent": _one_of("curl/8", "Mozilla"),
    'odd "name"': any_value,
    "it's": small_int,
    "café": any_text,
    "": small_int,
    "file_row_number": small_int,
    "filename": any_text,
    "_PID": small_int,
    "status#int": any_text,
    "record.time": any_text,
    "rare": any_value,
}
"""The senders' fields, and what they hold."""

FIELDS_PER_DATASET = 10
"""Few, so that the many statements over each dataset stay small; over all datasets every pair of fields meets."""


def any_time(rng: Random) -> int:
    """An instant: equal ones, ones at the edge of a second, a minute and an hour, ones before 1970."""
    kind = rng.randrange(10)
    if kind < 4:
        return BASE_NS + rng.randrange(4) * 60 * 10**9
    if kind < 7:
        return BASE_NS + rng.randrange(3600) * 10**9 - rng.choice((0, 1, 2))
    if kind == 7:
        return -rng.choice((0, 1, 10**9, 10**9 + 1, 90 * 60 * 10**9 + 1))
    return BASE_NS + rng.randrange(-HOUR, HOUR)


def any_event(rng: Random, seq: int, fields: list[str]) -> Event:
    """One event with some of `fields`."""
    event: Event = {"time": Time(any_time(rng)), "_seq": seq, "tag": rng.choice(TAGS)}
    if rng.random() < 0.9:
        event["message"] = rng.choice(MESSAGES)
    if rng.random() < 0.8:
        event["level"] = rng.choice(LEVEL_NAMES)
    for field in fields:
        if rng.random() < 0.6:
            make = any_value if rng.random() < 0.08 else FIELDS[field]
            event[field] = make(rng)
    return event


def any_events(rng: Random, at_most: int = 60) -> list[Event]:
    """Events ascending by `_seq`, with gaps; times in no order."""
    fields = rng.sample(list(FIELDS), FIELDS_PER_DATASET)
    events, seq = [], rng.choice((0, 1000, 2**40))
    for _ in range(rng.randint(0, at_most)):
        events.append(any_event(rng, seq, fields))
        seq += rng.choice((1, 1, 1, 7))
    return events
