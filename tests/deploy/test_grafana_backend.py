"""The back end of the Grafana data source, asked over gRPC as Grafana asks it, beside a real server."""

import subprocess
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar
from urllib.parse import urlencode

import pytest

from tests.deploy.conftest import LINES
from tests.deploy.grafana_host import DataSource, asked, column
from tests.deploy.toolchain import DATASOURCE, go, have_modules
from tests.end_to_end.posting import Poster, lines
from tests.end_to_end.processes import serving, wait_until


def test_the_go_tests_pass():
    """Frames, macros and what else needs no server are tested in Go; the sources are formatted and vetted."""
    have_modules()
    for command in (("test", "./..."), ("vet", "./...")):
        done = go(*command)
        assert done.returncode == 0, done.stdout + done.stderr
    gofmt = Path(go("env", "GOROOT").stdout.strip()) / "bin" / "gofmt"
    done = subprocess.run([gofmt, "-l", "pkg", "internal"], cwd=DATASOURCE, capture_output=True, text=True, check=True)
    assert done.stdout == "", "gofmt would change these"


def test_lines_have_the_shape_that_grafana_reads(source, start):
    """Newest first, with ids, levels and labels; what is to be marked is told."""
    (frame,) = source.frames({"expr": "request status:200", "queryType": "logs"})
    assert [(field["name"], field["type"]) for field in frame["schema"]["fields"]] == [
        ("timestamp", "time"),
        ("body", "string"),
        ("severity", "string"),
        ("id", "string"),
        ("labels", "other"),
        ("labelTypes", "other"),
    ]
    meta = frame["schema"]["meta"]
    assert (meta["type"], meta["typeVersion"], meta["preferredVisualisationType"]) == ("log-lines", [0, 0], "logs")
    assert (meta["custom"]["limit"], meta["custom"]["searchWords"]) == (1000, ["(?i)request"])
    assert column(frame, "timestamp")[0] == int((start + 57) * 1000)
    assert column(frame, "body")[0] == "request 57 was served"
    assert column(frame, "severity")[0] == "error"
    labels = {"tag": "app.web", "level": "error", "status": "200", "took": "7.125", "trace_id": "t57"}
    assert column(frame, "labels")[0] == labels
    assert column(frame, "labelTypes")[0] == dict.fromkeys(labels, "I")
    assert len(set(column(frame, "id"))) == LINES / 3


def test_ids_of_lines_stay_when_they_are_asked_for_again(source):
    """Permalinks and infinite scroll depend on it."""
    (whole,) = source.frames({"expr": "*", "queryType": "logs"})
    (part,) = source.frames({"expr": "trace_id:t5", "queryType": "logs"})
    assert set(column(part, "id")) < set(column(whole, "id"))


def test_the_millisecond_that_a_range_ends_with_belongs_to_it(source, start):
    """Grafana asks for older lines with the time of the last one, of which it knows the milliseconds."""
    (frame,) = source.frames({"expr": "*", "queryType": "logs"}, start=start, end=start + 10)
    assert column(frame, "body")[0] == "request 10 was served"


def test_so_many_lines_as_are_wanted(source, host, server):
    """By the query, else by the settings."""
    (frame,) = source.frames({"expr": "*", "queryType": "logs", "maxLines": 7})
    assert len(column(frame, "body")) == 7
    (frame,) = DataSource(host, server.url, maxLines=3).frames({"expr": "*"})
    assert len(column(frame, "body")) == frame["schema"]["meta"]["custom"]["limit"] == 3


def test_a_range_query_gives_a_series_for_each_group(source, start):
    """With the interval filled in, labels, names and the width of bins."""
    model = {"expr": "* | count by bin($__interval), level", "queryType": "range", "legendFormat": "{{level}} lines"}
    frames = source.frames(model, start=start, end=start + 60)
    found = {frame["schema"]["fields"][1]["labels"]["level"]: frame for frame in frames}
    assert set(found) == {"info", "error"}
    times, values = found["info"]["schema"]["fields"]
    assert found["info"]["schema"]["meta"]["type"] == "timeseries-multi"
    assert (times["config"]["interval"], values["config"]["displayNameFromDS"]) == (15_000, "info lines")
    assert column(found["info"], "Time") == [int((start + second) * 1000) for second in (0, 15, 30, 45)]
    assert column(found["info"], "Value") == [8, 7, 8, 7]


@pytest.mark.parametrize(
    ("expr", "sent"),
    [
        ("level:error", "level:error | count by bin(15s)"),
        ("* | count by level", "* | count by bin(15s), level"),
        ("* | stats avg(took) as mean", "* | stats avg(took) as mean by bin(15s)"),
    ],
)
def test_bins_of_time_are_added_where_a_range_query_has_none(source, start, expr, sent):
    """What is drawn is what was asked for, over time."""
    frame = source.frames({"expr": expr, "queryType": "range"}, start=start, end=start + 60)[0]
    assert frame["schema"]["meta"]["executedQueryString"] == sent
    assert len(column(frame, "Time")) == 4


