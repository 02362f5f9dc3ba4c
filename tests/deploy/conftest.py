"""The back end of the Grafana data source, started as Grafana starts it, beside a server with events."""

import time

import pytest

from tests.deploy.grafana_host import DataSource, Host
from tests.deploy.toolchain import build
from tests.end_to_end.posting import Poster, lines
from tests.end_to_end.processes import serving

LINES = 60


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """The program that is Grafana's side, and the back end."""
    place = tmp_path_factory.mktemp("grafana")
    return build("./internal/host", place / "host"), build("./pkg", place / "gpx_logstore_linux_amd64")


@pytest.fixture(scope="session")
def host(programs):
    """The back end, running."""
    running = Host(*programs)
    yield running
    running.close()


@pytest.fixture(scope="session")
def start():
    """When the first event of the server was: a full minute, some minutes ago."""
    return time.time() // 60 * 60 - 600


@pytest.fixture(scope="session")
def server(tmp_path_factory, start):
    """A server with an event for each second of a minute."""
    with serving(tmp_path_factory.mktemp("store") / "data") as running:
        events = [
            {
                "time": start + second,
                "tag": "app.web",
                "level": ("info", "error")[second % 2],
                "message": f"request {second} was served",
                "status": 200 + second % 3 * 100,
                "took": second / 8,
                "trace_id": f"t{second}",
            }
            for second in range(LINES)
        ]
        with Poster(running.http_port) as poster:
            assert poster.post(lines(events))[1]["stored"] == LINES
        yield running


@pytest.fixture(scope="session")
def source(host, server):
    """The data source of that server."""
    return DataSource(host, server.url)
