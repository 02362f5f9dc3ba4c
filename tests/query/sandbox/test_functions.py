"""The functions that SQL may call."""

from __future__ import annotations

import re

import duckdb
import pytest

from logstore.errors import QueryError
from query.sandbox.functions import AGGREGATE, ALLOWED, NOW, OPERATORS, SCALAR, TODAY, WINDOW
from query.sandbox.parsing import parse_sql
from query.sandbox.tree import check

# What the parser itself makes of keywords and of operators.
_OF_THE_PARSER = {"current_date", "if", "ifnull", "->", "^@", "array_length"}
_POWERS = re.compile(
    r"read_|_scan$|^glob$|^query|sniff|parquet_|^duckdb_|pragma|secret|setting|^getenv|variable|^(next|curr|set)val$"
    r"|^current_(?!date|timestamp)|^(session_)?user$|^in_search|sleep|random|^setseed|uuid|^error$|log|serialize|^collate_"
    r"|^icu_|^__internal|^__|version|^checkpoint|_privilege$|^pg_|^stats$|^list_agg|^aggregate$|^apply$|invoke|^range$"
    r"|^generate_|resize$|^printf$|^format$|^bar$|levenshtein|editdist|^finalize$|^combine"
)


@pytest.fixture(scope="module")
def database():
    """A plain DuckDB."""
    connection = duckdb.connect(":memory:")
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def there(database):
    """The names of all of DuckDB's functions."""
    rows = database.execute("SELECT DISTINCT lower(function_name) FROM duckdb_functions()").fetchall()
    return {name for (name,) in rows}


def test_each_function_that_is_allowed_is_one(there):
    """No name is listed that DuckDB does not have."""
    assert ALLOWED - there - _OF_THE_PARSER == set()


def test_no_function_is_listed_twice():
    """Each stands in one place, in small letters."""
    listed = [*OPERATORS, *(name for names in SCALAR.values() for name in names), *AGGREGATE, *WINDOW]
    assert sorted(listed) == sorted(ALLOWED)
    assert all(name == name.lower() for name in listed)


def test_no_function_with_powers_is_allowed(there):
    """Files, settings, catalogs, time, chance, and what makes much out of little."""
    powerful = {name for name in there if _POWERS.search(name)} - {"log", "log2", "log10", "ln"}
    assert len(powerful) > 300
    assert powerful & ALLOWED == set()


def test_each_function_of_duckdb_is_allowed_on_purpose_or_refused(there):
    """Also those that a new version brings: the list says what is allowed, never what is not."""
    callable_names = sorted(name for name in there if re.fullmatch("[a-z_0-9]+", name))
    assert len(callable_names) > 900
    for name in callable_names:
        node = {"class": "FUNCTION", "type": "FUNCTION", "function_name": name, "qualified_name": {"path": [name]}}
        if name in ALLOWED:
            if name not in {"repeat", "lpad", "rpad", "replace", "regexp_replace"}:
                check(node, "")
        else:
            with pytest.raises(QueryError, match="cannot be used"):
                check(node, "")


@pytest.mark.parametrize("name", sorted(NOW | TODAY))
def test_what_is_the_time_now_is_allowed_under_each_name(database, name):
    """As a function where it is one, else as a keyword."""
    call = name if name.startswith("current") else f"{name}()"
    check(parse_sql(database, f"SELECT {call}"), f"SELECT {call}")