def test_an_instant_query_gives_a_number_for_each_group(source):
    """What alert rules compare with thresholds."""
    frames = source.frames({"expr": "* | stats count(), max(took) as slowest by level", "queryType": "instant"})
    assert {frame["schema"]["meta"]["type"] for frame in frames} == {"numeric-multi"}
    told = {
        (labels["level"], labels["__name__"]): frame["data"]["values"][0]
        for frame in frames
        for labels in [frame["schema"]["fields"][0]["labels"]]
    }
    assert told[("info", "count")] == [30]
    assert told[("error", "slowest")] == [59 / 8]


def test_a_table_has_the_columns_of_the_answer(source):
    """With their types."""
    (frame,) = source.frames({"expr": "* | stats count(), avg(took) by status, level", "queryType": "table"})
    fields = [(field["name"], field["type"]) for field in frame["schema"]["fields"]]
    assert fields == [("status", "number"), ("level", "string"), ("count", "number"), ("avg_took", "number")]
    assert sum(column(frame, "count")) == LINES


def test_each_query_of_a_panel_has_its_own_answer_or_error(source):
    """One that is wrong takes nothing from the others."""
    answers = source.query({"refId": "A", "expr": "*"}, {"refId": "B", "expr": "level: error"})
    assert len(column(answers["A"]["frames"][0], "body")) == LINES
    assert answers["B"]["status"] == 400
    assert answers["B"]["errorSource"] == "downstream"


def test_an_error_names_its_place_in_the_query_as_it_was_written(source):
    """Though the interval in front of it was replaced by something shorter."""
    expr = "* | count by bin($__interval)\n| cuont"
    answer = source.query({"refId": "A", "expr": expr, "queryType": "table"})["A"]
    assert answer["error"] == "unknown stage cuont (line 2, column 3): did you mean count?"
    expr = "* | let width = $__interval, x = 1 | cuont"
    answer = source.query({"refId": "A", "expr": expr, "queryType": "table"})["A"]
    fault = answer["frames"][0]["schema"]["meta"]["custom"]["error"]
    place = {"line": 1, "column": expr.index("cuont") + 1, "length": len("cuont")}
    assert fault == {"message": "unknown stage cuont", "hint": "did you mean count?", **place}


def test_what_cannot_be_drawn_is_refused_with_a_reason(source):
    """In words that say what to write instead."""
    answers = source.query(
        {"refId": "A", "expr": "* | top 3 status", "queryType": "range"},
        {"refId": "B", "expr": "* | count by bin(1m)", "queryType": "instant"},
        {"refId": "C", "expr": "*", "queryType": "chart"},
    )
    assert "| count by bin($__interval)" in answers["A"]["error"]
    assert "leave bin(…) out" in answers["B"]["error"]
    assert "unknown query type" in answers["C"]["error"]
    assert {answer["status"] for answer in answers.values()} == {400}


def test_a_mistake_in_the_text_is_told_before_what_the_query_lacks(source):
    """A range query with a stage that does not exist: its place, and not that it gives no numbers."""
    answer = source.query({"refId": "A", "expr": "level:error\n| cuont $__interval", "queryType": "range"})["A"]
    assert (answer["status"], answer["error"]) == (400, "unknown stage cuont (line 2, column 3): did you mean count?")
    fault = answer["frames"][0]["schema"]["meta"]["custom"]["error"]
    assert (fault["line"], fault["column"], fault["length"]) == (2, 3, 5)


def test_nothing_found_says_where_it_is(source, start):
    """An empty panel tells whether there is anything at other times."""
    (frame,) = source.frames({"expr": "trace_id:t5"}, start=start - 600, end=start - 300)
    (notice,) = frame["schema"]["meta"]["notices"]
    assert notice["text"].startswith("Nothing in this time range; 1 events match outside of it, the newest at ")


def test_health_is_a_query_that_was_answered(source):
    """It tells the version, and whether the clocks agree."""
    told = source.call("health")
    assert told["status"] == 1
    assert told["message"].startswith("Logstore 0.1.0 answered in ")
    assert told["message"].endswith(" its clock agrees with Grafana's")


