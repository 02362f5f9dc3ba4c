"""Each function on values where it has something to get wrong."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import pytest

from query.lang import functions as language
from query.sql.functions import FUNCTIONS
from tests.query.sql.laid_down import NOW_NS, Json, ask, events

EVENT = {
    "message": "GET /a?b=1",
    "t": "Ünï text",
    "j": Json('[1,"a",{"k":[null,2.5]}]'),
    "n": -7,
    "big": 2**63 - 1,
    "u": 2**64 - 1,
    "f": 2.5,
    "inf": math.inf,
    "ok": True,
    "url": "https://user@Shop.example.com:443/cart/x?q=1#top",
    "six": "2001:db8::1",
    "four": "10.1.2.3",
}

CASES: list[tuple[str, Any]] = [
    ("lower(t)", "ünï text"),
    ("upper(t)", "ÜNÏ TEXT"),
    ('trim("\t a \u3000\n")', "a"),
    ("len(t)", 8),
    ("substr(t, 2, 3)", "nï "),
    ("substr(t, 0, 3)", "Ün"),
    ("substr(t, -1, 1)", ""),
    ("substr(t, 7, 99)", "xt"),
    ('replace(t, "t", "")', "Ünï ex"),
    ('split("a,,b", ",")', Json('["a","","b"]')),
    ('split("a,b,c", ",", -1)', "c"),
    ('split("a,b,c", ",", 4)', None),
    ('split("a,b,c", ",", 0)', None),
    ('concat(n, "-", f, "-", ok)', "-7-2.5-true"),
    ("concat(n, absent)", None),
    ('contains(t, "text")', True),
    ('startswith(t, "ü")', False),
    ('endswith(t, "xt")', True),
    ('extract(message, "GET (/[a-z]+)")', "/a"),
    ('extract(message, "/[a-z]+")', "/a"),
    ('extract(message, "(b)=(\\d)", 2)', "1"),
    ('extract(message, "nothing(x)")', None),
    ("round(2.5)", 3.0),
    ("round(-2.5)", -3.0),
    ("round(2.675, 1)", 2.7),
    ("round(n)", -7),
    ("round(inf)", math.inf),
    ("floor(f)", 2.0),
    ("floor(-2.5)", -3.0),
    ("floor(n)", -7),
    ("ceil(f)", 3.0),
    ("ceil(-2.5)", -2.0),
    ("abs(n)", 7),
    ("abs(-9223372036854775808)", None),
    ("abs(u)", 2**64 - 1),
    ("sqrt(9)", 3.0),
    ("sqrt(n)", None),
    ("log(1)", 0.0),
    ("log(0)", None),
    ("exp(0)", 1.0),
    ("exp(1000)", None),
    ("exp(inf)", math.inf),
    ("pow(2, 10)", 1024.0),
    ("least(3, 2.5, n)", -7),
    ("greatest(3, 2.5, n)", 3),
    ("greatest(1, 1.0)", 1),
    ("least(2.0, absent)", None),
    ('number("4.30e1")', 43.0),
    ('number("18446744073709551615")', 2**64 - 1),
    ("number(ok)", 1),
    ("number(time)", NOW_NS / 1e9),
    ('number(" 5")', None),
    ("text(f)", "2.5"),
    ("text(1e16)", "1e+16"),
    ("text(inf)", "Infinity"),
    ("text(time)", "2026-11-22T10:00:00.000000000Z"),
    ("text(j)", '[1,"a",{"k":[null,2.5]}]'),
    ("if(n < 0, 1, 2)", 1),
    ("if(absent < 0, 1, 2)", 2),
    ("coalesce(absent, n)", -7),
    ("absent ?? t", "Ünï text"),
    ("now() - time", 0.0),
    ("bin(time, 1d) == bin(1d)", True),
    ("bin(n, 5)", -10),
    ("bin(f, 2)", 2.0),
    ("bin(n, 0.5)", -7.0),
    ("bin(-9223372036854775808, 10)", None),
    ("bin(-9223372036854775799, 10)", -9223372036854775800),
    ("bin(-9223372036854775800, 10)", -9223372036854775800),
    ("bin(9223372036854775807, 10)", 9223372036854775800),
    ("bin(big, 9223372036854775807)", 2**63 - 1),
    ("bin(-1, 9223372036854775807)", -(2**63) + 1),
    ('format_time(time, "%Y-%m-%d %H:%M:%S %%")', "2026-11-22 10:00:00 %"),
    ("url_path(url)", "/cart/x"),
    ('url_path("/a/b?c")', "/a/b"),
    ('url_path("http://h")', None),
    ('url_path(" /a\\n/b")', "/a/b"),
    ("url_host(url)", "shop.example.com"),
    ('url_host("http://[::1]:80/")', "::1"),
    ('url_host("/a")', None),
    ('ip_in(four, "10.0.0.0/8")', True),
    ('ip_in(four, "10.1.2.0/30")', True),
    ('ip_in(four, "10.1.2.4/30")', False),
    ('ip_in("10.0.0.256", "0.0.0.0/0")', False),
    ('ip_in("010.0.0.1", "0.0.0.0/0")', False),
    ('ip_in(six, "2001:db8::/32")', True),
    ('ip_in(six, "2001:db9::/32")', False),
    ('ip_in("::", "::/0")', True),
    ('ip_in("1:2:3:4:5:6:7::8:9", "::/0")', False),
    ('ip_in(":::1", "::/0")', False),
    ('ip_in("::ffff:10.0.0.1", "::ffff:0:0/96")', True),
    ('ip_in("12345::", "::/0")', False),
    ('ip_in(four, "::/0")', False),
    ("hash(t)", hashlib.md5("Ünï text".encode(), usedforsecurity=False).hexdigest()[:16]),
    ('json_get(j, "[1]")', "a"),
    ('json_get(j, "[2].k")', Json("[null,2.5]")),
    ('json_get(j, "[2].k[1]")', 2.5),
    ('json_get(j, "[2].k[0]")', None),
    ('json_get(j, "[9]")', None),
    ("""json_get("{\\"a\\": {\\"b'c\\": true}}", "a.b'c")""", True),
    ('json_get("{", "a")', None),
    ("json_len(j)", 3),
    ('json_len("{}")', 0),
    ('json_len("5")', None),
    ("7 / 2", 3.5),
    ("7 / 0", None),
    ("n % 3", -1),
    ("n % 0", None),
    ("-7.5 % 2", -1.5),
    ("big + 1", None),
    ("big + 0", 2**63 - 1),
    ("big * 2", None),
    ("u + 0", float(2**64)),
    ("-n", 7),
    ("-u", -float(2**64)),
    ("1e300 * 1e300", None),
    ("inf + 1", math.inf),
    ("t + 1", None),
    ("time + 90 - time", 90.0),
    ("text(time - 250ms)", "2026-11-22T09:59:59.750000000Z"),
]


