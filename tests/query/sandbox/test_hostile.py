"""Nothing gets out: by any of the known ways, nor by what a generator makes of them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logstore.errors import LogstoreError, QueryError
from query.execution.limits import Limits
from query.sandbox.door import SqlRequest
from tests.query.sandbox import hostile
from tests.query.sandbox.statements import fenced
from tests.query.sql.laid_down import NOW_NS, batch, in_memory, part

SECRET = "what nobody may see"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """An engine whose fence is as wide as it ever is, a file that is no part inside of it, and its folder."""
    folder = tmp_path_factory.mktemp("store")
    secret = folder / "keeper.parquet"
    pq.write_table(pa.table({"message": [SECRET], "tag": [SECRET]}), secret)
    made = batch([{"message": "a line", "n": 1}, {"message": "another", "user": "bob"}])
    source = in_memory(batch([{"_seq": 9, "message": "in memory"}]), parts=[part(folder / "a.parquet", made)])
    with fenced(source, [str(folder)], Limits(threads=1, memory_bytes=256 << 20, time_s=10)) as engine:
        yield engine, secret, folder


def _filled(text, store):
    _, secret, folder = store
    kelvin = str(secret).replace("k", "\u212a")
    return text.replace("{kelvin}", kelvin).replace("{file}", str(secret)).replace("{folder}", str(folder))


def _ask(store, text):
    engine, _, _ = store
    with engine.sql(SqlRequest(text, now_ns=NOW_NS)) as answer:
        return answer.table()


@pytest.mark.parametrize("text", hostile.ALL)
def test_what_tries_to_get_out_is_refused_before_it_runs(store, text):
    """With an error for whoever wrote it, and nothing is read or written."""
    before = sorted(store[2].iterdir())
    with pytest.raises(QueryError) as refused:
        _ask(store, _filled(text, store))
    assert SECRET not in str(refused.value)
    assert sorted(store[2].iterdir()) == before


def test_what_is_refused_is_named_with_its_place(store):
    """The function, a hint, and a caret under the call."""
    with pytest.raises(QueryError) as refused:
        _ask(store, "SELECT tag,\n  getenv('HOME') FROM logs")
    assert refused.value.message == "the function getenv cannot be used"
    assert (refused.value.line, refused.value.column) == (2, 3)
    assert "docs/sql.md" in refused.value.hint


_NAMES = st.sampled_from(
    ["tag", "message", "n", "time", "_seq", "user", "logs", "x", '"{file}"', "'{file}'", "rowid", "filename", "l.tag"]
)
_LITERALS = st.sampled_from(
    ["1", "-1", "'a'", "NULL", "1e300", "DATE '2026-01-01'", "INTERVAL 1 DAY", "[1]", "'{file}'"]
)
_CALLED = """lower count sum getenv read_parquet concat repeat coalesce max list glob range json_extract unnest
    struct_pack strftime date_trunc query list_aggregate lag now"""
_CALLS = st.sampled_from(_CALLED.split())


def _wider(inner):
    return st.one_of(
        st.builds(
            "({} {} {})".format, inner, st.sampled_from(["+", "||", "=", "<", "AND", "IN", "LIKE", "->>"]), inner
        ),
        st.builds("{}({})".format, _CALLS, inner),
        st.builds("{}({}, {})".format, _CALLS, inner, inner),
        st.builds("CASE WHEN {} THEN {} END".format, inner, inner),
        st.builds("({})::{}".format, inner, st.sampled_from(["INT", "VARCHAR", "JSON", "INT[]", "TIMESTAMP", "BLOB"])),
        st.builds("(SELECT {} FROM {})".format, inner, _TABLES),
        st.builds("sum({}) OVER (ORDER BY {})".format, inner, inner),
    )


_TABLES = st.sampled_from(
    ["logs", "logs l", "logs, logs b", "'{file}'", '"{file}"', "c", "glob('{folder}/*')", "(SELECT 1) x", "(FROM logs)"]
)
_EXPRESSIONS = st.recursive(st.one_of(_NAMES, _LITERALS), _wider, max_leaves=8)
_STATEMENTS = st.one_of(
    st.builds("SELECT {} FROM {}".format, _EXPRESSIONS, _TABLES),
    st.builds("SELECT {} FROM {} WHERE {}".format, _EXPRESSIONS, _TABLES, _EXPRESSIONS),
    st.builds("WITH c AS (SELECT {} AS x FROM {}) SELECT {} FROM c".format, _EXPRESSIONS, _TABLES, _EXPRESSIONS),
    st.builds("SELECT {}, count(*) FROM {} GROUP BY ALL ORDER BY {}".format, _EXPRESSIONS, _TABLES, _EXPRESSIONS),
    st.builds("{} UNION ALL SELECT {}".format, st.just("SELECT * FROM logs"), _EXPRESSIONS),
    st.text(max_size=40),
    st.text("SELECT FROM logs()'\"*,;-/$[]{}1a", max_size=60),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=_STATEMENTS)
def test_whatever_is_asked_there_is_an_answer_or_an_error_for_the_asker(store, text):
    """No bug, and never a word of a file that is none of the store's."""
    try:
        table = _ask(store, _filled(text, store))
    except LogstoreError as error:
        assert SECRET not in str(error)  # noqa: PT017 (any error will do)
    else:
        assert SECRET not in str(table.to_pylist())


def test_the_fence_holds_where_the_tree_would_not(tmp_path: Path, store):
    """The instance itself reads nothing outside of its directories, and writes and sets nothing there."""
    outside = tmp_path / "outside.parquet"
    pq.write_table(pa.table({"message": [SECRET]}), outside)
    cursor = store[0]._sql._started().cursor()
    try:
        for sql in (
            f"FROM '{outside}'",
            f"FROM read_text('{outside}')",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            f"ATTACH '{tmp_path}/out.db'",
            "LOAD httpfs",
            "SET memory_limit = '1TB'",
            "SET enable_external_access = true",
            "SET allowed_directories = ['/']",
        ):
            with pytest.raises(Exception, match=r"(?i)permission|disabled|locked|cannot|not allowed"):
                cursor.execute(sql).fetchall()
    finally:
        cursor.close()
    assert list(tmp_path.iterdir()) == [outside]
