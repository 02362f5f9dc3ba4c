"""The server within gVisor: it takes events, answers, and leaves everything whole on the disk."""

import json
import os
import signal
import sys

import pytest

from tests.deploy.docker.gvisor import USER, Sandbox, find_runsc
from tests.end_to_end.posting import Poster, lines
from tests.end_to_end.processes import DEADLINE_S, run, serving

EVENTS = 1000
COUNT = "* | count by tag | sort tag"
# What a program finds out about where it is.
LOOK = """
import errno, json, os, pathlib
def fault(path):
    try:
        pathlib.Path(path).write_text("")
    except OSError as error:
        return errno.errorcode[error.errno]
status = dict(line.split(":", 1) for line in pathlib.Path("/proc/self/status").read_text().splitlines())
print(json.dumps({
    "user": os.getuid(),
    "kernel": os.uname().release,
    "root": fault("/file"),
    "shell": any(os.path.exists(f"{place}/sh") for place in ("/bin", "/usr/bin")),
    "powers": int(status["CapEff"], 16),
}))
"""


@pytest.fixture
def sandbox(tmp_path):
    """A sandbox, whose user owns a directory."""
    find_runsc()
    place = tmp_path / "bundles"
    writable = tmp_path / "writable"
    for directory in (place, writable):
        directory.mkdir()
    os.chown(writable, USER or -1, USER or -1)
    return Sandbox("logstore", place, writable)


def test_the_sandbox_is_as_the_image_and_the_chart_have_it(sandbox):
    """Another kernel, no root, no capabilities, no shell, and a root file system that nobody writes to."""
    found = json.loads(sandbox.run(sys.executable, "-c", LOOK))
    assert found.pop("kernel") != os.uname().release
    assert found.pop("root") in {"EROFS", "EACCES"}
    assert found == {"user": USER, "shell": False, "powers": 0}


def test_the_server_takes_answers_and_drains(sandbox):
    """By the forward protocol and over HTTP; when SIGTERM has ended it, all is sealed and whole on the disk."""
    data = sandbox.writable / "data"
    counted = [{"tag": f"gvisor.{way}", "count": EVENTS} for way in ("forward", "http")]
    with serving(data, enclose=sandbox.enclose) as server:
        with Poster(server.http_port) as poster:
            events = [{"tag": "gvisor.http", "message": f"event {number}", "n": number} for number in range(EVENTS)]
            assert poster.post(lines(events))[1]["stored"] == EVENTS
        text = "".join(f"line {number}\n" for number in range(EVENTS)).encode()
        sent = run("send", "--server", f"127.0.0.1:{server.forward_port}", "--tag", "gvisor.forward", stdin=text)
        assert sent.returncode == 0, sent.stderr
        assert server.ask(COUNT) == counted
        assert server.ask("tag:gvisor.http event 999 | fields n") == [{"n": EVENTS - 1}]
        sandbox.signal(signal.SIGTERM)
        assert server.process.wait(DEADLINE_S) == 0
    assert list((data / "parts").rglob("*.parquet"))
    checked = run("verify", data)
    assert checked.returncode == 0, checked.stdout
    with serving(data) as server:
        assert server.ask(COUNT) == counted