class _Stranger(BaseHTTPRequestHandler):
    """A server that is no Logstore, or one behind a proxy; it remembers the headers that it was sent."""

    seen: ClassVar[dict] = {}

    def do_POST(self):
        """Wants a password on one path, and else answers with a page."""
        self.seen.update(self.headers.items())
        self.rfile.read(int(self.headers["Content-Length"]))
        answers = {"/locked": 401, "/forbidden": 403, "/missing": 404, "/gone": 502}
        self.send_response(answers.get(self.path.removesuffix("/api/v1/query"), 200))
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def stranger():
    """The URL of a server that is no Logstore."""
    _Stranger.seen = {}
    running = ThreadingHTTPServer(("127.0.0.1", 0), _Stranger)
    thread = Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "the answer is no Logstore's"),
        ("/locked", "wants other credentials (401)"),
        ("/forbidden", "may not ask this server (403)"),
        ("/missing", "there is no Logstore at this URL (404)"),
        ("/gone", "a proxy answered 502 Bad Gateway: is Logstore running behind it"),
    ],
)
def test_health_says_what_is_wrong_with_the_url(host, stranger, path, said):
    """And so what to change."""
    told = DataSource(host, stranger + path).call("health")
    assert (told["status"], said in told["message"]) == (2, True), told["message"]


def test_a_page_is_no_answer_to_anything_that_editors_ask(host, stranger):
    """A proxy that wants a log-in answers with one each time: that is told, and nothing is followed."""
    source = DataSource(host, stranger)
    for path in ("fields", "fields/values?field=a", "parse?query=a", "explain?query=a"):
        name, _, query = path.partition("?")
        status, told = source.resource(name, query)
        assert (status, "the answer is no Logstore's" in told["message"]) == (502, True), told
    assert source.resource("histogram", method="POST")[0] == 502
    told = host.next(source.begin("subscribe", path="tail/3", data={"expr": "*"}))
    assert "the answer is no Logstore's" in told["error"]


def test_a_range_that_ends_before_it_begins_is_refused_in_words(source, start):
    """And a width of bins that is none, where it stands."""
    answer = source.query({"refId": "A", "expr": "*"}, start=start, end=start - 60)["A"]
    assert (answer["status"], "the window is empty" in answer["error"]) == (400, True)
    answer = source.query({"refId": "A", "expr": "* | count by bin(0s)", "queryType": "range"})["A"]
    assert answer["error"].startswith("width of bin must be a number or duration above 0 (line 1, column 18)")


@pytest.mark.parametrize(
    ("query_type", "expr", "values"),
    [
        ("instant", "tag:none | count", [[0]]),
        ("instant", "tag:none | count by level", []),
        ("instant", "tag:none | stats max(took)", [[None]]),
        ("range", "tag:none | count by bin($__interval), level", []),
    ],
)
def test_an_alert_query_without_data_is_no_data_or_zero_and_no_error(source, query_type, expr, values):
    """What rules make of it is theirs to say."""
    (frame,) = source.frames({"expr": expr, "queryType": query_type})
    assert frame.get("data", {}).get("values", []) == values


def test_health_says_that_nobody_is_there(host):
    """A wrong port is told apart from what is no URL."""
    assert "cannot be reached" in DataSource(host, "http://127.0.0.1:1").call("health")["message"]
    assert "it must look like" in DataSource(host, "logstore:24280").call("health")["message"]


def test_credentials_headers_and_tenant_are_sent(host, stranger):
    """As the settings say; what is asked for an alert rule is marked as such."""
    secure = {"basicAuthPassword": "wonder", "httpHeaderValue1": "yes"}
    options = {"httpHeaderName1": "X-Extra", "tenant": "blue", "basicAuthUser": "alice"}
    DataSource(host, stranger, secure, **options).query({"expr": "*"}, headers={"FromAlert": "true"})
    seen = {name.lower(): value for name, value in _Stranger.seen.items()}
    assert seen["authorization"] == "Basic YWxpY2U6d29uZGVy"
    assert (seen["x-extra"], seen["x-logstore-tenant"], seen["fromalert"]) == ("yes", "blue", "true")


def test_a_tenant_that_the_server_does_not_have_is_told_of(host, server):
    """Instead of the events of everybody; the only one that it has may be named."""
    told = DataSource(host, server.url, tenant="blue").call("health")
    assert (told["status"], "knows none called 'blue'" in told["message"]) == (2, True), told["message"]
    assert DataSource(host, server.url, tenant="default").call("health")["status"] == 1


def test_fields_and_their_values(source):
    """What editors and variables offer, of the events of a search."""
    status, told = source.resource("fields", urlencode({"query": "level:error"}))
    assert status == 200
    assert {"name": "status", "kinds": "int"} in told["fields"]
    query = urlencode({"field": "status", "query": "level:error", "limit": 2})
    assert source.resource("fields/values", query) == (
        200,
        {"values": [{"value": "200", "count": 10}, {"value": "300", "count": 10}]},
    )


def test_values_of_a_field_that_begin_so(source):
    """What the editor asks for where there are too many values to tell all; names are nothing but names."""
    told = {"values": [{"value": "t5", "count": 1}, *({"value": f"t5{n}", "count": 1} for n in range(10))]}
    assert source.resource("fields/values", urlencode({"field": "trace_id", "prefix": "t5"})) == (200, told)
    assert source.resource("fields/values", urlencode({"field": 'a"`| drop b'})) == (200, {"values": []})


