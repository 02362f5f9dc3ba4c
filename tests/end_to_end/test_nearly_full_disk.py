"""A disk of which too little is free, under a real server: nothing is taken in, and everybody is told."""

import http.client
import json
from contextlib import closing

from tests.end_to_end.packing import NS, Sender, chunk
from tests.end_to_end.posting import Poster, lines
from tests.end_to_end.processes import run, serving

# The whole disk is to be kept free, which it never is.
FULL = "[storage]\nmin_free_share = 1.0\nmin_free_bytes = 4611686018427387904\n"


def acknowledged(server, messages, timeout_s=1):
    """How many of the messages are acknowledged, one after the other on one connection, before one is not in time."""
    with Sender(server.forward_port, timeout_s=timeout_s) as sender:
        for count, message in enumerate(messages):
            sender.send(message)
            try:
                sender.ack()
            except TimeoutError:
                return count
    return len(messages)


def ready(server):
    """Status and answer of /readyz."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=30)) as connection:
        connection.request("GET", "/readyz")
        with connection.getresponse() as response:
            return response.status, json.loads(response.read())


def test_nothing_is_taken_in_and_everybody_is_told(tmp_path):
    """Senders wait unread, HTTP and /readyz answer 503 with the reason, questions are answered; later all arrives."""
    data = tmp_path / "data"
    messages = [chunk("full", [(NS, {"n": n})]).message for n in range(1, 4)]
    with serving(data) as server, Sender(server.forward_port) as sender:
        sender.send(chunk("full", [(NS, {"n": 0})]).message)
        sender.ack()
    with serving(data, config=FULL) as server:
        taken = acknowledged(server, messages)
        assert taken == 0
        with Poster(server.http_port) as poster:
            status, told = poster.post(lines([{"n": 2}]))
        assert status == 503
        assert told["error"]["message"].startswith("the disk is nearly full: ")
        assert told["error"]["hint"] == "free some space; intake resumes by itself"
        status, told = ready(server)
        assert status == 503
        assert "nearly full" in told["reason"]
        assert server.metric("logstore_disk_full") == 1
        assert server.ask("* | count") == [{"count": 1 + taken}]
        assert server.said.count("nothing is taken in") == 1
        assert server.stop() == 0
    with serving(data) as server:
        assert acknowledged(server, messages, timeout_s=30) == len(messages)
        assert server.ask("* | count") == [{"count": 4}]
    assert run("verify", data, "--deep").returncode == 0
