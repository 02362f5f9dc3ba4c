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
