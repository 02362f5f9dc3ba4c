"""README.md of the chart, made of the comments in values.yaml: `# --` above a value begins what is said of it."""

import json
import re

import yaml

HEAD = """# The Helm chart of Logstore

Made of `values.yaml` by `make chart`. [docs/kubernetes.md](../../../docs/kubernetes.md) tells how to use it and what
protects what; [values/](../values) has values to start from.

```sh
helm install logstore deploy/kubernetes/logstore --namespace observability --create-namespace
```

| value | default | meaning |
|---|---|---|
"""


def documented(text):
    """Path, default and description of every value that is described, in their order."""
    lines = text.splitlines()
    return [
        (path, default, said)
        for path, default, line in _entries(yaml.compose(text), yaml.safe_load(text), ())
        if (said := _comment_above(lines, line))
    ]


def undocumented(text):
    """Paths of values that neither are described nor lie within one that is."""
    described = {path for path, _, _ in documented(text)}
    leaves = [
        path
        for path, default, _ in _entries(yaml.compose(text), yaml.safe_load(text), ())
        if not isinstance(default, dict) or not default
    ]
    return [path for path in leaves if not any(path[:depth] in described for depth in range(1, len(path) + 1))]


def readme(text):
    """README.md for a values.yaml."""
    rows = [f"| `{'.'.join(path)}` | `{_shown(default)}` | {said} |" for path, default, said in documented(text)]
    return HEAD + "\n".join(row.replace("`|`", "`\\|`") for row in rows) + "\n"


def _shown(default):
    return json.dumps(default, ensure_ascii=False)


def _entries(node, value, above):
    """Every key in the mapping: its path, its value, and its line."""
    for key, inner in node.value:
        path = (*above, key.value)
        yield path, value[key.value], key.start_mark.line
        if isinstance(inner, yaml.MappingNode):
            yield from _entries(inner, value[key.value], path)


def _comment_above(lines, line):
    """What the comment that ends above a line says from its `# --` on; nothing when there is none."""
    said = []
    while line > 0 and (match := re.fullmatch(r"\s*# ?(.*)", lines[line - 1])):
        line -= 1
        said.append(match[1])
        if match[1].startswith("-- "):
            return " ".join(reversed(said)).removeprefix("-- ")
    return ""
