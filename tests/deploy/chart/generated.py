"""What of the chart is made of something else: `make chart` writes it, tests compare it."""

import json

from tests.deploy.chart.readme import readme
from tests.deploy.chart.rendering import CHART, HERE, ROOT, cases, rendered
from tests.deploy.chart.settings_schema import settings_schema

GOLDEN = HERE / "golden"
COPIES = {
    "alerts.yaml": ROOT / "deploy" / "prometheus" / "alerts.yaml",
    "dashboards/logstore-health.json": ROOT / "deploy" / "grafana" / "dashboards" / "logstore-health.json",
}
"""Files of the chart, and what they are copies of: Helm reads nothing outside of a chart."""


def made_without_helm():
    """File and content, of those that the chart itself has."""
    yield CHART / "README.md", readme((CHART / "values.yaml").read_text())
    yield CHART / "values.schema.json", schema()
    for name, source in COPIES.items():
        yield CHART / "files" / name, source.read_text()


def snapshots():
    """File and content of what is rendered for each case. Dashboards are shortened: they are compared already."""
    for case in cases():
        yield GOLDEN / f"{case}.yaml", shortened(rendered(case).text) + notes(rendered(case).notes)


def schema():
    """values.schema.json, with the settings of today."""
    path = CHART / "values.schema.json"
    whole = json.loads(path.read_text())
    ours = {name: part for name, part in whole["$defs"].items() if name.partition(".")[0] != "settings"}
    return json.dumps({**whole, "$defs": {**ours, **settings_schema()}}, indent=2, ensure_ascii=False) + "\n"


def shortened(text):
    """Manifests without the content of dashboards."""
    kept, inside = [], False
    for line in text.splitlines(keepends=True):
        inside = inside and (line.startswith("    ") or not line.strip())
        if not inside:
            kept.append(line)
        if line.endswith(".json: |\n"):
            inside = True
            kept.append("    (as in files/dashboards)\n")
    return "".join(kept)


def notes(text):
    """The notes, as comments below the manifests."""
    return "---\n# NOTES\n" + "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())


def write():
    """Writes all of it. Snapshots come last: they are rendered with what was written before."""
    for path, content in made_without_helm():
        path.write_text(content)
    for stale in GOLDEN.glob("*.yaml"):
        stale.unlink()
    for path, content in snapshots():
        path.write_text(content)


if __name__ == "__main__":
    write()
