"""The chart rendered by Helm itself."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from tests.deploy.chart.helm import Chart

ROOT = Path(__file__).parents[3]
KUBERNETES = ROOT / "deploy" / "kubernetes"
CHART = KUBERNETES / "logstore"
EXAMPLES = KUBERNETES / "values"
HERE = Path(__file__).parent
RELEASE, NAMESPACE = "logstore", "observability"


class Manifests(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Reads YAML as Kubernetes does, which takes no key twice."""

    def construct_mapping(self, node, deep=False):  # noqa: FBT002 (as it is called)
        """A mapping; raises where a key is there twice."""
        keys = [key.value for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise yaml.constructor.ConstructorError(None, None, f"there twice: {', '.join(twice)}", node.start_mark)
        return super().construct_mapping(node, deep)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What Helm makes of values: manifests in the order of their templates, and the notes."""

    text: str
    documents: tuple[dict, ...]
    notes: str

    def all(self, kind):
        """The documents of a kind."""
        return [document for document in self.documents if document["kind"] == kind]

    def one(self, kind, name=None):
        """The only document of a kind, and of a name where it is given."""
        (found,) = [each for each in self.all(kind) if name in {None, each["metadata"]["name"]}]
        return found


@cache
def chart():
    """The chart as Helm loads it."""
    return Chart.load(CHART)


def render(values=None, *, name=RELEASE, namespace=NAMESPACE):
    """The manifests of the chart with these values.

    Raises:
        HelmError: the values are not what the schema says, or a template fails.
    """
    made = chart().render(values or {}, name=name, namespace=namespace)
    notes = made.pop(f"{chart().name}/templates/NOTES.txt")
    texts = [f"---\n# Source: {path}\n{text.strip()}\n" for path, text in sorted(made.items()) if text.strip()]
    whole = "".join(texts)
    return Rendered(whole, tuple(filter(None, yaml.load_all(whole, Manifests))), notes)


@cache
def cases():
    """Values by name: the defaults, each example that is shipped, and those that are for tests alone."""
    files = [*sorted(EXAMPLES.glob("*.yaml")), *sorted(HERE.glob("*.yaml"))]
    return {"default": {}, **{path.stem: yaml.safe_load(path.read_text()) for path in files}}


@cache
def rendered(case):
    """The manifests of a case."""
    return render(cases()[case])


def pod_templates(documents):
    """Name and pod template of everything that makes pods."""
    return [
        (f"{each['kind']}/{each['metadata']['name']}", each["spec"]["template"])
        for each in documents
        if each["kind"] in {"StatefulSet", "DaemonSet", "Deployment"}
    ]
