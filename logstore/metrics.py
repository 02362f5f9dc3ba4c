"""Metrics: numbers that somebody counts anyway, exposed to Prometheus under names that keep its rules.

Counting is done with plain numbers where things happen; a `Metric` says how to read one and what it means. Nothing is
registered globally.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate
from typing import Any, TypeAlias

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry


class MetricKind(str, Enum):
    """How a number behaves."""

    COUNTER = "counter"
    """It only grows while the process lives; its name ends in `_total`."""
    GAUGE = "gauge"
    """It goes up and down."""
    HISTOGRAM = "histogram"
    """How many values were how large; its name says what they are, with their unit."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many values were how large.

    Attributes:
        bounds: of the buckets, ascending; a value that is a bound is in the bucket below it.
        counts: of the values in each bucket, and last of those above all bounds.
        total: the sum of the values.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float

    def buckets(self) -> list[tuple[str, float]]:
        """Each bound, as Prometheus writes it, with the number of values up to it."""
        bounds = (*map(str, self.bounds), "+Inf")
        return list(zip(bounds, map(float, accumulate(self.counts)), strict=True))


class Histogram:
    """Counts values by their size. Safe from several threads.

    Args:
        bounds: of the buckets, ascending.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(map(float, bounds))
        self._counts = [0] * (len(self._bounds) + 1)
        self._total = 0.0
        self._lock = threading.Lock()

    def observe(self, value: float) -> None:
        """Counts a value."""
        bucket = bisect_left(self._bounds, value)
        with self._lock:
            self._counts[bucket] += 1
            self._total += value

    def reading(self) -> Distribution:
        """What was counted so far."""
        with self._lock:
            return Distribution(self._bounds, tuple(self._counts), self._total)


Reading: TypeAlias = float | Distribution | Mapping[str, float] | Mapping[str, Distribution]
"""A number, or a number for each value of the metric's label; of histograms a distribution."""


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


_FAMILIES = {
    MetricKind.COUNTER: CounterMetricFamily,
    MetricKind.GAUGE: GaugeMetricFamily,
    MetricKind.HISTOGRAM: HistogramMetricFamily,
}


class _Reader(Collector):
    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Family]:
        return map(_family, self._metrics)


def _family(metric: Metric) -> Family:
    family: Any = _FAMILIES[metric.kind](metric.name, metric.help, labels=[metric.label] if metric.label else [])
    reading = metric.read()
    if isinstance(reading, Mapping):
        for value in sorted(reading):
            _add(family, [value], reading[value])
    else:
        _add(family, [], reading)
    made: Family = family
    return made


def _add(family: Any, labels: list[str], reading: float | Distribution) -> None:
    if isinstance(reading, Distribution):
        family.add_metric(labels, reading.buckets(), reading.total)
    else:
        family.add_metric(labels, reading)


def exposition(metrics: Iterable[Metric], accept: str = "") -> tuple[bytes, str]:
    """All metrics as text for a scraper, with its content type, in the richest form that `accept` (a header) allows."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Reader(tuple(metrics)))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
