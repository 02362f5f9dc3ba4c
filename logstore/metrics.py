"""Metrics: numbers that somebody counts anyway, exposed to Prometheus under names that keep its rules.

Counting is done with plain numbers where things happen; a `Metric` says how to read one and what it means. Nothing is
registered globally.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry


class MetricKind(str, Enum):
    """How a number behaves."""

    COUNTER = "counter"
    """It only grows while the process lives; its name ends in `_total`."""
    GAUGE = "gauge"
    """It goes up and down."""


Reading = float | Mapping[str, float]
"""A number, or a number for each value of the metric's label."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: with its base unit (`_bytes`, `_seconds`), `_total` for counters.
        kind: how it behaves.
        help: one sentence.
        read: gives its value now; called at each scrape, from one thread.
        label: name of its label; empty for a single number.
    """

    name: str
    kind: MetricKind
    help: str
    read: Callable[[], Reading]
    label: str = ""


class _Reader(Collector):
    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Family]:
        return map(_family, self._metrics)


def _family(metric: Metric) -> Family:
    make = CounterMetricFamily if metric.kind is MetricKind.COUNTER else GaugeMetricFamily
    family = make(metric.name, metric.help, labels=[metric.label] if metric.label else [])
    reading = metric.read()
    if isinstance(reading, Mapping):
        for value, number in sorted(reading.items()):
            family.add_metric([value], number)
    else:
        family.add_metric([], reading)
    return family


def exposition(metrics: Iterable[Metric], accept: str = "") -> tuple[bytes, str]:
    """All metrics as text for a scraper, with its content type, in the richest form that `accept` (a header) allows."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Reader(tuple(metrics)))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
