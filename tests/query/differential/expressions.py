"""Made-up expressions, aggregates and groupings, as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.query.differential.events import LEVEL_NAMES, Event, any_value
from tests.query.differential.spelling import field, literal, quoted

REGEXES = ("err", "^a", r"[0-9]+", r"^\d+$", "(a|b)", "e$", "ö")
LIKES = ("%", "a%", "_ob", "%i_e", "5%", "a\\\\%b", "a\\\\_b", "", "__")
NUMBERS = (
    "0",
    "1",
    "5",
    "43",
    "0.5",
    "250ms",
    "1KiB",
    "9007199254740993",
    "9223372036854775807",
    "18446744073709551615",
    "1e3",
    "2.0",
)

Maker = Callable[[Random, Sequence[str], list[Event], int], str]


def a_literal(rng: Random, events: list[Event], name: str) -> str:
    """A literal, mostly of a value that the field has."""
    held = [event[name] for event in events if name in event]
    spelled = literal(rng.choice(held) if held and rng.random() < 0.7 else any_value(rng))
    return spelled if spelled is not None else rng.choice(NUMBERS)


def condition(rng: Random, fields: Sequence[str], events: list[Event], depth: int) -> str:
    """An expression that is true or false."""
    if depth > 0 and rng.random() < 0.4:
        left, right = (condition(rng, fields, events, depth - 1) for _ in range(2))
        return rng.choice(("({0} and {1})", "({0} or {1})", "not ({0})", "{0} and not ({1})")).format(left, right)
    return rng.choice(CONDITIONS)(rng, fields, events, depth)


def value(rng: Random, fields: Sequence[str], events: list[Event], depth: int) -> str:
    """An expression of any kind."""
    if depth <= 0 or rng.random() < 0.25:
        return field(rng.choice(fields))
    return rng.choice(VALUES)(rng, fields, events, depth)


def _comparison(rng: Random, fields: Sequence[str], events: list[Event], depth: int) -> str:
    name = rng.choice(fields)
    left = field(name) if rng.random() < 0.8 else value(rng, fields, events, depth - 1)
    right = a_literal(rng, events, name) if rng.random() < 0.6 else value(rng, fields, events, depth - 1)
    return f"{left} {rng.choice(('==', '!=', '<', '<=', '>', '>='))} {right}"


def _present(rng: Random, fields: Sequence[str], _events: list[Event], _depth: int) -> str:
    return f"{field(rng.choice(fields))} {rng.choice(('is null', 'is not null'))}"


def _bare(rng: Random, fields: Sequence[str], _events: list[Event], _depth: int) -> str:
    return field("ok" if "ok" in fields and rng.random() < 0.7 else rng.choice(fields))


def _regex(rng: Random, fields: Sequence[str], _events: list[Event], _depth: int) -> str:
    return f'{field(rng.choice(fields))} {rng.choice(("~", "!~"))} "{rng.choice(REGEXES)}"'


def _like(rng: Random, fields: Sequence[str], _events: list[Event], _depth: int) -> str:
    return f'{field(rng.choice(fields))} like "{rng.choice(LIKES)}"'


def _in(rng: Random, fields: Sequence[str], events: list[Event], _depth: int) -> str:
    name = rng.choice(fields)
    choices = ", ".join(a_literal(rng, events, name) for _ in range(rng.randint(1, 3)))
    return f"{field(name)} {rng.choice(('in', 'not in'))} ({choices})"


def _between(rng: Random, fields: Sequence[str], _events: list[Event], _depth: int) -> str:
    low, high = rng.choice((("0", "5"), ("-1", "43.5"), ('"4"', '"b"'), ("9007199254740993", "1e19"), ("250ms", "1m")))
    return f"{field(rng.choice(fields))} between {low} and {high}"


def _test(rng: Random, fields: Sequence[str], _events: list[Event], _depth: int) -> str:
    name = rng.choice(("contains", "startswith", "endswith"))
    return f"{name}({field(rng.choice(fields))}, {quoted(rng.choice(('a', 'e', 'error', '5', 'ö', '')))})"


def _in_network(rng: Random, fields: Sequence[str], _events: list[Event], _depth: int) -> str:
    name = "ip" if "ip" in fields else rng.choice(fields)
    return (
        f"ip_in({field(name)}, {quoted(rng.choice(('10.0.0.0/8', '10.0.0.1/32', '::/0', 'fe80::/10', '0.0.0.0/0')))})"
    )


def _level(rng: Random, fields: Sequence[str], _events: list[Event], _depth: int) -> str:
    name = "level" if "level" in fields else rng.choice(fields)
    return f"{field(name)} {rng.choice(('==', '!=', '<', '>='))} {quoted(rng.choice(LEVEL_NAMES))}"


CONDITIONS: tuple[Maker, ...] = (
    _comparison, _comparison, _comparison, _present, _bare, _regex, _like, _in, _between, _test, _in_network, _level,
)  # fmt: skip


def _arithmetic(rng: Random, fields: Sequence[str], events: list[Event], depth: int) -> str:
    left = value(rng, fields, events, depth - 1)
    right = rng.choice(NUMBERS) if rng.random() < 0.5 else value(rng, fields, events, depth - 1)
    return f"({left} {rng.choice('+-*/%')} {right})"


def _negative(rng: Random, fields: Sequence[str], events: list[Event], depth: int) -> str:
    return f"-({value(rng, fields, events, depth - 1)})"


def _first_present(rng: Random, fields: Sequence[str], events: list[Event], depth: int) -> str:
    left, right = (value(rng, fields, events, depth - 1) for _ in range(2))
    return rng.choice(("({0} ?? {1})", "coalesce({0}, {1})", "coalesce({0}, {1}, 7)")).format(left, right)


def _choice(rng: Random, fields: Sequence[str], events: list[Event], depth: int) -> str:
    left, right = (value(rng, fields, events, depth - 1) for _ in range(2))
    return f"if({condition(rng, fields, events, 0)}, {left}, {right})"


def _of_text(rng: Random, fields: Sequence[str], events: list[Event], depth: int) -> str:
    form = rng.choice(
        (
            "lower({})", "upper({})", "trim({})", "len({})", "substr({}, 2, 3)",
            "substr({}, 1, 1)", 'replace({}, "a", "bb")',
            'split({}, " ", 1)', 'split({}, ".", -1)', 'split({}, "=", 2)', 'split({}, "-")', 'extract({}, "([0-9]+)")',
            'extract({}, "a(.)(.)", 2)', 'concat({}, "-x")', "text({})", "number({})",
            'concat(text({}), "y")', "json_len({})", "hash({})",
            'json_get({}, "[0]")', 'json_get({}, "[0].to")',
        )
    )  # fmt: skip
    return form.format(value(rng, fields, events, depth - 1))


def _of_number(rng: Random, fields: Sequence[str], events: list[Event], depth: int) -> str:
    form = rng.choice(
        (
            "round({})", "floor({})", "ceil({})", "abs({})", "sqrt({})", "exp({})", "log({})", "pow({}, 2)",
            "least({}, 5)",
            "greatest({}, 5, 2.5)", "bin({}, 10)", "bin({}, 0.5)", "number(text({}))", "round({}, 1)",
        )
    )  # fmt: skip
    return form.format(value(rng, fields, events, depth - 1))


def _of_time(rng: Random, fields: Sequence[str], _events: list[Event], _depth: int) -> str:
    if "time" not in fields:
        return "now()"
    forms = (
        "bin(1m)", "bin(time, 1h)", "bin(1s)", "time", "(now() - time)", "(time + 90)", "(time - 1h)", "text(time)",
        'format_time(time, "%Y-%m-%d %H:%M:%S")', "number(bin(1m))",
    )  # fmt: skip
    return rng.choice(forms)


def _of_address(rng: Random, fields: Sequence[str], _events: list[Event], _depth: int) -> str:
    name = "url" if "url" in fields else rng.choice(fields)
    return rng.choice(("url_path({})", "url_host({})")).format(field(name))


def _truth(rng: Random, fields: Sequence[str], events: list[Event], depth: int) -> str:
    return f"({condition(rng, fields, events, depth - 1)})"


def _constant(rng: Random, _fields: Sequence[str], events: list[Event], _depth: int) -> str:
    return rng.choice((rng.choice(NUMBERS), a_literal(rng, events, "mixed"), "true", '"text"'))


VALUES: tuple[Maker, ...] = (
    _arithmetic, _arithmetic, _negative, _first_present, _choice, _of_text, _of_text, _of_number, _of_number, _of_time,
    _of_address, _truth, _constant,
)  # fmt: skip


def groupings(rng: Random, fields: Sequence[str], events: list[Event]) -> list[str]:
    """What to group by."""
    forms: list[str] = []
    for _ in range(rng.randint(1, 2)):
        name = rng.choice(fields)
        forms.append(rng.choice((field(name), field(name), f"bin({field(name)}, 10)", value(rng, fields, events, 1))))
    if "time" in fields and rng.random() < 0.3:
        forms.append(rng.choice(("bin(1m)", "bin(1h)", "bin(time, 1s)")))
    return forms


def aggregate(rng: Random, fields: Sequence[str], events: list[Event]) -> str:
    """One aggregate."""
    name = field(
        rng.choice([name for name in ("status", "n", "f", "took", "mixed", "level") if name in fields] or fields)
    )
    operand = name if rng.random() < 0.8 else value(rng, fields, events, 1)
    form = rng.choice(
        (
            "count()", "count({0})", "countif({1})", "distinct({0})", "exact_distinct({0})", "sum({0})", "avg({0})",
            "stddev({0})", "min({0})", "max({0})", "p50({0})", "p99.9({0})", "quantile({0}, 0.25)", "first({0})",
            "last({0})", "values({0})", "values({0}, 2)", "histogram({0})",
        )
    )  # fmt: skip
    return form.format(operand, condition(rng, fields, events, 1))
