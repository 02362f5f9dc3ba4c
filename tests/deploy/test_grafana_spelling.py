"""What Grafana's editor writes and reads, held against the server's own parser.

The editor has a query model of its own, in TypeScript: a click on a value must not wait for a server.
Where the two differ, a click would find other lines than it promised.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from logstore.errors import QueryError
from query.lang import nodes as n
from query.lang.parse import parse
from query.lang.unparse import unparse
from tests.scale import scaled

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "deploy" / "grafana" / "datasource"
EXAMPLES = [
    line
    for block in re.findall(r"```query\n(.*?)```", (ROOT / "docs" / "language.md").read_text(), re.DOTALL)
    for line in block.splitlines()
]

SPECIAL = st.text(st.sampled_from("ab1 -+*?~:|(),.\"'`\\<>=!\n\t/$\u200b\u00e9\u201c"), max_size=8)
WORDS = st.sampled_from(["and", "OR", "NOT", "in", "true", "null", "200", "-5", "1.5", "250ms", "1..2", "5*", "", "by"])
TEXTS = SPECIAL | WORDS | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
MANY = st.lists(TEXTS, min_size=20, max_size=60)

# Each example is a start of Node.js, and has dozens of texts.
few = settings(max_examples=scaled(6), deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])


@pytest.fixture(scope="module")
def ask():
    """The query model of the editor: answers to `[what, argument]`."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the query model of the Grafana plugin is not checked")
    if not (SOURCE / "node_modules" / "@swc" / "core").is_dir():
        pytest.skip("deploy/grafana/datasource has no node_modules: run `npm ci` there")

    def asked(questions):
        command = [node, "scripts/spell.js"]
        done = subprocess.run(
            command,
            cwd=SOURCE,
            input=json.dumps(questions),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return asked


def search_of(text):
    """The search that the server understands."""
    return parse(text).search


def meant(value):
    """The text of a value; what has wildcards is none."""
    assert isinstance(value, n.Value)
    return value.text


@few
@given(values=MANY, names=MANY)
def test_a_filter_is_read_as_the_field_and_the_value_that_it_was_made_of(ask, values, names):
    """Whatever characters they have."""
    pairs = [(name, value) for name, value in zip(names, values, strict=False) if name != "time"]
    terms = ask([["filter", {"key": name, "operator": "=", "values": [value]}] for name, value in pairs])
    for (name, value), term in zip(pairs, terms, strict=True):
        read = search_of(term)
        assert isinstance(read, n.FieldEquals), term
        assert (read.field.name, meant(read.value)) == (name, value)


@few
@given(values=MANY)
def test_lists_and_expressions_are_read_as_they_were_meant(ask, values):
    """In a search and in `where`."""
    listed, pattern, compared = ask(
        [
            ["filter", {"key": "f", "operator": "!=|", "values": ["x", *values]}],
            [
                "filter",
                {"key": "f", "operator": "=~", "values": ['\\d"' + re.escape("".join(values[:1]).replace("\\", ""))]},
            ],
            ["condition", {"key": "a field", "operator": "=|", "values": values}],
        ]
    )
    read = search_of(listed)
    assert isinstance(read, n.Not)
    assert isinstance(read.term, n.FieldOneOf)
    assert [meant(value) for value in read.term.choices] == ["x", *values]
    assert pattern.startswith("f:~")
    (where,) = parse(f"* | where {compared}").stages
    assert isinstance(where, n.Where)
    assert isinstance(where.condition, n.InList)
    assert [choice.text for choice in where.condition.choices] == values


@few
@given(texts=MANY)
def test_a_text_is_searched_as_a_text(ask, texts):
    """As a word or a phrase, never as an operator, a field or a wildcard."""
    texts = [text for text in texts if text]
    for text, term in zip(texts, ask([["text", text] for text in texts]), strict=True):
        read = search_of(term)
        assert isinstance(read, n.Word | n.Phrase)
        assert read.text == text


@few
@given(values=MANY)
def test_variables_stand_for_their_values_and_nothing_else(ask, values):
    """A value cannot break out of its place."""
    places = ["f:$v x", "f:(a, $v) x", '* | where f == "$v"', "* | where f in ($v)", '"$v!" x', "`$v`:x"]
    questions = [["filledIn", {"query": place, "values": value}] for value in values for place in places]
    filled = iter(ask(questions))
    for value in values:
        alone, listed, quoted, literal, phrase, named = (parse(next(filled)) for _ in places)
        assert meant(alone.search.terms[0].value) == value
        assert [meant(choice) for choice in listed.search.terms[0].choices] == ["a", value]
        assert quoted.stages[0].condition.right.text == value
        assert literal.stages[0].condition.choices[0].text == value
        assert phrase.search.terms[0].text == f"{value}!"
        assert named.search.field.name == value


@few
@given(values=MANY)
def test_several_values_of_a_variable_mean_any_of_them(ask, values):
    """In a part of a term, and in a comparison with it."""
    values = [value for value in values if value]
    pairs = [[value, "other"] for value in values]
    terms = ask([["filledIn", {"query": "f:app.$v.x y", "values": pair}] for pair in pairs])
    equal = ask([["filledIn", {"query": '* | where f != "app.$v" and x', "values": pair}] for pair in pairs])
    for value, term, comparison in zip(values, terms, equal, strict=True):
        part = search_of(term).terms[0]
        assert [meant(each.value) for each in part.terms] == [f"app.{value}.x", "app.other.x"]
        compared = parse(comparison).stages[0].condition.operands[0]
        assert isinstance(compared, n.InList)
        assert compared.negated
        assert [choice.text for choice in compared.choices] == [f"app.{value}", "app.other"]


def is_query(text):
    """Whether the server takes it."""
    try:
        parse(text)
    except QueryError:
        return False
    return True


PIECES = [
    "a",
    "OR",
    "AND",
    "NOT",
    "-",
    "(",
    ")",
    "f:b",
    "f:(a, b)",
    "f:>5",
    "f:1..2",
    '"x y"',
    '~"r"',
    "f:",
    "`q`:1",
    "*",
    "in",
    "f:*",
    "\\*",
    "a:b:c",
]


@few
@given(st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map(" ".join), min_size=50, max_size=100))
def test_the_editor_reads_no_search_that_the_server_refuses_for_its_form(ask, texts):
    """And it reads all that the server takes: otherwise clicks would do nothing."""
    for text, reads in zip(texts, ask([["isSearch", text] for text in texts]), strict=True):
        if is_query(text):
            assert reads, text


