"""What a server logs of itself: on stderr, and in its own store."""

import json
import socket

from tests.end_to_end.processes import run, serving, wait_until

TO_ITSELF = '[log]\nformat = "json"\nto_itself = true\n'


def test_every_line_of_a_server_is_json_when_that_is_asked_for(tmp_path):
    """From its start to its end, the lines that people wait for among them."""
    with serving(
        tmp_path / "data", environment={"LOGSTORE_LOG_FORMAT": "json", "LOGSTORE_LOG_LEVEL": "error"}
    ) as server:
        assert server.stop() == 0
        told = [json.loads(line) for line in server.said.splitlines()]
    assert [line["message"].split()[0] for line in told] == ["logstore", "stopping:"]
    assert {line["level"] for line in told} == {"info"}


def test_a_server_that_cannot_start_says_so_in_json_too(tmp_path):
    """With the exit code that it has in text."""
    (tmp_path / "file").write_text("")
    done = run("serve", "--data", tmp_path / "file", environment={"LOGSTORE_LOG_FORMAT": "json"})
    assert done.returncode == 1
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert told[-1]["level"] == "fatal"


def test_a_server_stores_what_it_logs(tmp_path):
    """Its start, what strangers make it say, and after a restart its end."""
    with serving(tmp_path / "data", config=TO_ITSELF) as server:
        with socket.create_connection(("127.0.0.1", server.forward_port)) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            stranger.recv(1024)

        def found():
            return server.ask("tag:logstore.server level:>=warn", limit=10)

        (line,) = wait_until(found, "the warning is stored")[:1]
        assert line["logger"].startswith("ingest.")
        said = [json.loads(text) for text in server.said.splitlines()]
        assert line["message"] in [each["message"] for each in said]
        assert server.stop() == 0
    with serving(tmp_path / "data", config=TO_ITSELF) as again:
        messages = [row["message"] for row in again.ask("tag:logstore.server | sort time")]
        assert any("ready" in message for message in messages)
        assert any(message.startswith("stopping") for message in messages)
        assert again.metric('logstore_server_log_dropped_total{reason="too many"}') == 0
