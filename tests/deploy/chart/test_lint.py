"""Helm's own opinion of the chart, and what is made of its values."""

import re

import pytest
import yaml

import logstore
from tests.deploy.chart.generated import GOLDEN, made_without_helm, snapshots
from tests.deploy.chart.helm import Chart, lint, package
from tests.deploy.chart.readme import documented, undocumented
from tests.deploy.chart.rendering import CHART, EXAMPLES, ROOT, Manifests, cases, chart, render, rendered

INFO = 1
VALUES = (CHART / "values.yaml").read_text()
GENERATED = dict(made_without_helm())
SNAPSHOTS = dict(snapshots())


@pytest.mark.parametrize("case", cases())
def test_helm_finds_nothing_to_complain_of(case):
    """`helm lint --strict`, with each set of values."""
    report = lint(CHART, cases()[case], strict=True, namespace="observability")
    assert not report["errors"]
    assert not [message for message in report["messages"] if message["severity"] > INFO]


@pytest.mark.parametrize("path", SNAPSHOTS, ids=lambda path: path.stem)
def test_manifests_are_those_of_the_snapshots(path):
    """Whoever changes what is rendered sees all of what changes; `make chart` accepts it."""
    assert path.read_text() == SNAPSHOTS[path], "`make chart` writes the snapshots anew"


def test_a_label_of_ones_own_may_be_given_twice():
    """The more special one wins: a key that is there twice is refused by whoever reads the manifests, here too."""
    values = {"commonLabels": {"team": "a"}, "podLabels": {"team": "b"}, "podAnnotations": {"checksum/config": "x"}}
    made = render({**values, "dashboards": {"enabled": True, "labels": {"team": "c"}}})
    template = made.one("StatefulSet")["spec"]["template"]["metadata"]
    assert template["labels"]["team"] == "b"
    assert template["annotations"]["checksum/config"] != "x"
    labels = [each["metadata"]["labels"]["team"] for each in made.all("ConfigMap")]
    assert sorted(labels) == ["a", "c"]
    with pytest.raises(yaml.YAMLError, match="there twice: a"):
        yaml.load("a: 1\nb: 2\na: 3\n", Manifests)  # noqa: S506 (a safe one)


def test_there_is_no_snapshot_of_nothing():
    """Each belongs to a case."""
    assert {path.stem for path in GOLDEN.glob("*.yaml")} == set(cases())


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_what_is_generated_is_up_to_date(path):
    """README and schema say what values and settings say; dashboards are those of Grafana's folder."""
    assert path.read_text() == GENERATED[path], "`make chart` writes it anew"


def test_every_value_is_described():
    """No value without a word on what it does."""
    assert undocumented(VALUES) == []
    assert all(said.endswith(".") for _, _, said in documented(VALUES))


def test_a_value_without_a_description_is_found():
    """The test above can fail; a description of a table counts for what is in it."""
    text = "a:\n  # -- Described.\n  b: 1\n  c: 2\n# -- A table.\nd:\n  e: 3\n# no description\nf: 4\n"
    assert undocumented(text) == [("a", "c"), ("f",)]
    assert documented(text) == [(("a", "b"), 1, "Described."), (("d",), {"e": 3}, "A table.")]


def test_the_chart_has_the_version_of_what_it_installs():
    """Who installs chart X gets Logstore X."""
    assert chart().metadata["appVersion"] == logstore.__version__
    assert chart().metadata["version"] == logstore.__version__


def test_every_example_begins_with_what_it_is_for():
    """And sets something."""
    for path in EXAMPLES.glob("*.yaml"):
        assert path.read_text().startswith("# "), path.name
        assert yaml.safe_load(path.read_text()), path.name


def test_names_are_those_that_helm_users_expect():
    """The release's name with the chart's behind it, unless it has it already; never too long for Kubernetes."""
    names = {
        name: render(name=name).one("StatefulSet")["metadata"]["name"] for name in ("logstore", "my-logstore", "prod")
    }
    assert names == {"logstore": "logstore", "my-logstore": "my-logstore", "prod": "prod-logstore"}
    longest = render(name="x" * 53)
    for document in longest.documents:
        assert len(document["metadata"]["name"]) <= 63
    # A StatefulSet's pods get the name of a revision as a label: ten characters and a dash behind its own name.
    assert len(longest.one("StatefulSet")["metadata"]["name"]) <= 52


def test_everything_bears_the_standard_labels_and_is_where_it_was_asked_to_be():
    """Also the labels that are common to all."""
    for document in rendered("everything").documents:
        labels = document["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == "logstore"
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert labels["team"] == "platform"
        assert labels["app.kubernetes.io/part-of"] == "logstore"


def test_the_platform_may_choose_the_user():
    """OpenShift gives each namespace users of its own."""
    pod = render({"security": {"runAsUser": None, "runAsGroup": None, "fsGroup": None}}).one("StatefulSet")["spec"]
    assert set(pod["template"]["spec"]["securityContext"]) == {"runAsNonRoot", "fsGroupChangePolicy", "seccompProfile"}


def test_links_of_the_pages_lead_somewhere():
    """Files that are there, and headings of other pages."""
    for page in (
        ROOT / "docs" / "kubernetes.md",
        ROOT / "docs" / "fluentd.md",
        ROOT / "deploy" / "fluent" / "README.md",
    ):
        links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", page.read_text())
        assert len(links) > 2
        for path, heading in links:
            target = page.parent / path if path else page
            assert target.exists(), f"{page.name}: {path}"
            if heading:
                said = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
                names = {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in said}
                assert heading in names, f"{page.name}: {path}#{heading}"


def test_the_archive_of_the_chart_is_the_chart(tmp_path):
    """What is pushed to a registry renders the same, rules and dashboards too."""
    archive = package(CHART, destination=tmp_path)
    with Chart.load(archive) as packed:
        values = {"prometheusRule": {"enabled": True}, "dashboards": {"enabled": True}}
        made = [each.render(values, name="logstore", namespace="observability") for each in (packed, chart())]
    assert made[0] == made[1]
    assert "logstore-health.json" in str(made[0])
