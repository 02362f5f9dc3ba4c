"""Comparisons of numbers are those of mathematics, for every pair of kinds and every operator."""

from __future__ import annotations

import math
import operator as op

import pytest

from query.plan.expressions import Operator
from tests.query.sql.laid_down import Held, ask, batch, engine_of, events, in_memory, part, read

NUMBERS: list[int | float] = [
    *(0, 1, -1, 2, 5, -7, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 2**63, 2**64 - 1, 2**63 - 512),
    *(0.0, -0.0, 0.5, 1.0, 1.5, -1.5, 4.999, 2.0**53, 2.0**53 + 2, 2.0**63, -(2.0**63), 2.0**64, 1e300, -1e300, 5e-324),
    *(math.inf, -math.inf, math.nan),
]
LITERALS = [
    *(
        "0",
        "1",
        "-1",
        "5",
        "1.5",
        "-1.5",
        "0.5",
        "2.5",
        "-7.25",
        "9007199254740992",
        "9007199254740993",
        "-9007199254740993",
    ),
    *(
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
    ),
    *("9007199254740993.0", "1e3", "1e300", "1e999", "-1e999", "5e-324"),
]
HOLDS = {"==": op.eq, "<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge}


def _value(literal: str) -> int | float:
    whole = int(literal) if literal.lstrip("-").isdigit() else None
    return whole if whole is not None and -(2**63) <= whole < 2**64 else float(literal)


@pytest.mark.parametrize("operator", list(HOLDS))
def test_every_number_against_every_literal(operator: Operator) -> None:
    """A stored number meets a literal without rounding, whatever kinds the two are of."""
    source = events(*({"n": number} for number in NUMBERS))
    lets = ", ".join(f"x{place} = n {operator} {literal}" for place, literal in enumerate(LITERALS))
    rows = ask(source, f"* | sort _seq | let {lets}").rows
    for number, row in zip(NUMBERS, rows, strict=True):
        for place, literal in enumerate(LITERALS):
            expected = HOLDS[operator](number, _value(literal))
            assert row[f"x{place}"] is expected, (number, operator, literal)


@pytest.mark.parametrize("operator", list(HOLDS))
def test_every_number_against_every_other(operator: Operator) -> None:
    """Two stored numbers compare without rounding, whatever kinds they are of."""
    pairs = [(left, right) for left in NUMBERS for right in NUMBERS]
    source = events(*({"a": left, "b": right} for left, right in pairs))
    rows = ask(source, f"* | sort _seq | let x = a {operator} b | fields x").rows
    for (left, right), row in zip(pairs, rows, strict=True):
        assert row["x"] is HOLDS[operator](left, right), (left, operator, right)


def test_only_float_columns_compare_with_large_literals() -> None:
    """A field that is nothing but floats is compared with integers that no float equals."""
    floats = [2.0**53, 2.0**53 + 2, 2.0**63, math.nan]
    with engine_of(events(*({"f": value} for value in floats))) as engine:
        for literal in LITERALS:
            for name, holds in HOLDS.items():
                found = {row["f"] for row in read(engine, f"* | where f {name} {literal} | fields f").rows}
                assert found == {value for value in floats if holds(value, _value(literal))}, (name, literal)


def test_text_that_is_a_json_number_compares_by_its_number() -> None:
    """Only text that is a JSON number as a whole counts as one; anything looser is text."""
    texts = [
        "5",
        "5.0",
        "50e-1",
        "-0",
        " 5",
        "05",
        "+5",
        "5.",
        ".5",
        "0x5",
        "1_000",
        "1e3",
        "Infinity",
        "nan",
        "",
        "5\n",
    ]
    source = events(*({"s": text} for text in texts))
    assert [row["s"] for row in ask(source, "s:>=0 | sort _seq").rows] == ["5", "5.0", "50e-1", "-0", "1e3"]
    assert [row["s"] for row in ask(source, "* | where s == 5 | sort _seq").rows] == ["5", "5.0", "50e-1"]


def test_numbers_sort_exactly() -> None:
    """Neighbours that round to the same double keep their order; NaN is the largest number."""
    numbers = [math.nan, math.inf, 2**53 + 1, 2.0**53, 2**53 + 2, -1, 0.5, 2**64 - 1, 2**63, -math.inf, 1]
    source = events(*({"n": number} for number in numbers))
    rows = [row["n"] for row in ask(source, "* | sort n").rows]
    assert rows[:-1] == [-math.inf, -1, 0.5, 1, 2.0**53, 2**53 + 1, 2**53 + 2, 2**63, 2**64 - 1, math.inf]
    assert math.isnan(rows[-1])


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Held, Held]]:
    """The same events in memory, and in files of which no statistics tell that there is NaN in them: one, and two."""
    plain = batch([{"f": (0.5, math.nan, 2.5, 1.0)[n % 4], "g": (1.0, math.nan)[n % 2], "v": n % 3} for n in range(24)])
    mixed = batch([{"v": (1, 1.0, math.nan, 2.5)[n % 4], "f": n + 0.5, "_seq": n + 100} for n in range(24)])
    folder = tmp_path_factory.mktemp("nan")
    files = [part(folder / str(place), each, rows_per_group=8) for place, each in enumerate((plain, mixed))]
    both = (in_memory(plain, mixed), in_memory(parts=files))
    return [
        *((in_memory(each), in_memory(parts=[file])) for each, file in zip((plain, mixed), files, strict=True)),
        both,
    ]


@pytest.mark.parametrize(
    "text",
    [
        *(
            f"{test} | count"
            for test in ("f:>0", "f:<10", "f:>=0.5", "g:1", "-g:1", "f:(0.5, 1, 2.5)", "v:<10", "-v:<10")
        ),
        *(f"* | where {test} | count" for test in ("f > 0", "f < 10", "g == 1", "g != 1", "f <= 2.5", "not f < 10")),
        *(f"* | where {test} | count" for test in ("g == f", "f < v + 10", "v != 7", "g in (1, 2)")),
        "f:>0 | facets",
        "* | where v > 0 | facets",
        "* | count by v",
        "* | count by g",
        "* | stats max(f)",
        "* | stats values(g)",
        "* | where least(f, 1) < 10 | count",
        "* | stats max(f), min(f), max(v), min(g)",
        "f:* | dedup g | fields g",
        "g:in(f:* | fields g) | count",
        "v:in(v:* | fields f) | count",
        "* | sort f, v, _seq | fields f, v",
        "f:* | join (v:* | fields v) on v | count",
    ],
)
def test_nan_that_no_statistics_tell_of(text: str, twice: list[tuple[Held, Held]]) -> None:
    """Parquet has the least and the largest value of a column without NaN: nothing may be concluded from that."""
    for sources in twice:
        here, there = (ask(source, text) for source in sources)
        assert list(map(repr, there.rows)) == list(map(repr, here.rows))
