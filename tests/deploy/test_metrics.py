"""What Prometheus makes of the metrics of a server."""

import re
import subprocess
import time
from pathlib import Path

import msgpack
import pytest

from tests.deploy.documented import documented
from tests.deploy.prometheus import PACKAGE, Prometheus
from tests.deploy.test_health_dashboard import EXPRESSIONS
from tests.deploy.tools import tool
from tests.end_to_end.packing import Sender
from tests.end_to_end.posting import Poster, lines
from tests.end_to_end.processes import run, serving, wait_until

ALERTS = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yaml"
EVENTS = 50
FIRING = 'ALERTS{alertstate="firing"}'


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
    running = Prometheus(tmp_path_factory.mktemp("prometheus"), f"127.0.0.1:{server.http_port}", [ALERTS])
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
    expected = documented()
    told = {name: (each["type"], each["help"]) for name, (each,) in prometheus.get("metadata").items()}
    # OpenMetrics, which Prometheus asks for, calls counters and infos without their endings.
    short = {name: told.get(name) or told.get(re.sub("_(total|info)$", "", name)) for name in expected}
    assert short == expected
    assert len(told) == len(expected)


def test_promql_finds_what_has_happened(prometheus):
    """Events, acknowledgements, answers and what they were made of."""
    wait_until(lambda: prometheus.value("logstore_decoded_events_total") == EVENTS + 2, "the events are scraped")
    assert prometheus.value("sum(logstore_http_ingest_events_total)") == EVENTS
    assert prometheus.value("logstore_ingest_acks_total") >= 1
    assert prometheus.value("logstore_log_sync_duration_seconds_count == logstore_log_syncs_total") > 0
    outcomes = prometheus.query("logstore_queries_total > 0")
    assert outcomes == {(("outcome", "ok"),): 1, (("outcome", "invalid"),): 1}
    assert prometheus.value("logstore_query_rows_total") == EVENTS
    assert prometheus.value("logstore_query_read_rows_total") >= EVENTS
    assert prometheus.value("logstore_queries_running + logstore_queries_waiting") == 0
    assert prometheus.value("logstore_query_places") == 4
    assert prometheus.value("logstore_query_wait_seconds_count") >= 1
    slowest = prometheus.value('histogram_quantile(1, logstore_query_duration_seconds_bucket{kind="query"})')
    assert 0 < slowest < 60
    assert prometheus.value('logstore_http_requests_total{status="400"}') == 1
    assert prometheus.value("process_resident_memory_bytes") > 10_000_000


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_panels_of_the_dashboard_are_answered(prometheus, expression):
    """Prometheus evaluates each; an answer is a number for each of its lines, if there is one yet."""
    assert all(len(each["value"]) == 2 for each in prometheus.get("query", query=expression)["result"])


def test_prometheus_evaluates_the_alert_rules(server, prometheus):
    """None has an error and none fires for a server that is well; one does when there is a reason."""

    def evaluated():
        rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
        return rules if rules and all(rule["health"] != "unknown" for rule in rules) else None

    rules = wait_until(evaluated, "all rules are evaluated")
    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] != "ok"} == {}
    assert prometheus.query(FIRING) == {}
    with Sender(server.forward_port) as sender:
        sender.send(msgpack.packb(["app", b"\xc1", {"chunk": "bad", "size": 1}]))
        sender.ack()
    wait_until(lambda: prometheus.query(FIRING), "an alert fires")
    assert prometheus.query(f"count by (alertname) ({FIRING})") == {(("alertname", "LogstoreEventsRejected"),): 1}


def test_labels_stay_few(prometheus):
    """No metric has a label whose values somebody outside could multiply."""
    ours = '{job="logstore", __name__=~"(logstore|process)_.*"}'
    assert prometheus.value(f"count({ours})") < 500
    labels = set(prometheus.get("labels", **{"match[]": ours}))
    assert labels - {"__name__", "instance", "job", "le"} <= {
        "direction", "kernel", "kind", "level", "mode", "outcome", "reason", "status", "version", "chore", "work"
    }  # fmt: skip
