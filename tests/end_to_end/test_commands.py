"""The commands as people and scripts use them."""

import json
import os
import pty
import re
import subprocess
import time

import pytest

from tests.end_to_end.packing import NS, Sender, chunk
from tests.end_to_end.processes import DEADLINE_S, run, serving, start, wait_until

NOW = time.time_ns()


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A server with some events of the last minute, which tests only ask."""
    with serving(tmp_path_factory.mktemp("asked") / "data") as running:
        tell(running)
        yield running


def tell(server):
    """Stores three events of the last minute."""
    records = [
        {"message": "all is well", "level": "info", "status": 200, "path": "/a"},
        {"message": 'bad \x1b[31m"thing"', "level": "error", "status": 500, "path": "/b"},
        {"message": "so so", "level": "warn", "status": 404, "path": "/a"},
    ]
    packed = chunk("app.web", [(NOW - (3 - number) * NS, record) for number, record in enumerate(records)])
    with Sender(server.forward_port) as sender:
        sender.send(packed.message)
        sender.ack()


def on_terminal(*arguments, environment=None):
    """What a command shows on a terminal, and its exit code."""
    master, slave = pty.openpty()
    with start(*arguments, stdout=slave, stderr=slave, environment=environment) as process:
        os.close(slave)
        shown = b""
        while True:
            try:
                data = os.read(master, 65_536)
            except OSError:  # the terminal's other side is closed
                break
            if not data:
                break
            shown += data
        os.close(master)
    return shown.decode().replace("\r\n", "\n"), process.returncode


def test_answers_are_json_lines_in_a_pipe_newest_first(asked):
    """The default window is the last hour, the default order newest first."""
    assert [row["status"] for row in asked.query("*")] == [404, 500, 200]
    assert [row["status"] for row in asked.query("*", "--limit", "1")] == [404]
    assert asked.query("status:>=404 | count by path") == [{"path": "/a", "count": 1}, {"path": "/b", "count": 1}]


def test_formats_are_what_they_say(asked, tmp_path):
    """csv, raw, table and parquet of the same rows."""
    query = ("query", "* | sort status | fields status, message", "--server", asked.url, "--format")
    assert run(*query, "csv").stdout == b'status,message\n200,all is well\n404,so so\n500,"bad \x1b[31m""thing"""\n'
    assert run(*query, "raw").stdout == b'all is well\nso so\nbad \x1b[31m"thing"\n'
    assert run(*query, "table").stdout.decode().splitlines() == [
        "status  message",
        "──────  ───────────────────",
        "   200  all is well",
        "   404  so so",
        r'   500  bad \x1b[31m"thing"',
    ]
    file = tmp_path / "answer.parquet"
    file.write_bytes(run(*query, "parquet").stdout)
    import pyarrow.parquet as pq  # noqa: PLC0415

    assert pq.read_table(file)["status"].to_pylist() == [200, 404, 500]


def test_a_terminal_gets_a_coloured_table_and_no_escapes_of_strangers(asked):
    """Levels are coloured, NO_COLOR is respected, and the message's own escape sequence is shown, not obeyed."""
    shown, code = on_terminal("query", "*", "--server", asked.url)
    assert code == 0
    assert "\x1b[31merror\x1b[0m" in shown
    assert r'bad \x1b[31m"thing"' in shown
    shown, _ = on_terminal("query", "*", "--server", asked.url, environment={"NO_COLOR": "1"})
    assert "\x1b" not in shown


def test_a_syntax_error_points_at_its_column_and_exits_with_1(asked):
    """The caret stands under the fault."""
    for target in (("--server", asked.url), ("--data", asked.data)):
        done = run("query", "level:error | cuont by path", *target)
        lines = done.stderr.decode().splitlines()
        assert done.returncode == 1
        assert "column 15" in lines[0]
        assert lines[1].index("cuont") == lines[2].index("^^^^^")
        assert "count" in lines[-1]


def test_an_unknown_field_is_noticed_with_the_nearest(asked):
    """Asking for a field that is nowhere is not an error, but is remarked on."""
    done = run("query", "statsu:500", "--server", asked.url)
    assert done.returncode == 0
    assert "status" in done.stderr.decode()


def test_an_empty_answer_says_where_the_events_are(asked):
    """How many lie outside the window, and when the newest was."""
    done = run("query", "*", "--from", "2020-01-01", "--to", "2020-01-02", "--server", asked.url)
    assert done.returncode == 0
    assert done.stdout == b""
    assert "3 matching events lie outside the window, the newest at 20" in done.stderr.decode()


