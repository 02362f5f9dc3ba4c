"""Many who ask at once: each has its own answer, and nobody waits for those who do not read or have gone away."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tests.end_to_end.packing import NS, Sender, chunk
from tests.end_to_end.processes import serving

START = 1_764_000_000 * NS
EVENTS = 60_000
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> Iterator:
    """A server with many events that are long enough for an answer to fill what sockets hold."""
    with serving(tmp_path_factory.mktemp("many") / "data") as server:
        with Sender(server.forward_port) as sender:
            for first in range(0, EVENTS, 10_000):
                rows = [(START + n * NS, {"n": n, "m": n % 7, "pad": "x" * 300}) for n in range(first, first + 10_000)]
                sender.send(chunk("app.web", rows).message)
                sender.ack()
        yield server


def _ask(connection: http.client.HTTPConnection, text: str, **more: str) -> tuple[int, bytes]:
    connection.request("POST", "/api/v1/query", urlencode({"query": text, "all": "true", **more}), FORM)
    response = connection.getresponse()
    return response.status, response.read()


def _address(server) -> tuple[str, int]:
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    return host, int(port)


QUESTIONS = {
    "* | count": [{"count": EVENTS}],
    "* | count by m | sort m | limit 1": [{"m": 0, "count": (EVENTS + 6) // 7}],
    "n:7 | fields m": [{"m": 0}],
    "* | stats max(n) as most": [{"most": EVENTS - 1}],
    "nosuch:1": [],
}


def test_each_asker_has_its_own_answer(asked) -> None:
    """Eight at once, of questions with a statement, without one and with a mistake, again and again."""
    wrong: list[object] = []

    def ask(first: int) -> None:
        connection = http.client.HTTPConnection(*_address(asked), timeout=60)
        for number in range(first, first + 12):
            text, rows = list(QUESTIONS.items())[number % len(QUESTIONS)]
            status, body = _ask(connection, text)
            if status != 200 or [json.loads(line) for line in body.splitlines()] != rows:
                wrong.append((text, status, body[:200]))
            status, body = _ask(connection, "* | cuont")
            if status != 400 or b"cuont" not in body:
                wrong.append((status, body))
        connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    assert wrong == []


def test_nobody_waits_for_those_who_do_not_read_or_have_gone(asked) -> None:
    """Three leave long answers unread, others ask and are gone at once: short questions are answered meanwhile."""
    unread = []
    for path, text in (("query", "*"), ("export", "*"), ("query", "* | count by n, pad")):
        idle = http.client.HTTPConnection(*_address(asked), timeout=60)
        idle.request("POST", f"/api/v1/{path}", urlencode({"query": text, "all": "true", "limit": EVENTS}), FORM)
        unread.append((idle, idle.getresponse()))
    for _ in range(20):
        with socket.create_connection(_address(asked)) as gone:
            gone.sendall(b"GET /api/v1/query?all=true&query=*%7Ccount+by+n HTTP/1.1\r\nHost: x\r\n\r\n")
    connection = http.client.HTTPConnection(*_address(asked), timeout=60)
    for text, rows in (*QUESTIONS.items(), *QUESTIONS.items()):
        status, body = _ask(connection, text)
        assert (status, [json.loads(line) for line in body.splitlines()]) == (200, rows)
    for idle, response in unread:
        assert response.status == 200
        assert len(response.read().splitlines()) == EVENTS
        idle.close()
    connection.close()
