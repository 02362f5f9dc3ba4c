"""What Prometheus makes of the metrics of a server."""

import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.deploy.prometheus import PACKAGE, Prometheus
from tests.deploy.tools import tool
from tests.end_to_end.posting import Poster, lines
from tests.end_to_end.processes import run, serving, wait_until

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "metrics.md"
EVENTS = 50


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that has stored some events, and was asked for them; once in vain."""
    with serving(tmp_path_factory.mktemp("store") / "data") as running:
        with Poster(running.http_port) as poster:
            poster.post(lines({"time": time.time(), "tag": "app", "message": f"line {n}"} for n in range(EVENTS)))
        assert run("send", "--server", f"127.0.0.1:{running.forward_port}", stdin=b"one\ntwo\n").returncode == 0
        assert len(running.ask("line")) == EVENTS
        assert running.refuses("/api/v1/query", query="line |", all="true")[0] == 400
        yield running


@pytest.fixture(scope="module")
def prometheus(server, tmp_path_factory):
    """A Prometheus that scrapes it."""
    running = Prometheus(tmp_path_factory.mktemp("prometheus"), f"127.0.0.1:{server.http_port}")
    yield running
    running.close()


def test_promtool_finds_nothing_to_complain_of(server):
    """`promtool check metrics` ends well and without a message: names, types, help and units keep the rules."""
    promtool = tool("promtool", PACKAGE)
    done = subprocess.run(
        [promtool, "check", "metrics"], input=server.get("/metrics"), capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_prometheus_knows_every_metric_as_it_is_documented(prometheus):
    """Type and help are those of docs/metrics.md, and there is no other metric."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| \w* ?\| (.+) \|$", DOCUMENTATION.read_text(), re.MULTILINE)
    documented = {name: (kind, text) for name, kind, text in rows}
    told = {name: (each["type"], each["help"]) for name, (each,) in prometheus.get("metadata").items()}
    # OpenMetrics, which Prometheus asks for, calls counters and infos without their endings.
    short = {name: told.get(name) or told.get(re.sub("_(total|info)$", "", name)) for name in documented}
    assert short == documented
    assert len(told) == len(documented)


def test_promql_finds_what_has_happened(prometheus):
    """Events, acknowledgements, answers and what they were made of."""
    wait_until(lambda: prometheus.value("logstore_decoded_events_total") == EVENTS + 2, "the events are scraped")
    assert prometheus.value("sum(logstore_http_ingest_events_total)") == EVENTS
    assert prometheus.value("logstore_ingest_acks_total") == 1
    assert prometheus.value("logstore_log_sync_duration_seconds_count == logstore_log_syncs_total") > 0
    outcomes = prometheus.query("logstore_queries_total > 0")
    assert outcomes == {(("outcome", "ok"),): 1, (("outcome", "invalid"),): 1}
    assert prometheus.value("logstore_query_rows_total") == EVENTS
    assert prometheus.value("logstore_query_read_rows_total") >= EVENTS
    assert prometheus.value("logstore_queries_running + logstore_queries_waiting") == 0
    assert prometheus.value("logstore_query_places") == 4
    slowest = prometheus.value('histogram_quantile(1, logstore_query_duration_seconds_bucket{kind="query"})')
    assert 0 < slowest < 60
    assert prometheus.value('logstore_http_requests_total{status="400"}') == 1
    assert prometheus.value("process_resident_memory_bytes") > 10_000_000


def test_labels_stay_few(prometheus):
    """No metric has a label whose values somebody outside could multiply."""
    counts = prometheus.query('count by (__name__) ({job="logstore"})')
    assert sum(counts.values()) < 500
    labels = set(prometheus.get("labels"))
    assert labels - {"__name__", "instance", "job", "le"} <= {
        "direction", "kernel", "kind", "level", "mode", "outcome", "reason", "status", "version", "chore", "work"
    }  # fmt: skip
