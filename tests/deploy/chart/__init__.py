"""The Helm chart: rendered, checked against schemas and against what it promises."""
