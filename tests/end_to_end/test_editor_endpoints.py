"""What editors and panels ask a server beside queries, over real HTTP."""

import http.client
import json
import time
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import urlencode
from urllib.request import urlopen

import pyarrow as pa
import pytest

from logstore import __version__
from tests.end_to_end.posting import Poster, lines
from tests.end_to_end.processes import serving, wait_until

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


@pytest.mark.parametrize("text", [*HOSTILE, "a" * 65_537, "(" * 10_000])
def test_any_text_is_a_query_or_is_told_why_not(server, text):
    """Never an error of ours, whatever the characters."""
    answer = told(server, "/api/v1/parse", query=text)
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
        "from": iso(start),
        "to": iso(start + 30),
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


def iso(seconds):
    """A time as it is written in parameters."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def test_events_are_counted_over_time(server, start):
    """In readable bars, of memory and parts together, by severity; also where there is nothing."""
    window = {"from": iso(start - 60), "to": iso(start + 150)}
    answer = told(server, "/api/v1/histogram", buckets="7", **window)
    assert (answer["step_ms"], answer["total"], len(answer["times"])) == (30_000, EVENTS, 7)
    assert [datetime.fromisoformat(each).timestamp() for each in answer["times"]] == [
        start + seconds for seconds in range(-60, 150, 30)
    ]
    assert answer["series"] == [
        {"level": "info", "counts": [0, 0, 15, 15, 15, 15, 0]},
        {"level": "error", "counts": [0, 0, 15, 15, 15, 15, 0]},
    ]
    (errors,) = told(server, "/api/v1/histogram", query="level:error | where status == 200", **window)["series"]
    assert (errors["level"], sum(errors["counts"])) == ("error", 20)


def test_a_window_without_ends_has_those_of_the_events(server, start):
    """As far as they are found; without any there are no bars."""
    for window in ({"all": "true"}, {"to": iso(start + 1000)}, {"from": iso(start)}):
        answer = told(server, "/api/v1/histogram", query="tag:app.*", buckets="2", **window)
        assert answer["total"] == EVENTS
    assert datetime.fromisoformat(answer["from"]).timestamp() == start
    nothing = told(server, "/api/v1/histogram", query="tag:none", all="true")
    assert (nothing["step_ms"], nothing["times"], nothing["series"], nothing["total"]) == (None, [], [], 0)


def test_mistakes_in_what_shall_be_counted_are_told(server):
    """In the words of a query."""
    assert server.refuses("/api/v1/histogram", buckets="2001")[1]["message"] == "buckets is above 2,000"
    status, error = server.refuses("/api/v1/histogram", query="a | cuont", all="true")
    assert (status, error["start"], error["hint"]) == (400, 4, "did you mean count?")
    assert server.refuses("/api/v1/histogram", query="* | let level = message")[1]["message"] == "more than 100 levels"
    for moved in ("message", "5", "null", "if(status == 200, time, null)", 'bin("2001-01-01", 1h)'):
        for window in ({}, {"all": "true"}):
            status, error = server.refuses("/api/v1/histogram", query=f"* | let time = {moved}", **window)
            assert (status, error["message"]) == (400, "events are counted by their own time, and the query changes it")


def around(server, row, **parameters):
    """The ids of the events around one, and the ids of those that are told to be it."""
    rows = server.lists("/api/v1/context", row=row, **parameters)
    return [each["_row"] for each in rows], [each["_row"] for each in rows if each["match"]]


@pytest.mark.parametrize(("before", "after"), [(3, 4), (0, 7), (7, 0), (200, 200)])
def test_the_events_around_one_are_told(server, before, after):
    """Of the same tag, or of the same values; across parts and memory, and at both ends."""
    for search, by in (("tag:app.web", {}), ("status:200 user:u4", {"by": "status, user"})):
        ids = [row["_row"] for row in server.ask(search, ids="true")]
        for place in (0, 1, len(ids) // 2, len(ids) - 1):
            found, matches = around(server, ids[place], before=before, after=after, **by)
            assert found == ids[max(0, place - after) : place + before + 1]
            assert matches == [ids[place]]


def test_events_of_one_instant_have_an_order_too(server):
    """The one in which they came."""
    _post(server, [{"tag": "crowd", "time": 1_795_000_000, "message": str(number)} for number in range(50)])
    ids = [row["_row"] for row in server.ask("tag:crowd", ids="true")]
    assert around(server, ids[20], before=2, after=2)[0] == ids[18:23]


def test_the_events_around_one_come_in_every_format(server):
    """With all that they have; as a table what matters."""
    (event,) = server.ask("tag:app.db | limit 1", ids="true")
    stream = pa.ipc.open_stream(server.get("/api/v1/context", row=event["_row"], format="arrow"))
    assert stream.read_all().num_rows == 11
    table = server.get("/api/v1/context", row=event["_row"], format="table").decode().splitlines()
    assert ["match=true" in line for line in table] == [True, *[False] * 10]
    assert not any("status" in line for line in table)


SLOW = "* | let k = 1 | fields k, message" + " | join (* | let k = 1 | fields k) on k" * 7
"""120 to the power of 8 rows: it would run into the server's own time limit, a minute."""