def plain(query):
    """The canonical text; quotes around a word say nothing in a test of a field."""
    return re.sub(r':"([A-Za-z_][\w./-]*)"', r":\1", unparse(parse(query)))


def test_the_form_shows_queries_of_the_documentation_without_changing_what_they_mean(ask):
    """From text to rows and back it is the same tree."""
    shown = [
        (before, after)
        for before, after in zip(EXAMPLES, ask([["throughForm", query] for query in EXAMPLES]), strict=True)
        if after is not None
    ]
    assert len(shown) > len(EXAMPLES) / 2
    for before, after in shown:
        assert plain(after) == plain(before)


def test_a_filter_added_to_a_query_of_the_documentation_must_hold_too(ask):
    """Whatever the query is, and its stages stay."""
    added = {"key": "new", "operator": "=", "values": ["v"]}
    edited = ask([["toggled", {"query": query, "filter": added}] for query in EXAMPLES])
    for before, after in zip(EXAMPLES, edited, strict=True):
        old, new = parse(before), parse(after)
        term = n.FieldEquals(n.Field("new"), n.Value("v"))
        if isinstance(old.search, n.Everything):
            expected = term
        else:
            expected = n.And((*(old.search.terms if isinstance(old.search, n.And) else (old.search,)), term))
        assert new.search == expected
        assert new.stages == old.stages
