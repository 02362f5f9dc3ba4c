"""The alert rules: Prometheus takes them, they ask for metrics that there are, and each says what to do."""

import re
import shutil
import subprocess

import pytest
import yaml

from tests.deploy.chart.rendering import CHART, ROOT, rendered

FILE = CHART / "files" / "alerts.yaml"
(GROUP,) = yaml.safe_load(FILE.read_text())["groups"]
RULES = {rule["alert"]: rule for rule in GROUP["rules"]}
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def test_prometheus_takes_the_rules():
    """As Prometheus' own program says."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: prometheus): the alert rules are not checked by it here")
    done = subprocess.run([promtool, "check", "rules", FILE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", RULES)
def test_a_rule_asks_for_metrics_that_there_are(name):
    """As docs/metrics.md has them."""
    known = set(re.findall(r"^\| `(logstore_\w+)`", (ROOT / "docs" / "metrics.md").read_text(), re.MULTILINE))
    asked = set(re.findall(r"logstore_\w+", RULES[name]["expr"]))
    assert asked
    assert asked <= known


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_what_is_wrong_how_bad_it_is_and_what_to_do(name):
    """The link leads to a heading of its own in operations.md, with something below it."""
    rule = RULES[name]
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{name.lower()}"
    entry = re.search(rf"^### {name}\n\n(.+?)(?=\n#|\Z)", OPERATIONS, re.MULTILINE | re.DOTALL)
    assert entry, f"docs/operations.md has no entry for {name}"


def test_every_entry_of_the_runbook_is_of_a_rule():
    """Nobody reads what to do about an alert that never comes."""
    assert set(re.findall(r"^### (Logstore\w+)$", OPERATIONS, re.MULTILINE)) == set(RULES)


def test_the_chart_hands_over_the_rules_as_they_are():
    """But for where their links lead."""
    made = rendered("everything").one("PrometheusRule")["spec"]
    text = FILE.read_text().replace("docs/operations.md", "https://wiki.example.com/logstore")
    assert made == yaml.safe_load(text)


FIRING = {
    "LogstoreDown": {},
    "LogstoreNotReady": {"logstore_ready": "0x400"},
    "LogstoreDiskFull": {"logstore_disk_full": "1x400"},
    "LogstoreDiskFillsUp": {
        "logstore_disk_full": "0x400",
        "logstore_disk_free_bytes": "50e9-1e8x400",
        "logstore_disk_low_mark_bytes": "1e9x400",
    },
    "LogstoreWritesFail": {"logstore_log_failed_groups_total": "0+1x400"},
    "LogstoreSealsFail": {"logstore_failed_seals_total": "0+1x400"},
    "LogstorePartsDamaged": {"logstore_parts_unfit": "2x400"},
    "LogstoreSendersWait": {"logstore_memory_bytes": "95x400", "logstore_memory_budget_bytes": "100x400"},
    "LogstoreEventsRejected": {'logstore_rejected_events_total{reason="record"}': "0+1x400"},
    "LogstoreSendersRejected": {'logstore_ingest_rejected_senders_total{reason="key"}': "0+1x400"},
    "LogstoreCertificateExpires": {
        'logstore_ingest_certificate_expiry_timestamp_seconds{listener="forward"}': "100000x400"
    },
    "LogstoreUploadsOverdue": {"logstore_object_upload_overdue_seconds": "4000x400"},
    "LogstoreUpkeepFails": {'logstore_upkeep_failures_total{chore="compaction"}': "0+1x400"},
    "LogstoreSlowDecoder": {'logstore_decode_kernel_info{kernel="plain"}': "1x400"},
}
"""Series, a sample a minute, with which each fires at the end of them."""

HEALTHY = {
    "logstore_ready": "1x400",
    "logstore_disk_full": "0x400",
    "logstore_disk_free_bytes": "50e9x400",
    "logstore_disk_low_mark_bytes": "1e9x400",
    "logstore_log_failed_groups_total": "0x400",
    "logstore_ingest_store_failures_total": "0x400",
    "logstore_failed_seals_total": "0x400",
    "logstore_parts_unfit": "0x400",
    "logstore_memory_bytes": "50x400",
    "logstore_memory_budget_bytes": "100x400",
    'logstore_rejected_events_total{reason="record"}': "5x400",
    'logstore_ingest_rejected_senders_total{reason="key"}': "5x400",
    'logstore_ingest_certificate_expiry_timestamp_seconds{listener="forward"}': "9e6x400",
    "logstore_object_upload_overdue_seconds": "0x400",
    'logstore_upkeep_failures_total{chore="compaction"}': "0x400",
    'logstore_decode_kernel_info{kernel="compiled"}': "1x400",
}
"""A server about which nobody is to be woken."""


def case(series, firing):
    """A test of promtool: with these series these alerts, and no others, fire after six hours."""
    marked = {name if "{" in name else f"{name}{{}}": values for name, values in series.items()}
    return {
        "interval": "1m",
        "input_series": [
            {"series": name.replace("{", '{instance="a",').replace(",}", "}"), "values": values}
            for name, values in marked.items()
        ],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": "380m",
                "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(firing)],
            }
        ],
    }


def test_each_rule_fires_when_it_should_and_never_in_good_health(tmp_path):
    """As Prometheus evaluates them over six hours."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: prometheus): whether alerts fire is not tested here")
    assert FIRING.keys() == RULES.keys()
    ready = {"logstore_ready": HEALTHY["logstore_ready"]}
    cases = [case({**({} if name == "LogstoreDown" else ready), **series}, {name}) for name, series in FIRING.items()]
    file = tmp_path / "alerts.test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(FILE)], "tests": [case(HEALTHY, set()), *cases]}))
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
