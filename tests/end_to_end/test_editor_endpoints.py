"""What editors and panels ask a server beside queries, over real HTTP."""

import http.client
import json
import time
from contextlib import closing
from datetime import UTC, datetime
from urllib.request import Request, urlopen

import pyarrow as pa
import pytest

from logstore import __version__
from tests.end_to_end.posting import Poster, lines
from tests.end_to_end.processes import serving

EVENTS = 120
HOSTILE = ('"', "`", "|", "\n", "\x00", "\\", "' OR 1=1 --", "%", "*", "?", ":", "(", "\u202e", "x" * 30_000)


@pytest.fixture(scope="module")
def start():
    """When the first event was: a full minute, some minutes ago."""
    return time.time() // 60 * 60 - 600


@pytest.fixture(scope="module")
def server(tmp_path_factory, start):
    """A server with an event for each second of two minutes: those of the first in a part, the others in memory."""
    data = tmp_path_factory.mktemp("editor") / "data"
    events = [
        {
            "time": start + second,
            "tag": ("app.web", "app.db")[second % 3 == 0],
            "level": ("info", "error")[second % 2],
            "message": f"request {second} was served",
            "status": 200 + second % 3 * 100,
            "user": f"u{second % 10}",
        }
        for second in range(EVENTS)
    ]
    with serving(data) as first:
        _post(first, events[: EVENTS // 2])
        assert first.stop() == 0
    with serving(data) as running:
        _post(running, events[EVENTS // 2 :])
        yield running


def _post(server, events):
    with Poster(server.http_port) as poster:
        assert poster.post(lines(events))[1]["stored"] == len(events)


def told(server, path, **parameters):
    """The JSON object that is answered."""
    return json.loads(server.get(path, **parameters))


def test_a_text_is_read_and_nothing_is_asked(server):
    """What it means, in one spelling; also of a text of several lines that stands in a form."""
    text = "level:error   AND user:u1\n| stats count() as n by bin( 1m ), tag"
    answer = told(server, "/api/v1/parse", query=text)
    assert answer == {
        "ok": True,
        "canonical": "level:error user:u1 | stats count() as n by bin(1m), tag",
        "search": "level:error user:u1",
        "yields": "series",
        "live": False,
        "stages": [{"name": "stats", "start": 28, "end": len(text)}],
        "fields": ["level", "user", "n", "tag"],
    }
    assert told(server, "/api/v1/parse", query=answer["canonical"])["canonical"] == answer["canonical"]


def test_where_a_text_is_wrong_is_an_answer(server):
    """With the place in characters, lines and columns, and what to write; other mistakes are errors."""
    error = told(server, "/api/v1/parse", query="* |\n cuont")["error"]
    assert (error["message"], error["hint"]) == ("unknown stage cuont", "did you mean count?")
    assert (error["line"], error["column"], error["start"], error["end"]) == (2, 2, 5, 10)
    assert server.refuses("/api/v1/parse") == (400, {"message": "the parameter query is missing"})
    assert server.refuses("/api/v1/parse", query="a", text="b")[0] == 400


@pytest.mark.parametrize("text", [*HOSTILE, '"\ud83d"', "a" * 65_537, "(" * 10_000])
def test_any_text_is_a_query_or_is_told_why_not(server, text):
    """Never an error of ours, whatever the characters; half of a surrogate pair can be sent as JSON only."""
    body = json.dumps({"query": text}).encode()
    request = Request(f"{server.url}/api/v1/parse", body, {"Content-Type": "application/json"})  # noqa: S310 (our own)
    with urlopen(request) as response:  # noqa: S310 (our own server)
        answer = json.loads(response.read())
    assert answer["ok"] or answer["error"]["message"]


def values(server, **parameters):
    """The values that are told, and how many events have each."""
    return {row["value"]: row["count"] for row in server.lists("/api/v1/field_values", **parameters)}


def test_values_of_a_field_are_told(server, start):
    """The most frequent first, of memory and parts together; of a search, a window, a beginning, so many as wanted."""
    assert values(server, field="tag") == {"app.web": 80, "app.db": 40}
    assert values(server, field="status") == {200: 40, 300: 40, 400: 40}
    assert values(server, field="user", query="level:error") == {f"u{n}": 12 for n in (1, 3, 5, 7, 9)}
    assert values(server, field="status", prefix="4") == {400: 40}
    assert values(server, field="user", prefix="U") == {}
    window = {
        "from": datetime.fromtimestamp(start, UTC).isoformat(),
        "to": datetime.fromtimestamp(start + 30, UTC).isoformat(),
    }
    assert values(server, field="level", **window) == {"info": 15, "error": 15}
    assert values(server, field="number", query='* | parse "request <number> was"', prefix="11") == {
        str(number): 1 for number in (11, *range(110, 120))
    }
    assert values(server, field="count", query="* | count by tag") == {80: 1, 40: 1}


def test_more_values_than_wanted_are_told_of(server):
    """In the facts; and nothing is said where there are no more."""
    for limit, cut_at in (("3", 3), ("10", None)):
        with urlopen(f"{server.url}/api/v1/field_values?field=user&limit={limit}") as response:  # noqa: S310 (our own)
            rows = response.read().splitlines()
            facts = json.loads(response.headers["X-Logstore-Facts"])
        assert (len(rows), facts["rows"], facts["cut_at"]) == (int(limit), int(limit), cut_at)


def test_values_come_in_every_format(server):
    """Like any answer."""
    assert server.get("/api/v1/field_values", field="tag", format="csv") == b"value,count\napp.web,80\napp.db,40\n"
    stream = pa.ipc.open_stream(server.get("/api/v1/field_values", field="tag", format="arrow"))
    assert [field.metadata[b"logstore.field"] for field in stream.schema] == [b"value", b"count"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_and_no_beginning_is_more_than_that(server, text):
    """Whatever characters they have, nothing is found, and nothing else is asked."""
    assert values(server, field=text[:5_000]) == {}
    assert values(server, field="user", prefix=text[:5_000]) == {}


def test_mistakes_in_what_values_are_asked_are_told(server):
    """In the words of a query, with places in the text that was sent."""
    assert server.refuses("/api/v1/field_values")[1]["message"] == "the parameter field is missing"
    assert server.refuses("/api/v1/field_values", field="a", limit="1000000")[1]["message"] == "limit is above 100,000"
    status, error = server.refuses("/api/v1/field_values", field="user", query='x | where "open')
    assert (status, error["line"]) == (400, 1)
    assert error["start"] == 10
    status, error = server.refuses("/api/v1/field_values", field="user", query="* | count")
    assert error["message"] == "there is no field user here"


def test_a_line_that_is_followed_has_the_id_that_it_keeps(server):
    """Whoever asks later finds it under the same one; without `ids` there is none."""
    for ids in ("true", "false"):
        url = f"{server.url}/api/v1/tail?query=tag:live.{ids}&ids={ids}"
        with urlopen(url) as response:  # noqa: S310 (our own server)
            assert response.readline() == b"\n"
            _post(server, [{"tag": f"live.{ids}", "time": time.time(), "message": "here"}])
            line = json.loads(response.readline())
        (asked,) = server.ask(f"tag:live.{ids}", ids=ids)
        assert line == asked
        assert ("_row" in line) == (ids == "true")


def asked_for(server, path, *tenants, body=None):
    """Status and answer of a request with these headers."""
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port)
    connection.putrequest("GET" if body is None else "POST", path)
    for tenant in tenants:
        connection.putheader("X-Logstore-Tenant", tenant)
    connection.putheader("Content-Length", str(len(body or b"")))
    connection.putheader("Content-Type", "application/x-ndjson")
    connection.endheaders(body)
    with closing(connection), connection.getresponse() as response:
        return response.status, json.loads(response.read().splitlines()[0])


def test_nobody_is_given_everybodys_events_for_a_tenants_own(server):
    """Whoever names a tenant that there is not is refused, wherever that is, and what they send is not stored."""
    asks = ("/api/v1/query?query=*", "/api/v1/fields", "/api/v1/tail?query=*", "/healthz", "/nowhere")
    for path in asks:
        status, answer = asked_for(server, path, "blue")
        assert status == 400
        assert answer["error"]["message"] == "this server does not keep tenants apart, and knows none called 'blue'"
    assert asked_for(server, "/api/v1/query?query=*", "default", "blue")[0] == 400
    assert len(asked_for(server, "/healthz", "x" * 5_000)[1]["error"]["message"]) < 200
    assert asked_for(server, "/api/v1/ingest", "blue", body=b'{"tag":"blue"}')[0] == 400
    assert server.ask("tag:blue") == []


@pytest.mark.parametrize("tenants", [(), ("default",), ("",), (" default ",)])
def test_the_only_tenant_may_be_named(server, tenants):
    """Or not."""
    status, event = asked_for(server, "/api/v1/query?query=tag:app.db&limit=1", *tenants)
    assert (status, event["tag"]) == (200, "app.db")


def test_a_server_tells_its_version_and_its_time(server):
    """The time is now, so that whoever asks can tell how far the clocks are apart."""
    before = datetime.now(UTC)
    answer = told(server, "/api/v1/version")
    assert answer["version"] == __version__
    assert before <= datetime.fromisoformat(answer["time"]) <= datetime.now(UTC)