@pytest.mark.parametrize("asked", [("field_values", {"field": "message"}), ("histogram", {"all": "true"})])
def test_who_leaves_ends_what_was_asked(server, asked):
    """Nothing is counted for nobody."""
    path, parameters = asked
    query = SLOW.replace("fields k, message", "fields k, time, level, message")
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port)
    connection.request("GET", f"/api/v1/{path}?{urlencode({'query': query, **parameters})}")
    wait_until(lambda: server.metric("logstore_open_snapshots") > 0, "it is counted")
    connection.close()
    wait_until(lambda: server.metric("logstore_open_snapshots") == 0, "nothing is counted any more", deadline_s=30)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_of_a_field_is_more_than_that_in_a_context(server, name):
    """What nobody has is the same of all, so all are neighbours."""
    (event,) = server.ask("trace | limit 1 | union (tag:app.web | limit 1)", ids="true")
    found, _ = around(server, event["_row"], before=1, after=0, by=name[:5_000])
    assert len(found) == 2


def test_mistakes_in_what_is_around_are_told(server):
    """An event that is not there is not found; what is no id is a mistake."""
    for parameters, status, message in (
        ({}, 400, "the parameter row is missing"),
        ({"row": "7"}, 400, "not the id of a row: '7'"),
        ({"row": "1.1"}, 404, "there is no event 1.1"),
        ({"row": "1.1", "before": "0", "after": "0"}, 400, "before and after are both 0"),
        ({"row": "1.1", "before": "1001"}, 400, "before is above 1,000"),
        ({"row": "1.1", "by": "tag,tag"}, 400, "two columns are called tag"),
        ({"row": "1.1", "at": "x"}, 400, "not the id of a snapshot: 'x'"),
    ):
        told_status, error = server.refuses("/api/v1/context", **parameters)
        assert (told_status, error["message"]) == (status, message)


def completed(server, text, **parameters):
    """The texts that are offered behind a query, each with what it is written in place of."""
    answer = told(server, "/api/v1/complete", query=text, **parameters)
    assert answer["end"] == parameters.get("cursor", len(text))
    return text[answer["start"] : answer["end"]], [each["text"] for each in answer["completions"]]


def test_what_may_be_written_is_told(server):
    """Fields and values that there are, among the events of the terms before, and the language's words."""
    assert completed(server, "level:error us") == ("us", ["user:", "status:"])
    assert completed(server, "user:u3 level:") == ("", ["error", "trace", "debug", "info", "warn", "fatal"])
    assert completed(server, 'status:<300 tag:"app.d') == ('"app.d', ["app.db"])
    assert completed(server, "message:request", limit=2) == (
        "request",
        ['"request 0 was served"', '"request 1 was served"'],
    )
    assert completed(server, "* | where status == ", limit=3) == ("", ["200", "300", "400"])
    assert completed(server, '* | where tag == "app.w') == ('"app.w', ['"app.web"'])
    assert completed(server, "* | count by stat") == ("stat", ["status"])
    assert completed(server, "* | dedu") == ("dedu", ["dedup "])
    assert completed(server, "lev | count", cursor=3) == ("lev", ["level:"])
    assert completed(server, "* | cuont | ") == ("", [])


def test_a_cursor_is_a_place(server):
    """One behind the text is its end; what is no number is a mistake."""
    assert told(server, "/api/v1/complete", query="lev", cursor="99")["end"] == 3
    assert told(server, "/api/v1/complete", query="lev", cursor="0")["end"] == 0
    message = "cursor is not a whole number of 0 or more: '-1'"
    assert server.refuses("/api/v1/complete", query="lev", cursor="-1") == (400, {"message": message})


def test_values_are_told_with_how_many_events_have_them(server):
    """In words."""
    (found,) = told(server, "/api/v1/complete", query="tag:app.w")["completions"]
    assert found == {"kind": "value", "text": "app.web", "label": "app.web", "detail": "80 events", "doc": ""}


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_what_helps_to_write_it(server, text):
    """At any place of it, and as a name or a value."""
    for query in (text, f"`{text}`:", f"user:{text}", f'user:"{text}', f"* | where `{text}` == "):
        assert isinstance(completed(server, query[:8_000])[1], list)


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
