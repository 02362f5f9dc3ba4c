"""Tests of logstore.app.metering."""

import re
from pathlib import Path

import pytest

from ingest.counters import IntakeCounters
from ingest.post_counters import PostCounters
from logstore.app.api.requests import RequestCounters
from logstore.app.metering import (
    decode_metrics,
    http_metrics,
    intake_metrics,
    log_metrics,
    post_metrics,
    process_metrics,
    question_metrics,
    store_metrics,
)
from logstore.app.own_log.keeping import KeptLog
from logstore.app.own_log.output import LineCounter
from logstore.app.process_metering import system_metrics
from logstore.app.question_counters import QuestionCounters
from logstore.app.remote_metering import remote_metrics
from logstore.clock import SystemClock
from logstore.metrics import MetricKind

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "metrics.md"


METRICS = (
    *process_metrics(0, lambda: True),
    *system_metrics(),
    *intake_metrics(IntakeCounters()),
    *post_metrics(PostCounters()),
    *decode_metrics("plain"),
    *store_metrics(None),
    *remote_metrics(None),
    *log_metrics(LineCounter(), KeptLog(SystemClock())),
    *http_metrics(RequestCounters()),
    *question_metrics(QuestionCounters(), None, 2),
)


def test_every_metric_is_documented():
    """docs/metrics.md has each metric with type, label and meaning, and no other."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (\w*) ?\| (.+) \|$", DOCUMENTATION.read_text(), re.MULTILINE)
    assert rows == [(metric.name, metric.kind.value, metric.label, metric.help) for metric in METRICS]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_keep_the_rules_of_prometheus(metric):
    """One prefix, but for what every program has; counters end in `_total`, units are base units."""
    assert re.fullmatch(r"(logstore|process)_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is MetricKind.COUNTER)
    assert not re.search(r"_(ms|ns|kb|mb|minutes)(_|$)", metric.name)


def test_every_counter_of_intake_is_a_metric():
    """Nothing is counted in vain."""
    counters = IntakeCounters()
    for name in counters.__dataclass_fields__:
        value = getattr(counters, name)
        setattr(counters, name, {"x": 7} if isinstance(value, dict) else 7)
    assert all(metric.read() in (7, {"x": 7}) for metric in intake_metrics(counters))
    assert len(intake_metrics(counters)) == len(counters.__dataclass_fields__)
