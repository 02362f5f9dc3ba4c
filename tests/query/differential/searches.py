"""Made-up searches, as text; every one of them is legal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.query.differential.events import FIELDS, LEVEL_NAMES, TAGS, Event
from tests.query.differential.spelling import field, literal, quoted, search_field, search_value
from tests.query.differential.values import Value

WORDS = (
    "error",
    "ERR",
    "err",
    "timeout",
    "refused",
    "wörd",
    "日本語",
    "alice",
    "12ms",
    "connection",
    "é",
    "nothing",
    "a_b",
)
STARRED = ("err*", "Time*", "*out", "*ERROR", "*fus*", "*rr*", "日*", "*ö*", "part*", "*word", "con*", "0*")
PHRASES = (
    "connection refused",
    "refused by",
    "error:",
    "line one",
    "%",
    "é",
    "n REFUSED",
    "part-00012",
    "phrase",
    "a_b",
    "?id=3",
    '"phrase"',
)
BARE_PHRASES = ("part-00012", "10.0.0.1", "0.0.1", "part-000")
REGEXES = ("err", "^end", r"[0-9]+ms", "(?:one|two)", r"\d{3}", "^$", "[A-Z]{3}", r"ö|é", "a.b", "5$", r"^\[", "^.$")
WILDCARDS = ("5*", "*0", "a*", "?ob", "*", "4?", "*i*e", "a%*", "\\[*", "-?", "*.*")
TIME_TERMS = (
    "time:15m",
    "time:1h",
    "time:2026-11-22T10",
    "time:2026-11-22T10:03",
    "time:2026-11-22",
    "time:2026-11-22T10:00Z..2026-11-22T10:02Z",
    "time:2026-11-22..2026-11-23",
    "time:>=2026-11-22T10:01:00Z",
    "time:<2026-11-22T10:01:00.000000001Z",
    "time:>2026-11-22T11:01+01:00",
    "time:<=1970-01-01T00:00:00Z",
)


def any_search(rng: Random, events: list[Event], depth: int) -> str:
    """Terms joined in all ways."""
    if depth == 0 or rng.random() < 0.4:
        return any_term(rng, events)
    left, right = any_search(rng, events, depth - 1), any_search(rng, events, depth - 1)
    shape = rng.choice(
        ("{0} {1}", "{0} AND {1}", "{0} OR {1}", "({0} OR {1})", "NOT {0}", "-({0})", "({0}) {1}", "-{0} {1}")
    )
    if shape in {"-{0} {1}", "NOT {0}"}:
        left = any_term(rng, events)
        left = left if not left.startswith("-") else f"({left})"
    return shape.format(left, right)


def any_term(rng: Random, events: list[Event]) -> str:
    """One search term."""
    return rng.choice(TERMS)(rng, events)


def _message_term(rng: Random, _events: list[Event]) -> str:
    forms = (
        rng.choice(WORDS),
        rng.choice(STARRED),
        quoted(rng.choice(PHRASES)),
        rng.choice(BARE_PHRASES),
        f'~"{rng.choice(REGEXES)}"',
    )
    return rng.choice(forms)


def sent_fields(events: Sequence[Event]) -> list[str]:
    """The senders' fields that any event has."""
    return sorted({name for event in events for name in event if name in FIELDS})


def _a_field(rng: Random, events: list[Event]) -> str:
    """Mostly a field that there is."""
    sent = sent_fields(events)
    return rng.choice((*sent, *sent, *sent, "tag", "message", "_seq", rng.choice(list(FIELDS))))


def _value_near(rng: Random, events: list[Event], name: str) -> Value:
    """A value that the field has in some row, or one of another field."""
    held = [event[name] for event in events if name in event] if rng.random() < 0.8 else []
    if held:
        return rng.choice(held)
    make = rng.choice(list(FIELDS.values()))
    return make(rng)


def _spelled(rng: Random, events: list[Event], name: str) -> str:
    for _ in range(5):
        value = _value_near(rng, events, name)
        text = (search_value if rng.random() < 0.7 else _as_quoted)(value)
        if text is not None:
            return text
    return rng.choice(("43", '"43"', "true", "250ms", "1KiB", "4.30e1", "0043"))


def _as_quoted(value: Value) -> str | None:
    text = literal(value)
    return text if text is None or text.startswith('"') else quoted(text)


def _equals(rng: Random, events: list[Event]) -> str:
    name = _a_field(rng, events)
    return f"{search_field(name)}:{_spelled(rng, events, name)}"


def _one_of(rng: Random, events: list[Event]) -> str:
    name = _a_field(rng, events)
    choices = [_spelled(rng, events, name) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.2:
        choices.append(rng.choice(("5*", "a*", "?ob")))
    return f"{search_field(name)}:({', '.join(choices)})"


def _order(rng: Random, events: list[Event]) -> str:
    name = _a_field(rng, events)
    bound = rng.choice(("5", "43", "250ms", "9007199254740993", "0.1", "1KiB", _spelled(rng, events, name)))
    return f"{search_field(name)}:{rng.choice(('<', '<=', '>', '>='))}{bound}"


def _range(rng: Random, events: list[Event]) -> str:
    name = _a_field(rng, events)
    low, high = rng.choice(
        (("1", "10"), ("-5", "250ms"), ("9007199254740992", "9223372036854775808"), ('"4"', '"b"'), ("0.1", "43"))
    )
    return f"{search_field(name)}:{low}..{high}"


def _field_regex(rng: Random, events: list[Event]) -> str:
    return f'{search_field(_a_field(rng, events))}:~"{rng.choice(REGEXES)}"'


def _wildcard(rng: Random, events: list[Event]) -> str:
    return f"{search_field(_a_field(rng, events))}:{rng.choice(WILDCARDS)}"


def _level(rng: Random, _events: list[Event]) -> str:
    name = rng.choice((*LEVEL_NAMES, "WARN", "warning", "Err", '"Error"'))
    other = rng.choice(LEVEL_NAMES)
    return rng.choice(
        (
            f"level:{name}",
            f"level:>={other}",
            f"level:<{other}",
            f"level:({name}, {other})",
            "level:info..error",
            "level:*",
            'level:~"r$"',
        )
    )


def _time(rng: Random, _events: list[Event]) -> str:
    return rng.choice(TIME_TERMS)


def _tag(rng: Random, _events: list[Event]) -> str:
    return rng.choice(
        (f"tag:{rng.choice(TAGS)}", "tag:app.*", "tag:*api", 'tag:~"^kube"', "tag:health.check", "tag:APP.WEB")
    )


def _subquery(rng: Random, events: list[Event]) -> str:
    name = _a_field(rng, events)
    other = rng.choice((name, _a_field(rng, events)))
    inner = any_term(rng, events) if rng.random() < 0.5 else "*"
    stages = rng.choice(("", "| sort -time | limit 3 ", f"| where {field(other)} is not null "))
    return f"{search_field(name)}:in({inner} {stages}| fields {field(other)})"


TERMS: tuple[Callable[[Random, list[Event]], str], ...] = (
    _message_term,
    _message_term,
    _equals,
    _equals,
    _equals,
    _one_of,
    _order,
    _order,
    _range,
    _field_regex,
    _wildcard,
    _level,
    _time,
    _tag,
    _subquery,
)