def _same(expected: Any, got: Any) -> bool:
    return type(expected) is type(got) and expected == got


def test_functions_give_what_the_documentation_says() -> None:
    """Values and kinds of every case, all in one query."""
    lets = ", ".join(f"x{place} = {expression}" for place, (expression, _) in enumerate(CASES))
    (row,) = ask(events(EVENT), f"* | let {lets}").rows
    wrong = {
        expression: (row.get(f"x{place}"), expected)
        for place, (expression, expected) in enumerate(CASES)
        if not _same(expected, row.get(f"x{place}"))
    }
    assert wrong == {}


def test_every_function_of_the_language_is_known() -> None:
    """The compiler's table and the language's list have the same names."""
    elsewhere = {"if", "coalesce", "now"}
    assert set(FUNCTIONS) | elsewhere == set(language.FUNCTIONS)


@pytest.mark.parametrize(
    ("expression", "failures"),
    [
        ("n / 0", 1),
        ("absent / 0", 0),
        ("t + 1", 1),
        ("(n / 0) + 1", 1),
        ("if(n == 0, n / 0, 1)", 0),
        ("n ?? (1 / 0)", 0),
        ("absent ?? (1 / 0)", 1),
        ('extract(t, "nothing")', 0),
        ("lower(n)", 1),
        ("lower(t)", 0),
        ('json_get("{", "a")', 1),
        ("number(t)", 1),
        ("n / 0 == 1", 1),
    ],
)
def test_what_could_not_be_computed_is_counted(expression: str, failures: int) -> None:
    """Present values without a result count; missing ones and the branch not taken do not."""
    assert ask(events(EVENT), f"* | let x = {expression}").facts.could_not_compute == failures
    dropped = ask(events(EVENT), f"* | where ({expression}) == 77 | limit 1")
    assert dropped.facts.could_not_compute == failures
