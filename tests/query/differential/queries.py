"""Made-up queries: a search and a few stages, as text; every one of them is legal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from logstore.model.timespan import EVERYTHING, TimeSpan
from tests.query.differential import expressions, patterns_model
from tests.query.differential.events import BASE_NS, Event
from tests.query.differential.searches import any_search, sent_fields
from tests.query.differential.spelling import field


@dataclass(frozen=True, slots=True)
class Scope:
    """What is known of the rows at a place in a query.

    Attributes:
        fields: names worth drawing.
        events: whether each row is still one event.
    """

    fields: tuple[str, ...]
    events: bool = True


def any_query(rng: Random, events: list[Event]) -> str:
    """A query: a search over values that mostly exist, and up to four stages."""
    text = any_search(rng, events, depth=rng.choice((0, 1, 2))) if rng.random() < 0.6 else "*"
    if rng.random() < 0.35:
        return f"{text} | fields _seq"
    scope = Scope(("level", "message", "tag", "time", "_seq", "absent", *sent_fields(events)))
    if rng.random() < 0.1:
        stage, scope = _context(rng, scope)
        text += f"{rng.choice(('', ' | limit 2', ' | where message is not null'))} | {stage}"
    for _ in range(rng.choice((0, 0, 1, 1, 1, 1, 2, 2, 3))):
        stage, scope = any_stage(rng, scope, events)
        text += f" | {stage}"
    return text + rng.choice(LAST_STAGES) if rng.random() < 0.1 else text


LAST_STAGES = (" | fields s*, u*", " | drop t*, `status#`*", " | fields `user.`*, *", " | drop m*")
"""Only at the end: which columns they leave depends on the events."""


def any_stage(rng: Random, scope: Scope, events: list[Event]) -> tuple[str, Scope]:
    """One stage, and what is known after it."""
    return rng.choice(STAGES)(rng, scope, events)


def _names(rng: Random, scope: Scope, at_most: int) -> list[str]:
    at_most = min(at_most, len(scope.fields))
    return rng.sample(scope.fields, rng.randint(1, at_most))


def _listed(names: list[str]) -> str:
    return ", ".join(field(name) for name in names)


def _where(rng: Random, scope: Scope, events: list[Event]) -> tuple[str, Scope]:
    return f"where {expressions.condition(rng, scope.fields, events, 2)}", scope


def _let(rng: Random, scope: Scope, events: list[Event]) -> tuple[str, Scope]:
    name = rng.choice(("x", "y z", "status", "new.name"))
    text = f"let {field(name)} = {expressions.value(rng, scope.fields, events, 2)}"
    wider = scope if name in scope.fields else replace(scope, fields=(*scope.fields, name))
    if rng.random() < 0.3:
        text += f", w = {expressions.value(rng, wider.fields, events, 1)}"
        wider = wider if "w" in wider.fields else replace(wider, fields=(*wider.fields, "w"))
    return text, wider


PARSES = (
    ('"user=<user> took <ms:number>ms"', ("user", "ms")),
    ('"<first> <x>"', ("first", "x")),
    ('"<first> <_> <x> <_>"', ("first", "x")),
    ('"after <took:number>"', ("took",)),
    ('"e<x>e<y>r"', ("x", "y")),
    ('"[<x>] <y>"', ("x", "y")),
    ('"<x:number>."', ("x",)),
    ('"\\n<rest>"', ("rest",)),
    ('~"(?P<word>[a-z]+)-(?P<number>[0-9]+)"', ("word", "number")),
    ('~"(a|(?P<x>[0-9]))(?P<y>.*)"', ("x", "y")),
)


def _parse(rng: Random, scope: Scope, _events: list[Event]) -> tuple[str, Scope]:
    pattern, names = rng.choice(PARSES)
    source = "" if "message" in scope.fields and rng.random() < 0.7 else f" from {field(rng.choice(scope.fields))}"
    return f"parse {pattern}{source}", replace(scope, fields=tuple(dict.fromkeys((*scope.fields, *names))))


def _unpack(rng: Random, scope: Scope, _events: list[Event]) -> tuple[str, Scope]:
    if not scope.events:
        return "limit 6", scope
    form = rng.choice(("json", "json", "logfmt"))
    source = "" if "message" in scope.fields and rng.random() < 0.7 else f" {field(rng.choice(scope.fields))}"
    names, prefix = UNPACKED, ""
    if rng.random() < 0.3:
        names, prefix = tuple(f"p q.{name}" for name in UNPACKED), " as `p q`"
    return f"{form}{source}{prefix}", replace(scope, fields=tuple(dict.fromkeys((*scope.fields, *names))))


UNPACKED = ("status", "level", "a.b", "a.b.c", "it's", "user", "x")
"""Fields that messages hold, some of them also events."""


def _fields(rng: Random, scope: Scope, _events: list[Event]) -> tuple[str, Scope]:
    names = _names(rng, scope, 4)
    return f"fields {_listed(names)}", replace(scope, fields=tuple(names))


def _drop(rng: Random, scope: Scope, _events: list[Event]) -> tuple[str, Scope]:
    names = _names(rng, scope, min(3, max(1, len(scope.fields) - 1)))
    left = tuple(name for name in scope.fields if name not in names)
    if not left:
        return "limit 5", scope
    return f"drop {_listed(names)}", replace(scope, fields=left)


def _rename(rng: Random, scope: Scope, _events: list[Event]) -> tuple[str, Scope]:
    old, new = rng.choice(scope.fields), rng.choice(("renamed", "user"))
    if old == new:
        return "limit 7", scope
    left = tuple(name for name in scope.fields if name not in {old, new})
    return f"rename {field(old)} as {field(new)}", replace(scope, fields=(*left, new))


def _sort(rng: Random, scope: Scope, _events: list[Event]) -> tuple[str, Scope]:
    keys = [rng.choice(("", "-")) + field(name) for name in _names(rng, scope, 2)]
    return f"sort {', '.join(keys)}", scope


def _limit(rng: Random, scope: Scope, _events: list[Event]) -> tuple[str, Scope]:
    return f"limit {rng.choice((0, 1, 3, 10, 100))}", scope


def _sample(rng: Random, scope: Scope, _events: list[Event]) -> tuple[str, Scope]:
    return f"sample {rng.choice((0, 1, 3, 10, 100))}", scope


def _sessions(rng: Random, scope: Scope, _events: list[Event]) -> tuple[str, Scope]:
    names = [name for name in scope.fields if name not in {"start", "end", "count", "duration"}]
    if not scope.events or not names:
        return "limit 8", scope
    name = rng.choice(names)
    gap = rng.choice(("1ns", "1s", "90s", "1.5h", "300w"))
    return f"sessions {field(name)} gap {gap}", Scope((name, "start", "end", "count", "duration"), events=False)


def _facets(rng: Random, scope: Scope, _events: list[Event]) -> tuple[str, Scope]:
    if rng.random() < 0.9:
        # Seldom: the statement has a piece for every column that there is.
        return "limit 4", scope
    return f"facets{rng.choice(('', ' 1', ' 3'))}", Scope(("field", "value", "count", "share"), events=False)


def _dedup(rng: Random, scope: Scope, _events: list[Event]) -> tuple[str, Scope]:
    return f"dedup {_listed(_names(rng, scope, 2))}{rng.choice(('', ' keep newest' if scope.events else ''))}", scope


def _top(rng: Random, scope: Scope, _events: list[Event]) -> tuple[str, Scope]:
    names = [name for name in _names(rng, scope, 2) if name not in {"count", "share"}]
    if not names:
        return "limit 9", scope
    text = f"{rng.choice(('top', 'rare'))} {rng.choice((1, 3, 10))} {_listed(names)}"
    return text, Scope((*names, "count", "share"), events=False)


def _count(rng: Random, scope: Scope, _events: list[Event]) -> tuple[str, Scope]:
    names = [name for name in _names(rng, scope, 2) if name != "count"] if rng.random() < 0.8 else []
    return "count" + (f" by {_listed(names)}" if names else ""), Scope((*names, "count"), events=False)


def _stats(rng: Random, scope: Scope, events: list[Event]) -> tuple[str, Scope]:
    groups = expressions.groupings(rng, scope.fields, events) if rng.random() < 0.7 else []
    if "time" in scope.fields and rng.random() < 0.1:
        return "stats rate() as a0 by bin(time, 30s) as g0", Scope(("g0", "a0"), events=False)
    aggregates = [
        f"{expressions.aggregate(rng, scope.fields, events)} as a{number}" for number in range(rng.randint(1, 4))
    ]
    names = tuple(f"g{number}" for number in range(len(groups)))
    by = ", ".join(f"{group} as {name}" for group, name in zip(groups, names, strict=True))
    after = (*names, *(f"a{number}" for number in range(len(aggregates))))
    return f"stats {', '.join(aggregates)}" + (f" by {by}" if by else ""), Scope(after, events=False)


def _union(rng: Random, scope: Scope, events: list[Event]) -> tuple[str, Scope]:
    search = any_search(rng, events, depth=1)
    if scope.events:
        names = _names(rng, scope, 3)
        kept = rng.choice((f" | fields {_listed(names)}", " | limit 5", "", f" | let x = {field(names[0])}"))
        return f"union ({search}{kept})", scope
    names = [name for name in _names(rng, scope, 2) if name != "count"]
    return f"union ({search} | count{f' by {_listed(names)}' if names else ''})", scope


def _join(rng: Random, scope: Scope, events: list[Event]) -> tuple[str, Scope]:
    names = _names(rng, scope, 2)
    added = rng.choice(("message", "user", "z", "status"))
    text = f"join {rng.choice(('', 'left '))}({any_search(rng, events, depth=1)} | "
    if rng.random() < 0.5:
        text += f"stats count() as {field(added)} by {_listed([name for name in names if name != added] or ['tag'])}"
        names = [name for name in names if name != added] or ["tag"]
        if "tag" in names and "tag" not in scope.fields:
            return "limit 8", scope
    else:
        text += f"limit 9 | fields {_listed(list(dict.fromkeys((*names, added))))}"
    wider = scope if added in scope.fields else replace(scope, fields=(*scope.fields, added))
    return f"{text}) on {_listed(names)}", wider


def _patterns(rng: Random, scope: Scope, _events: list[Event]) -> tuple[str, Scope]:
    text = f"patterns {field(rng.choice(scope.fields))}" if rng.random() < 0.7 else "patterns"
    if text == "patterns" and "message" not in scope.fields:
        return "limit 8", scope
    return text, Scope(patterns_model.COLUMNS, events=False)


def _compare(rng: Random, scope: Scope, _events: list[Event]) -> tuple[str, Scope]:
    names = [name for name in _names(rng, scope, 2) if not name.startswith("a0")]
    made = rng.choice(("count()", "distinct({})", "min({})", "max({})", "values({}, 3)")).format(
        field(rng.choice(scope.fields))
    )
    groups = [f"bin({rng.choice(('1s', '1m', '1h'))})" if name == "time" else field(name) for name in names]
    by = f" by {', '.join(groups)}" if groups else ""
    text = f"stats {made} as a0{by} | compare {rng.choice(('1s', '90s', '1h'))}"
    return text, Scope((*names, "a0", "a0_before"), events=False)


def _context(rng: Random, scope: Scope) -> tuple[str, Scope]:
    lines = rng.choice(("1", "2", "-1", "+1", "-3 +1", "9"))
    by = f" by {_listed(_names(rng, scope, 2))}" if rng.random() < 0.5 else ""
    return f"context {lines}{by}", replace(scope, fields=(*scope.fields, "match", "context"))


Stage = Callable[[Random, Scope, list[Event]], tuple[str, Scope]]
STAGES: tuple[Stage, ...] = (
    _where,
    _where,
    _let,
    _let,
    _parse,
    _unpack,
    _fields,
    _drop,
    _rename,
    _sort,
    _sort,
    _limit,
    _sample,
    _facets,
    _sessions,
    _dedup,
    _top,
    _count,
    _patterns,
    _stats,
    _stats,
    _union,
    _join,
    _compare,
)


def any_window(rng: Random) -> TimeSpan:
    """The window given outside the query: mostly none."""
    if rng.random() < 0.7:
        return EVERYTHING
    start = BASE_NS + rng.choice((-1, 0, 1, 60 * 10**9))
    return rng.choice((TimeSpan(start), TimeSpan(None, start), TimeSpan(start, start + 1800 * 10**9)))
