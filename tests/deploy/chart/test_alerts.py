"""The alert rules in the chart; tests/deploy/test_alerts.py looks at what they say."""

import yaml

from tests.deploy.chart.rendering import CHART, ROOT, rendered

FILE = CHART / "files" / "alerts.yaml"


def test_the_chart_has_the_rules_of_deploy_prometheus():
    """There is one source of them."""
    assert FILE.read_text() == (ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text()


def test_the_chart_hands_over_the_rules_as_they_are():
    """But for where their links lead."""
    made = rendered("everything").one("PrometheusRule")["spec"]
    text = FILE.read_text().replace("docs/operations.md", "https://wiki.example.com/logstore")
    assert made == yaml.safe_load(text)
