"""Questions that nobody would think of, asked of a real server over HTTP and on the command line.

Whatever is asked, there are rows, or an error for whoever asked that says what to do; the server has no bug to log, and
goes on.
"""

import json
import random
from http import HTTPStatus
from http.client import HTTPConnection

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from logstore.app.cli.commands import app
from tests.end_to_end.packing import NS, Sender, chunk
from tests.end_to_end.processes import DEADLINE_S, serving
from tests.query.differential.values import Json, Time
from tests.query.fuzz import mutations, queries
from tests.query.fuzz.store import odd_events
from tests.query.fuzz.traps import TRAPS
from tests.query.sandbox import hostile

BLAMED = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.GONE,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""What an asker may be told, besides an answer."""

SECRET = "what nobody may see"
FORMATS = ("jsonl", "json", "csv", "table", "arrow")
ENDPOINTS = ("query", "sql", "export", "explain", "fields", "field_values", "histogram", "parse", "complete")
WITHOUT_FORMAT = {
    "explain": {},
    "fields": {},
    "field_values": {"field": "n"},
    "histogram": {},
    "parse": {},
    "complete": {},
}
"""What else must be said to endpoints that are asked of whatever format they have."""
SAYING = ("from", "to", "since", "all", "limit", "at", "after", "ids", "format", "analyze")

_PHASES = (Phase.explicit, Phase.generate, Phase.shrink)
_LIGHTLY = settings(deadline=None, derandomize=True, phases=_PHASES, suppress_health_check=list(HealthCheck))
_EVERY = 5
"""Of the traps that are asked of the engine one by one elsewhere, one in so many."""


def _sent(value):
    match value:
        case Json(text=text):
            return json.loads(text)
        case Time(ns=ns):
            return ns % 2**63
    return value


def _on_the_wire(time):
    """The protocol's times are of 1970 to 2106."""
    return time.ns % (2**32 * NS)


def _record(event):
    taken = {name: _sent(value) for name, value in event.items() if name not in {"time", "_seq", "tag"}}
    return {name: value for name, value in taken.items() if not isinstance(value, int) or -(2**63) <= value < 2**64}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with values of every kind, of small limits; beside its data lies a file that it must not show."""
    folder = tmp_path_factory.mktemp("fuzzed")
    (folder / "keeper.csv").write_text(f"message\n{SECRET}\n")
    with (
        serving(folder / "data", config="[query]\ntimeout_s = 10\n") as running,
        Sender(running.forward_port) as sender,
    ):
        for event in odd_events(random.Random(5)):
            sender.send(chunk(str(event.get("tag") or "none"), [(_on_the_wire(event["time"]), _record(event))]).message)
            sender.ack()
        yield running
        assert "Traceback" not in running.said


def _ask(server, endpoint, **parameters):
    """Status and body of a question; an error's must help whoever asked."""
    connection = HTTPConnection("127.0.0.1", server.http_port, timeout=DEADLINE_S)
    # JSON alone can say half a character.
    connection.request("POST", f"/api/v1/{endpoint}", json.dumps(parameters), {"Content-Type": "application/json"})
    with connection.getresponse() as response:
        status, body = response.status, response.read()
    connection.close()
    assert SECRET.encode() not in body
    if status != HTTPStatus.OK:
        assert status in BLAMED, (status, body[:500], parameters)
        told = json.loads(body)["error"]
        assert told["message"]
        assert "Traceback" not in told["message"]
    return status, body


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_traps_are_answered_or_refused(server, endpoint):
    """Those of the language, also where SQL or a mere search is asked for."""
    first = ENDPOINTS.index(endpoint)
    for number, text in enumerate(TRAPS[first::_EVERY]):
        said = WITHOUT_FORMAT.get(endpoint, {"format": FORMATS[number % len(FORMATS)]})
        _ask(server, endpoint, query=text, all="true", **said)


@given(text=queries.texts | mutations.texts, endpoint=st.sampled_from(ENDPOINTS))
@settings(_LIGHTLY, max_examples=100)
def test_made_up_questions_are_answered_or_refused(server, text, endpoint):
    """Whole ones and broken ones."""
    _ask(server, endpoint, query=text, all="true", **WITHOUT_FORMAT.get(endpoint, {}))


def test_sql_that_tries_to_get_out_is_refused(server):
    """By every way that is known, over HTTP."""
    for text in hostile.ALL:
        places = {"file": str(server.data.parent / "keeper.csv"), "folder": str(server.data.parent)}
        filled = text.replace("{kelvin}", places["file"].replace("k", "\u212a"))
        for name, path in places.items():
            filled = filled.replace("{" + name + "}", path)
        status, _ = _ask(server, "sql", query=filled, all="true")
        assert status == HTTPStatus.BAD_REQUEST, filled


ODD = st.one_of(
    mutations.anything,
    st.sampled_from(("", "0", "-1", "9" * 30, "1e9", "now", "-1h", "1h", "0001-01-01", "9999-12-31T23:59:59Z", "true")),
    st.sampled_from(("2026-11-22", "2026-11-22T10:00:00.000000001Z", "1795341600", "x" * 5_000, "../..", "'; --")),
)
"""Values of parameters."""


@given(said=st.dictionaries(st.sampled_from(SAYING), ODD, max_size=4), endpoint=st.sampled_from(ENDPOINTS))
@settings(_LIGHTLY, max_examples=150)
def test_odd_parameters_are_understood_or_refused(server, said, endpoint):
    """Windows, limits, ids of snapshots and rows, formats."""
    asked = {"query": "SELECT tag FROM logs" if endpoint == "sql" else "tag:*", **WITHOUT_FORMAT.get(endpoint, {})}
    _ask(server, endpoint, **asked, **said)


def test_the_server_still_answers_after_all_that(server):
    """Every event is still there."""
    (row,) = server.ask("* | count")
    assert row["count"] == len(server.ask("*", limit="1000")) > 0


COMMANDS = ("query", "sql", "explain", "fields")


def _run(server, *arguments):
    done = CliRunner().invoke(app, [*arguments, "--server", server.url], prog_name="logstore")
    assert done.exception is None or isinstance(done.exception, SystemExit), (arguments, done.exception)
    assert "Traceback" not in done.stderr
    if done.exit_code:
        assert done.exit_code in {1, 2}
        assert done.stderr.strip()
    return done


@given(text=queries.texts | mutations.texts | st.sampled_from(TRAPS), command=st.sampled_from(COMMANDS))
@settings(_LIGHTLY, max_examples=60)
def test_the_command_line_answers_or_says_what_is_wrong(server, text, command):
    """On stderr, with an exit code that a script can trust."""
    _run(server, command, "--all", "--", text)


@given(said=st.dictionaries(st.sampled_from(SAYING), ODD, max_size=3))
@settings(_LIGHTLY, max_examples=60)
def test_the_command_line_refuses_odd_options(server, said):
    """As over HTTP."""
    _run(server, "query", *(f"--{name}={value}" for name, value in said.items()), "--", "*")