def test_a_text_is_checked_and_explained(source):
    """Where it is wrong is an answer, for the editor to mark it."""
    assert source.resource("parse", urlencode({"query": "* | count by bin($__interval)"})) == (200, {})
    assert source.resource("parse", urlencode({"query": "a  AND b"})) == (200, {"canonical": "a b"})
    status, told = source.resource("parse", urlencode({"query": "error | cuont"}))
    fault = {"message": "unknown stage cuont", "hint": "did you mean count?", "line": 1, "column": 9, "length": 5}
    assert (status, told) == (200, {"error": fault})
    status, told = source.resource("explain", urlencode({"query": "error"}))
    assert status == 200
    assert "error" in told["text"]


def test_what_helps_to_write_and_to_look_around_is_passed_on(source):
    """As the server answers it, errors too."""
    status, told = source.resource("complete", urlencode({"query": "level:err"}))
    assert (status, [each["text"] for each in told["completions"]]) == (200, ["error"])
    status, told = source.resource("histogram", urlencode({"query": "level:error", "buckets": 10}))
    assert (status, told["total"]) == (200, LINES / 2)
    status, told = source.resource("context", urlencode({"row": "1.1"}))
    assert (status, told["error"]["message"]) == (404, "there is no event 1.1")


def test_nothing_else_of_the_server_can_be_reached(source):
    """Above all nothing that writes, deletes or tells of the machine."""
    for path in ("deletions", "ingest", "quarantine", "query", "../metrics", "fields/../deletions"):
        status, _ = source.resource(path)
        assert status == 404, path
    assert source.resource("fields", method="DELETE")[0] == 404


def test_a_query_that_is_cancelled_ends_on_the_server(source, server):
    """Whoever leaves a panel does not keep the server busy."""
    slow = "* | let k = 1 | fields k, message"
    # 60 to the power of 8 rows: it would run into the server's own time limit, a minute.
    for _ in range(7):
        slow = f"{slow} | join (* | let k = 1 | fields k) on k"
    model = {"refId": "A", "expr": f"{slow} | stats max(len(message))", "queryType": "table"}
    begun = source.begin("query", queries=[asked(model)], headers={})
    wait_until(lambda: server.metric("logstore_open_snapshots") > 0, "the query runs")
    source._host.cancel(begun)
    assert "canceled" in source._host.next(begun)["error"]
    wait_until(lambda: server.metric("logstore_open_snapshots") == 0, "the query has ended", deadline_s=30)


@pytest.fixture
def fresh(tmp_path):
    """A server of its own for a test that sends events."""
    with serving(tmp_path / "data") as running:
        yield running


def test_lines_are_followed_as_they_arrive(host, fresh):
    """In frames of the same shape; the tail ends on the server when nobody follows any more."""
    source = DataSource(host, fresh.url)
    data = {"expr": "tag:live", "refId": "A"}
    assert source.call("subscribe", path="tail/1", data=data) == {}
    following = source.begin("stream", path="tail/1", data=data)
    assert column(host.next(following)["packet"], "body") == []
    with Poster(fresh.http_port) as poster:
        poster.post(lines([{"tag": "live", "time": time.time(), "message": "here", "level": "warn", "n": 1}]))
    frame = host.next(following)["packet"]
    assert column(frame, "body") == ["here"]
    assert column(frame, "severity") == ["warn"]
    assert column(frame, "labels") == [{"tag": "live", "level": "warn", "n": "1"}]
    (asked_later,) = source.frames(data)
    assert column(asked_later, "id") == column(frame, "id")
    assert frame["schema"]["meta"]["type"] == "log-lines"
    host.cancel(following)
    wait_until(lambda: fresh.metric("logstore_tails_open") == 0, "the tail is closed")


def test_what_cannot_be_followed_is_refused_at_once(source):
    """The reason is told; nobody tries again and again."""
    told = source._host.next(source.begin("subscribe", path="tail/2", data={"expr": "* | count"}))
    assert "a live tail goes row by row" in told["error"]
    assert source.call("subscribe", path="elsewhere", data={"expr": "*"}) == {"status": 1}


def test_fields_that_stages_made_are_told_from_those_of_events(source):
    """A filter on one of them has to stand behind the stage, also where the stage names none."""
    (frame,) = source.frames({"expr": 'trace_id:t5 | let text = "hits=1 kind=x" | logfmt text', "queryType": "logs"})
    (origins,) = column(frame, "labelTypes")
    assert {name for name, origin in origins.items() if origin == "P"} == {"text", "hits", "kind"}
    assert origins["tag"] == "I"
