"""The alert rules in the chart; tests/deploy/test_alerts.py looks at what they say."""

import yaml

from tests.deploy.chart.rendering import CHART, ROOT, rendered

FILE = CHART / "files" / "alerts.yaml"


def test_the_chart_has_the_rules_of_deploy_prometheus():
    """There is one source of them."""
    assert FILE.read_text() == (ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text()


def test_the_chart_hands_over_the_rules_as_they_are():
    """They name their entries in the manual, which has no address that everybody could reach."""
    assert rendered("monitoring").one("PrometheusRule")["spec"] == yaml.safe_load(FILE.read_text())


def test_alerts_link_to_where_the_manual_is_read():
    """Each to its entry, once the values say where."""
    made = rendered("everything").one("PrometheusRule")["spec"]
    plain = yaml.safe_load(FILE.read_text())
    for rule in (rule for group in plain["groups"] for rule in group["rules"]):
        entry = rule["annotations"].pop("runbook").removeprefix("docs/operations.md")
        rule["annotations"]["runbook_url"] = f"https://wiki.example.com/logstore{entry}"
    assert made == plain
