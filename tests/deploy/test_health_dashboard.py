"""The dashboard of Logstore's health: Prometheus takes all that it asks."""

import json
import re
from pathlib import Path

import pytest

from tests.deploy.prometheus import PACKAGE
from tests.deploy.tools import run_tool, tool

DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana" / "dashboards" / "logstore-health.json"
PANELS = json.loads(DASHBOARD.read_text())["panels"]
EXPRESSIONS = [
    re.sub(r"\$__rate_interval", "1m", target["expr"]).replace("$instance", ".*")
    for panel in PANELS
    for target in panel["targets"]
]


def test_every_expression_is_promql(tmp_path):
    """`promtool check rules` parses each, as a rule that records it."""
    promtool = tool("promtool", PACKAGE)
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(EXPRESSIONS)]
    path = tmp_path / "rules.json"
    # JSON is YAML.
    path.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    code, told = run_tool(promtool, "check", "rules", path)
    assert code == 0, told
    assert f"{len(EXPRESSIONS)} rules found" in told


@pytest.mark.parametrize(
    "subject", ["queries", "query_duration", "query_wait", "http_requests", "log_sync", "memory", "disk", "parts"]
)
def test_the_dashboard_shows_what_there_is_to_watch(subject):
    """Somebody who opens it sees intake, storage and questions."""
    assert any(f"_{subject}" in text for text in EXPRESSIONS)
