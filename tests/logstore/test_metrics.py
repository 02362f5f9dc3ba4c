"""Tests of logstore.metrics."""

from logstore.metrics import Metric, MetricKind, exposition

METRICS = (
    Metric("logstore_things_total", MetricKind.COUNTER, "Things seen.", lambda: {"b": 2, "a": 1}, "kind"),
    Metric("logstore_open_things", MetricKind.GAUGE, "Things open.", lambda: 3),
)


def test_metrics_are_exposed_with_help_type_and_labels():
    """A scraper gets each metric with its help, its type, and a line for each label value."""
    body, content_type = exposition(METRICS)
    assert content_type.startswith("text/plain")
    assert body.decode().splitlines() == [
        "# HELP logstore_things_total Things seen.",
        "# TYPE logstore_things_total counter",
        'logstore_things_total{kind="a"} 1.0',
        'logstore_things_total{kind="b"} 2.0',
        "# HELP logstore_open_things Things open.",
        "# TYPE logstore_open_things gauge",
        "logstore_open_things 3.0",
    ]


def test_openmetrics_is_spoken_to_those_who_ask_for_it():
    """The Accept header chooses the richer text format."""
    body, content_type = exposition(METRICS, "application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")
