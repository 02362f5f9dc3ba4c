"""Tests of logstore.metrics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstore.metrics import Histogram, Metric, MetricKind, exposition

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


def test_histograms_are_exposed_with_ascending_buckets():
    """Each bucket has all values up to its bound, the last one all of them."""
    histogram = Histogram((0.1, 1))
    for value in (0.05, 0.1, 0.5, 7):
        histogram.observe(value)
    metric = Metric("logstore_wait_seconds", MetricKind.HISTOGRAM, "Waits.", lambda: {"x": histogram.reading()}, "kind")
    assert exposition((metric,))[0].decode().splitlines()[2:] == [
        'logstore_wait_seconds_bucket{kind="x",le="0.1"} 2.0',
        'logstore_wait_seconds_bucket{kind="x",le="1.0"} 3.0',
        'logstore_wait_seconds_bucket{kind="x",le="+Inf"} 4.0',
        'logstore_wait_seconds_count{kind="x"} 4.0',
        'logstore_wait_seconds_sum{kind="x"} 7.65',
    ]


@given(st.lists(st.floats(0, 100), max_size=50), st.lists(st.floats(0, 100), min_size=1, max_size=8, unique=True))
def test_a_bucket_has_the_values_up_to_its_bound(values, bounds):
    """Whatever the values and the bounds are."""
    histogram = Histogram(sorted(bounds))
    for value in values:
        histogram.observe(value)
    told = dict(histogram.reading().buckets())
    assert told == {
        **{str(bound): sum(value <= bound for value in values) for bound in bounds},
        "+Inf": len(values),
    }
    assert histogram.reading().total == pytest.approx(sum(values))
