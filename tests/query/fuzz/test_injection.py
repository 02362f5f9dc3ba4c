"""Text from outside stays text: whatever stands for a name or a value, one SELECT runs, and reads nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import duckdb
import pytest

from logstore.clock import SystemClock
from logstore.errors import QueryError
from logstore.model.schema import MORE
from query.engine import Engine, Request
from query.execution.limits import Limits
from tests.query.sql.laid_down import NOW_NS, Held, batch, in_memory, part, taken

HOSTILE = (
    "'", '"', "''", "`", ";", "--", "/*", "\\", "\x00", "%", "{}", "$1", "?", ":x", "漢'\"", "\u202e", "\u2019",
    "'; DROP TABLE e; --", '"; SELECT 1; --', "' OR 1=1 --", "x') UNION SELECT 'leaked' --", "$$ leaked $$",
    "' || getenv('HOME') || '", '" FROM read_text(\'/etc/passwd\') --', "a\nb", "E'\\''", "U&'\\0027'", "tag\" = 'x",
)  # fmt: skip
"""Texts that would do something if they became SQL."""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _named(text: str) -> str:
    return "`" + _quoted(text)[1:-1].replace('\\"', '"').replace("`", "\\`") + "`"


def _held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """An event for each hostile text, which is its tag, its message, a value, and the name of a field."""
    events = [{"tag": text, "message": text, "value": text, text: n} for n, text in enumerate(HOSTILE)]
    later = [{**event, "_seq": 100 + n} for n, event in enumerate(events)]
    stored = part(tmp_path_factory.mktemp("store") / "a.parquet", batch(events, frozenset(HOSTILE[::2])))
    return in_memory(batch(later), parts=[stored])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine over them."""
    engine = Engine(_held(tmp_path_factory), Limits(threads=1), SystemClock())
    yield engine
    engine.close()


def _found(engine: Engine, text: str) -> list[dict[str, object]]:
    with engine.query(Request(text, now_ns=NOW_NS + 10**12)) as answer:
        return taken(answer).rows


FINDING = {
    "value": "value:{text}",
    "tag": "tag:{text}",
    "list": 'value:({text}, "no such text")',
    "name": "{name}:{n}",
    "presence": "{name}:*",
    "comparison": "* | where value == {text}",
    "name in an expression": "* | where {name} == {n}",
    "list in an expression": "* | where value in ({text})",
    "argument": "* | where startswith(value, {text}) and endswith(value, {text}) and len(value) == len({text})",
    "assignment": "* | let {name} = value | where {name} == {text}",
    "subquery": "value:in(tag:{text} | fields value)",
}
"""Questions that find just the two events of one hostile text."""


@pytest.mark.parametrize("question", FINDING.values(), ids=FINDING)
def test_a_text_finds_its_own_events(question: str, engine: Engine):
    """Two events, whose value is the text and nothing else."""
    for n, text in enumerate(HOSTILE):
        rows = _found(engine, question.format(text=_quoted(text), name=_named(text), n=n))
        assert [row["value"] for row in rows] == [text, text], text


GROUPING = (
    "* | stats count(), max(value) by {name} as x | where x == {n}",
    "* | stats countif(value == {text}) as {name}",
    "* | rename value as {name} | stats countif({name} == {text}) as {name}",
    "* | stats count({name}) as {name}",
    "* | sort {name} | fields {name} | stats count({name}) as {name}",
    "* | dedup {name} | limit 100 | stats count() as {name}",
    "* | top 5 {name} | stats max(count) as {name}",
    '* | parse "{place}<x>" from value | stats count(x) as {name}',
    "* | where value like {like} | stats count() as {name}",
    "value:~{regex} | stats count() as {name}",
    "* | let x = replace(value, {text}, {text}), y = split(x, {text}), z = concat({text}, y) | stats max(z) as x",
    "* | let x = format_time(time, {text}) | stats count(x) as {name}",
    "* | sessions {name} gap 1s | stats count() as {name}",
    "* | join (* | fields {name}, tag | limit 9) on {name}, tag | stats count() as {name}",
    "{word} | patterns value | stats count() as {name}",
)
"""Questions that use names and texts in every other place."""


@pytest.mark.parametrize("question", GROUPING)
def test_what_runs_is_one_select_of_our_relations(question: str, engine: Engine):
    """Of each statement there is one, it reads, and no text of the asker is a function or a table in it."""
    for n, text in list(enumerate(HOSTILE))[::3]:
        filled = question.format(
            text=_quoted(text),
            name=_named(text),
            n=n,
            word=_quoted(text),
            place=_quoted(text)[1:-1].replace("<", "<<"),
            like=_quoted(text.replace("\\", "\\\\")),
            regex='"\\Q' + text.replace('"', '\\"') + '\\E"',
        )
        try:
            _found(engine, filled)
        except QueryError as refused:
            assert refused.hint, filled  # noqa: PT017 (most of them are no error)
        else:
            _must_only_select(engine, filled)


def _must_only_select(engine: Engine, text: str) -> None:
    explained = engine.explain(Request(text, now_ns=NOW_NS + 10**12))
    for statement in re.split(r"^SQL\n", explained, flags=re.MULTILINE)[1:]:
        (only,) = duckdb.extract_statements(statement)
        assert only.type == duckdb.StatementType.SELECT
        tree = duckdb.execute("SELECT json_serialize_sql($1)", [only.query]).fetchone()
        assert tree is not None
        assert _functions(json.loads(tree[0])) <= {"read_parquet", "parquet_scan", "unnest", "range", "generate_series"}


def _functions(node: object) -> set[str]:
    """The table functions in a syntax tree."""
    if isinstance(node, list):
        return set().union(*map(_functions, node))
    if not isinstance(node, dict):
        return set()
    mine = {node["function"]["function_name"]} if node.get("type") == "TABLE_FUNCTION" else set()
    return mine.union(*map(_functions, node.values()))


def test_names_come_out_as_they_went_in(engine: Engine):
    """Every hostile name is the name of a field in the answer, with its own value."""
    for row in _found(engine, "*"):
        own = HOSTILE.index(str(row["value"]))
        assert row.get(HOSTILE[own], row.get(MORE, {}).get(HOSTILE[own])) in (own, str(own))
