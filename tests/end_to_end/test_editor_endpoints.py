"""What editors and panels ask a server beside queries, over real HTTP."""

import json
import time
from datetime import UTC, datetime
from urllib.request import Request, urlopen

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


def test_a_server_tells_its_version_and_its_time(server):
    """The time is now, so that whoever asks can tell how far the clocks are apart."""
    before = datetime.now(UTC)
    answer = told(server, "/api/v1/version")
    assert answer["version"] == __version__
    assert before <= datetime.fromisoformat(answer["time"]) <= datetime.now(UTC)
