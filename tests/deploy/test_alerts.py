"""The alert rules: Prometheus's own tools take them, and each leads to what is to be done."""

import json
import re
from pathlib import Path

import pytest

from tests.deploy.documented import documented, known_series
from tests.deploy.prometheus import PACKAGE
from tests.deploy.tools import run_tool, tool

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
ALERTS = PROMETHEUS / "alerts.yaml"
TEXT = ALERTS.read_text()
NAMES = re.findall(r"^      - alert: (\w+)$", TEXT, re.MULTILINE)
RULES = dict(zip(NAMES, re.split(r"^      - alert: \w+$", TEXT, flags=re.MULTILINE)[1:], strict=True))
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def test_promtool_takes_the_rules():
    """Each is PromQL that can be evaluated, with templates that can be filled in."""
    promtool = tool("promtool", PACKAGE)
    code, told = run_tool(promtool, "check", "rules", ALERTS)
    assert code == 0, told
    assert f"{len(NAMES)} rules found" in told


def test_the_alerts_fire_when_they_should():
    """`promtool test rules`: each on what it is meant for, with its words filled in, and none while all is well."""
    promtool = tool("promtool", PACKAGE)
    code, told = run_tool(promtool, "test", "rules", PROMETHEUS / "alerts_test.yaml")
    assert code == 0, told
    tests = (PROMETHEUS / "alerts_test.yaml").read_text()
    assert all(f"- name: {name}\n" in tests and f"alertname: {name}, " in tests for name in NAMES)


def test_the_configuration_loads_the_rules():
    """`promtool check config` follows it to the rules."""
    promtool = tool("promtool", PACKAGE)
    code, told = run_tool(promtool, "check", "config", PROMETHEUS / "prometheus.yml")
    assert code == 0, told
    assert f"{len(NAMES)} rules found" in told


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_says_what_it_means_and_where_to_read_on(name):
    """With a severity that somebody can route by."""
    rule = RULES[name]
    assert re.search(r"severity: (critical|warning) ", rule)
    for annotation in ("summary", "description"):
        assert re.search(rf"^          {annotation}: \S", rule, re.MULTILINE)
    assert re.search(rf"^          runbook: docs/operations.md#{name.lower()}$", rule, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_has_an_entry_in_the_operations_manual(name):
    """What it means, how to look, what to do."""
    sections = dict(part.split("\n", 1) for part in OPERATIONS.split("\n### ")[1:])
    entry = sections[name].split("\n## ")[0]
    assert re.findall(r"^- \*\*(\w+):\*\*", entry, re.MULTILINE) == ["Means", "Look", "Do"]


def test_the_manual_has_no_entries_of_alerts_that_are_gone():
    """In the order of the rules."""
    assert re.findall(r"^### (Logstore\w+)$", OPERATIONS, re.MULTILINE) == NAMES


@pytest.mark.parametrize("place", [ALERTS, PROMETHEUS / "alerts_test.yaml", ROOT / "docs" / "operations.md"])
def test_every_metric_that_is_named_exists(place):
    """A rule of a metric that was renamed would never fire."""
    words = re.findall(r"\b((?:logstore|process)_[a-z_]+)", place.read_text())
    assert set(words) <= {*known_series(), *documented()}


def test_a_heading_can_be_linked_once():
    """GitHub numbers anchors of equal headings, and links would go elsewhere."""
    headings = [heading.lower() for heading in re.findall(r"^##+ (.+)$", OPERATIONS, re.MULTILINE)]
    assert len(set(headings)) == len(headings)


def anchors(text):
    """The anchors of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_of_the_manual_lead_somewhere():
    """Every page and every heading that it names is there."""
    for page, anchor in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", OPERATIONS):
        target = OPERATIONS if not page else (ROOT / "docs" / page).read_text()
        assert anchor in anchors(target), (page, anchor)
    for page in re.findall(r"\]\(([\w./-]+\.md)\)", OPERATIONS):
        assert (ROOT / "docs" / page).is_file()


def measured(place, path):
    """A figure of a committed result."""
    value = json.loads((ROOT / "benchmarks" / "results" / place).read_text())
    for step in re.split(r"\.(?! )", path):
        value = value[step]
    return value


def test_figures_for_sizing_are_those_that_were_measured():
    """Rounded as they are told."""
    rows = re.findall(r"^\| .+ \| ([\d.]+) \| `(\w+\.json)` (.+) \|$", OPERATIONS, re.MULTILINE)
    assert len(rows) > 10
    for told, place, path in rows:
        digits = len(told.partition(".")[2])
        assert f"{measured(place, path):.{digits}f}" == told, (place, path)
