"""Expressions: precedence, literals, tests and calls."""

from __future__ import annotations

import pytest

from query.lang import nodes as n
from query.lang.parse import parse
from query.lang.unparse import unparse_expression

A, B, C, D = (n.Field(name) for name in "abcd")
ONE, TWO = n.Number("1"), n.Number("2")


def compare(left: n.Expression, op: n.Comparator, right: n.Expression) -> n.Comparison:
    """A comparison in the order of its text."""
    return n.Comparison(op, left, right)


CASES = [
    ("a", A, None),
    ("a == 1", compare(A, "==", ONE), None),
    ("a != 1", compare(A, "!=", ONE), None),
    ("a<=1", compare(A, "<=", ONE), "a <= 1"),
    ('a == "x"', compare(A, "==", n.String("x")), None),
    ("a == true", compare(A, "==", n.Bool(value=True)), None),
    ("a + b * c", n.Arithmetic("+", A, n.Arithmetic("*", B, C)), None),
    ("(a + b) * c", n.Arithmetic("*", n.Arithmetic("+", A, B), C), None),
    ("a - b - c", n.Arithmetic("-", n.Arithmetic("-", A, B), C), None),
    ("a - (b - c)", n.Arithmetic("-", A, n.Arithmetic("-", B, C)), None),
    ("a / b % c", n.Arithmetic("%", n.Arithmetic("/", A, B), C), None),
    ("a-1", n.Arithmetic("-", A, ONE), "a - 1"),
    ("-1", n.Number("-1"), None),
    ("- 1", n.Number("-1"), "-1"),
    ("-a", n.Negative(A), None),
    ("--1", n.Negative(n.Number("-1")), "-(-1)"),
    ("a - -1", n.Arithmetic("-", A, n.Number("-1")), None),
    ("-9223372036854775808", n.Number("-9223372036854775808"), None),
    ("250ms", n.Number("250ms"), None),
    ("a ?? b ?? 1", n.Coalesce((A, B, ONE)), None),
    ("a ?? b + 1", n.Coalesce((A, n.Arithmetic("+", B, ONE))), None),
    ("a ?? 1 > 2", compare(n.Coalesce((A, ONE)), ">", TWO), None),
    ("a or b and c", n.Disjunction((A, n.Conjunction((B, C)))), None),
    ("(a or b) and c", n.Conjunction((n.Disjunction((A, B)), C)), None),
    ("a AND b OR NOT c", n.Disjunction((n.Conjunction((A, B)), n.Negation(C))), "a and b or not c"),
    ("not a == 1", n.Negation(compare(A, "==", ONE)), None),
    ("not not a", n.Negation(n.Negation(A)), None),
    ('a ~ "\\d+"', n.Matches(A, n.Regex(r"\d+")), None),
    ('a !~ "x"', n.Matches(A, n.Regex("x"), negated=True), None),
    ('a like "x%"', n.Like(A, n.String("x%")), None),
    ("a in (1, b)", n.InList(A, (ONE, B)), None),
    ("a not in (1)", n.InList(A, (ONE,), negated=True), None),
    ("a between 1 and 2 and b", n.Conjunction((n.Between(A, ONE, TWO), B)), None),
    ("a is null", n.IsNull(A), None),
    ("a is not null", n.IsNull(A, negated=True), None),
    ('lower(a) == "x"', compare(n.Call("lower", (A,)), "==", n.String("x")), None),
    ("now()", n.Call("now", ()), None),
    ('extract(a, "user=(\\w+)", 1)', n.Call("extract", (A, n.Regex(r"user=(\w+)"), ONE)), None),
    ('contains(a, "\\\\d")', n.Call("contains", (A, n.String(r"\d"))), None),
    ('if(a > 1, "x", null)', n.Call("if", (compare(A, ">", ONE), n.String("x"), n.Null())), None),
    ("`a b` == 1", compare(n.Field("a b"), "==", ONE), None),
    ("`null` == 1", compare(n.Field("null"), "==", ONE), None),
    ("kubernetes.pod_name == größe", compare(n.Field("kubernetes.pod_name"), "==", n.Field("größe")), None),
    ("by == limit", compare(n.Field("by"), "==", n.Field("limit")), "`by` == limit"),
    ("in in (in)", n.InList(n.Field("in"), (n.Field("in"),)), "`in` in (`in`)"),
    ("order > 1", compare(n.Field("order"), ">", ONE), None),
    ("a == android", compare(A, "==", n.Field("android")), None),
]


@pytest.mark.parametrize(("text", "tree", "canonical"), CASES)
def test_expression_form(text, tree, canonical):
    """Each form of an expression gives its node, and the node gives the canonical text."""
    stage = parse(f"* | where {text}").stages[0]
    assert isinstance(stage, n.Where)
    assert stage.condition == tree
    assert unparse_expression(stage.condition) == (text if canonical is None else canonical)
