"""The tables of functions and aggregates."""

from __future__ import annotations

import pytest

from query.lang import functions
from query.lang.functions import AGGREGATES, FUNCTIONS, PERCENTILE
from query.lang.stages import KNOWN_ELSEWHERE as STAGES_ELSEWHERE
from query.lang.stages import STAGES

EVERY = [*FUNCTIONS.values(), *AGGREGATES.values(), PERCENTILE]


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("p50", 0.5),
        ("p99.9", 0.999),
        ("p0", 0.0),
        ("p100", 1.0),
        ("p101", None),
        ("p", None),
        ("p1e1", None),
        ("pow", None),
    ],
)
def test_percentile(name, share):
    """`p0` to `p100`, decimals allowed, name a share of the rows exactly."""
    assert functions.percentile(name) == share


def test_names_are_one_or_the_other():
    """No name is both a function and an aggregate, nor looks like a percentile."""
    assert not FUNCTIONS.keys() & AGGREGATES.keys()
    assert all(functions.percentile(name) is None for name in FUNCTIONS | AGGREGATES)


def test_forms_differ_in_length():
    """The number of arguments decides the form; a variadic function has one form."""
    for function in EVERY:
        assert len({len(form) for form in function.forms}) == len(function.forms)
        assert not function.variadic or len(function.forms) == 1


def test_usage_shows_every_form():
    """Usage is what errors and documentation show."""
    assert FUNCTIONS["bin"].usage == "bin(width) or bin(x, width)"
    assert FUNCTIONS["concat"].usage == "concat(a, …)"
    assert FUNCTIONS["now"].usage == "now()"


def test_variadic_form_repeats_its_last_parameter():
    """A variadic function takes its last parameter again and again, but not fewer than it names."""
    assert [parameter.name for parameter in FUNCTIONS["least"].form(4) or ()] == ["a", "b", "b", "b"]
    assert FUNCTIONS["least"].form(1) is None
    assert FUNCTIONS["bin"].form(3) is None


def test_translations_lead_to_names_that_exist():
    """Names of other languages lead to ours, and are none of ours themselves."""
    for elsewhere, ours in (
        (functions.FUNCTIONS_ELSEWHERE, FUNCTIONS.keys()),
        (functions.AGGREGATES_ELSEWHERE, AGGREGATES.keys()),
        (STAGES_ELSEWHERE, STAGES.keys()),
    ):
        assert all(name in ours or functions.percentile(name) is not None for name in elsewhere.values())
        assert not elsewhere.keys() & ours