@pytest.mark.parametrize(
    "arguments",
    [
        ("query",),
        ("query", "*", "--since", "1h", "--all"),
        ("query", "*", "--since", "soon"),
        ("query", "*", "--format", "xml"),
        ("query", "*", "--limit", "0"),
        ("query", "*", "--server", "http://127.0.0.1:1", "--data", "x"),
        ("nonsense",),
        ("serve", "--forward", "nowhere"),
        ("send", "--server", "nowhere"),
    ],
)
def test_bad_usage_exits_with_2(arguments):
    """Bad usage is told from a failed query, without a server."""
    done = run(*arguments)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_without_a_server_the_message_says_what_to_do():
    """Nobody there: a line, a hint, and exit code 1."""
    done = run("query", "*", "--server", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert b"logstore serve" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_closed_pipe_ends_a_query_quietly(asked):
    """`logstore query | head` complains of nothing."""
    # An interpreter that ends writes what is left, and may have to say that nobody takes it.
    command = ("query", "*", "--server", asked.url)
    with start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, fresh=True) as process:
        process.stdout.close()
        assert process.stderr.read() == b""


def test_explain_shows_plan_and_sql(asked):
    """From the server and from the directory."""
    for target in (("--server", asked.url), ("--data", asked.data)):
        done = run("explain", "status:500 | stats avg(status) by path", "--all", *target)
        assert done.returncode == 0
        assert b"SELECT" in done.stdout


def test_explain_analyzes(asked):
    """What was done and what it took, from the server and from the directory; no rows are printed."""
    for target in (("--server", asked.url), ("--data", asked.data)):
        done = run("explain", "--analyze", "status:500 | stats avg(status) by path", "--all", *target)
        assert done.returncode == 0
        assert done.stdout.startswith(b"plan\n")
        assert re.search(rb"\nrun\n  1 row, thrown away, in [\d.,]+ ms\n", done.stdout)
        assert re.search(rb"\n  DuckDB +[\d.,]+ ms\n", done.stdout)
        assert b"\nstatements\n  rows: 1 row, " in done.stdout


def test_explain_analyzes_within_the_same_limits(asked):
    """The rows that a query would give are cut where its own would be; a mistake is an error as ever."""
    done = run("explain", "--analyze", "*", "--all", "--limit", "2", "--server", asked.url)
    assert b"cut at the limit of 2 rows: there are more" in done.stdout
    refused = run("explain", "--analyze", "* | cuont", "--all", "--server", asked.url)
    assert refused.returncode != 0
    assert b"unknown stage cuont" in refused.stderr


def test_send_turns_lines_into_events(server, tmp_path):
    """JSON objects are records, other lines text; files and standard input; the count is told."""
    file = tmp_path / "lines.txt"
    file.write_bytes(b'{"a": 1, "message": "json"}\nplain\n\n[1]\nno end of line')
    address = f"127.0.0.1:{server.forward_port}"
    done = run("send", file, "--server", address, "--tag", "files")
    assert done.returncode == 0
    assert b"4 events stored" in done.stderr
    done = run("send", "--server", address, "--tag", "stdin", "--key", "log", stdin=b"one\ntwo\n")
    assert b"2 events stored" in done.stderr
    assert sorted(row["message"] for row in server.ask("tag:files")) == ["[1]", "json", "no end of line", "plain"]
    assert server.ask("a:1 | fields a, message") == [{"a": 1, "message": "json"}]
    assert sorted(row["message"] for row in server.ask("tag:stdin")) == ["one", "two"]
    assert run("send", tmp_path / "absent", "--server", address).returncode == 1


def test_send_stores_the_lines_of_a_slow_stream_as_they_come(server):
    """Lines do not wait for the end of the stream, and Ctrl-C tells how many were stored."""
    command = ("send", "--server", f"127.0.0.1:{server.forward_port}")
    with start(*command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(b"one\ntwo\n")
        process.stdin.flush()
        wait_until(lambda: server.metric("logstore_ingest_acks_total") == 1, "the lines are stored")
        # The acknowledgement is on its way; a second look at the stream proves that it has arrived.
        process.stdin.write(b"three\n")
        process.stdin.flush()
        wait_until(lambda: server.metric("logstore_ingest_acks_total") == 2, "the third line is stored")
        process.send_signal(2)
        assert process.wait(DEADLINE_S) == 130
        assert b"events stored" in process.stderr.read()
    assert [row["message"] for row in server.ask("* | sort time")] == ["one", "two", "three"]


def test_tail_shows_new_events_and_only_matching_ones(server):
    """What comes after the start is printed, once, in the order of arrival; what was there before is not."""
    tell(server)
    command = ("tail", "level:error | fields number", "--server", server.url)
    with start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_until(lambda: server.metric("logstore_tails_open") == 1, "the tail is open")
        with Sender(server.forward_port) as sender:
            for number in range(6):
                level = "error" if number % 2 else "info"
                sender.send(chunk("t", [(NOW + number, {"number": number, "level": level})]).message)
                sender.ack()
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(2)
        assert process.wait(DEADLINE_S) == 0
        assert process.stderr.read() == b""
    assert [json.loads(line) for line in lines] == [{"number": 1}, {"number": 3}, {"number": 5}]


def test_tail_refuses_what_it_cannot_follow(asked):
    """Stages that need all events are refused at once, with the place."""
    done = run("tail", "* | count", "--server", asked.url)
    assert done.returncode == 1
    assert b"live tail" in done.stderr
