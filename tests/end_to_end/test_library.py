"""The Python library, against a server and against its directory."""

import os
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

import logstore
from logstore.errors import CallerError, LogstoreError
from tests.conftest import ABSENT
from tests.end_to_end.packing import NS, Sender, chunk
from tests.end_to_end.processes import run, serving

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text()
START = 1_764_000_000 * NS
ROWS = 3000


def record(number):
    """A record: `status` has two kinds, `list` is an array, and a few events have a rare field."""
    fields = {"message": f"event {number}", "level": "error" if number % 3 else "info", "number": number}
    fields |= {"status": "bad" if number % 2 else 500, "list": [number, None]}
    return fields | ({"seldom": {"seen": number}} if number == 7 else {})


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A running server with events in parts and in memory."""
    data = tmp_path_factory.mktemp("library") / "data"
    for first, last in ((0, ROWS - 10), (ROWS - 10, ROWS)):
        with serving(data) as running:
            with Sender(running.forward_port) as sender:
                events = [(START + number * 1001, record(number)) for number in range(first, last)]
                sender.send(chunk("app.web", events).message)
                sender.ack()
            if first:
                yield running


@pytest.fixture(params=["server", "directory"])
def logs(server, request):
    """The same events, asked of the server and of its directory."""
    with logstore.connect(server.url) if request.param == "server" else logstore.open(server.data) as opened:
        yield opened


def test_rows_are_the_fields_that_they_have_with_their_kinds(logs):
    """Integers, texts, lists and times; a field is one whatever its kinds, and a rare one is no different."""
    (row,) = logs.query("number:7", everything=True).rows()
    time = datetime.fromtimestamp(START // NS, UTC) + timedelta(microseconds=7)
    common = {"time": time, "level": "error", "tag": "app.web", "message": "event 7"}
    assert row == common | {"list": [7, None], "number": 7, "status": "bad", "seldom.seen": 7}
    (even,) = logs.query("number:8", everything=True).rows()
    assert even["status"] == 500
    assert "seldom.seen" not in even


def test_rows_can_be_streamed_and_kept(logs):
    """Streaming is once; what was kept can be had in any form, again and again."""
    assert [row["number"] for row in logs.query("* | sort number | limit 3", everything=True)] == [0, 1, 2]
    result = logs.query("* | stats count() as n by level", everything=True)
    assert result.to_arrow().column("n").to_pylist() == [1000, 2000]
    assert result.to_arrow() is result.to_arrow()
    assert result.to_polars().select(pl.col("n").sum()).item() == ROWS
    assert [row["n"] for row in result.rows()] == [row["n"] for row in result] == [1000, 2000]
    streamed = logs.query("number:7", everything=True)
    assert sum(batch.num_rows for batch in streamed.batches()) == 1
    with pytest.raises(CallerError, match="can be done once"):
        streamed.to_arrow()


def test_data_frames_hold_rare_fields_as_text_and_times_exactly(logs):
    """What Arrow keeps in a map, which they have no type for."""
    result = logs.query("number:7", everything=True)
    assert result.schema.field("time").type == pa.timestamp("ns", "UTC")
    frame = result.to_polars()
    assert frame["time"].dt.epoch("ns").item() == START + 7 * 1001
    if "_more" in frame.columns:
        assert frame["_more"].item() == '{"seldom.seen":7}'
    else:
        assert frame["seldom.seen"].item() == 7


def test_pandas_is_wanted_by_nothing_but_to_pandas(logs):
    """Which says how to get it."""
    with pytest.raises(LogstoreError, match="pip install pandas"):
        logs.query("* | count", everything=True).to_pandas()


@pytest.mark.parametrize("of", ["server", "directory"])
def test_pandas_gets_rows_with_exact_times(server, of):
    """In a process that finds it."""
    place = server.url if of == "server" else str(server.data)
    program = f"""
import logstore
frame = logstore.open({place!r}).query("number:7", everything=True).to_pandas()
print(frame["time"].astype("int64").item(), frame["number"].item(), str(frame["time"].dt.tz))
"""
    assert with_pandas(program) == f"{START + 7 * 1001} 7 UTC\n"


def with_pandas(program):
    """What a program prints that has pandas."""
    places = [place for place in sys.path if place != str(ABSENT)]
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_facts_are_known_after_the_last_row(logs):
    """And not before, which is told."""
    result = logs.query("*", everything=True)
    with pytest.raises(CallerError, match="after its last row"):
        _ = result.facts
    assert len(result.rows()) == result.facts.cut_at == 1000


def test_export_has_all_rows(logs):
    """Where a query would stop at a thousand."""
    with logs.export("*", everything=True) as export:
        assert sum(1 for _ in export) == ROWS


def test_windows_are_texts_or_python_times(logs):
    """A `datetime` needs a zone: without one nobody knows what is meant."""
    moment = datetime.fromtimestamp(START // NS, UTC)
    rows = logs.query("* | count", start=moment, end=moment + timedelta(microseconds=100)).rows()
    assert rows == logs.query("* | count", start=moment.isoformat(), end="2025-11-24T16:00:00.0001Z").rows()
    assert rows == [{"count": 100}]
    assert logs.query("* | count", since=timedelta(days=100_000)).rows() == [{"count": ROWS}]
    with pytest.raises(CallerError, match="a time without a zone"):
        logs.query("*", start=moment.replace(tzinfo=None))
    with pytest.raises(LogstoreError, match="contradict"):
        logs.query("*", since="1h", everything=True)


def test_fields_are_those_of_a_search(logs):
    """With their kinds; stages are refused."""
    found = {field.name: field.kinds for field in logs.fields(everything=True)}
    assert found["status"] == ("int", "text")
    assert found["list"] == ("json",)
    assert found["time"] == ("time",)
    assert "seldom.seen" in found
    assert "_seq" not in found
    with pytest.raises(LogstoreError, match="fields are those of a search"):
        logs.fields("* | count", everything=True)


def test_errors_say_what_is_wrong(logs):
    """At once, with the place in the query."""
    with pytest.raises(LogstoreError, match=r"(?s)unknown stage cuont.*\^\^\^\^\^"):
        logs.query("* | cuont")


def test_explain_says_how(logs):
    """The plan, as on the command line."""
    assert "SELECT" in logs.explain("event", everything=True)
    assert "thrown away" not in logs.explain("event", everything=True)
    assert "thrown away" in logs.explain("event", everything=True, analyze=True)


def test_a_tail_shows_what_arrives(server, logs):
    """Events that come after it began, as rows; a query that cannot be followed is refused at once."""
    with pytest.raises(LogstoreError, match="row by row"):
        logs.tail("* | count")
    news = logs.tail("tag:news")
    found = []
    reader = threading.Thread(target=lambda: found.append(next(news)), daemon=True)
    reader.start()
    with Sender(server.forward_port) as sender:
        sender.send(chunk("news", [(START, {"message": "hello"})]).message)
        sender.ack()
    reader.join(30)
    assert found == [
        {"time": datetime.fromtimestamp(START // NS, UTC), "tag": "news", "message": "hello"},
    ]


def test_a_directory_is_asked_as_it_is_when_it_is_asked(tmp_path):
    """Also when a server has written to it since it was opened."""
    with serving(tmp_path / "data") as server, logstore.open(tmp_path / "data") as logs:
        assert logs.query("* | count", everything=True).rows() == [{"count": 0}]
        early = logs.query("*", everything=True)
        with Sender(server.forward_port) as sender:
            sender.send(chunk("app", [(START, {"message": "hello"})]).message)
            sender.ack()
        assert logs.query("* | count", everything=True).rows() == [{"count": 1}]
        assert early.rows() == []


def test_nobody_there_is_told(tmp_path):
    """No server, no directory: what was asked, and what to do."""
    with pytest.raises(LogstoreError, match="no Logstore server answers"):
        logstore.connect("http://127.0.0.1:9").query("*").rows()
    with pytest.raises(LogstoreError, match=re.escape(str(tmp_path))):
        logstore.open(tmp_path / "nothing")


def test_the_example_of_the_page_runs(server):
    """As it stands there, of our own server."""
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    program = example.replace("http://127.0.0.1:24280", server.url)
    said = with_pandas(
        f"{program}\nprint('rows', len(rows), total, list(pandas_frame) == frame.columns, len(table), names)"
    )
    assert said.splitlines()[-1].startswith(f"rows 10 {ROWS} True 0 [")


def test_the_page_names_what_there_is():
    """Every method of the table exists."""
    from logstore.app.library.logs import Logs  # noqa: PLC0415
    from logstore.app.library.result import Result  # noqa: PLC0415

    for owner, kind in (("logs", Logs), ("result", Result)):
        rows = "".join(line for line in PAGE.splitlines() if line.startswith(f"| `{owner}."))
        names = set(re.findall(r"`(?:\w+)?\.(\w+)", rows))
        assert names >= {name for name in vars(kind) if not name.startswith("_")} - {"close"}
        assert all(hasattr(kind, name) for name in names)


@pytest.mark.parametrize("of", ["server", "directory"])
def test_the_command_lists_fields(server, of):
    """From a server and from a directory alike."""
    place = ("--server", server.url) if of == "server" else ("--data", server.data)
    done = run("fields", "number:7", "--all", "--format", "csv", *place)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "field,kinds,rare"
    assert 'status,"int, text",' in lines
