"""Aggregates over values of every kind."""

from __future__ import annotations

import json
import math
from typing import Any

from query.lang import functions as language
from query.sql.aggregates import AGGREGATES
from tests.query.sql.laid_down import NOW_NS, Json, ask, column, events


def _one(source: Any, aggregate: str, **request: Any) -> Any:
    (row,) = ask(source, f"* | stats {aggregate} as x", **request).rows
    return row.get("x")


def test_every_aggregate_of_the_language_is_known() -> None:
    """The compiler's table and the language's list have the same names."""
    assert set(AGGREGATES) == set(language.AGGREGATES)


def test_of_nothing() -> None:
    """Without rows and groups there is one row: counts are 0, the rest is missing."""
    (row,) = ask(events({"n": 1}), "n:2 | stats count(), count(n), sum(n), avg(n), min(n), p50(n), last(n)").rows
    assert row == {"count": 0, "count_n": 0}
    assert ask(events({"n": 1}), "n:2 | stats count() by n").rows == []
    assert ask(events({"n": 1}), "n:2 | stats count() by absent").rows == []


def test_sums_keep_integers_while_they_can() -> None:
    """An integer sum is exact; beyond int64, or with a float in it, the sum is a float."""
    assert _one(events({"n": 2**53}, {"n": 1}), "sum(n)") == 2**53 + 1
    beyond = _one(events({"n": 2**63 - 1}, {"n": 1}), "sum(n)")
    assert (type(beyond), beyond) == (float, 2.0**63)
    mixed = _one(events({"n": 1}, {"n": 0.5}, {"n": "7"}), "sum(n)")
    assert (type(mixed), mixed) == (float, 1.5)
    assert _one(events({"n": 2**64 - 1}, {"n": -(2**63)}, {"n": -(2**63)}), "sum(n)") == -1


def test_means_and_deviations() -> None:
    """Numbers only; a single value has no deviation; huge values do not break it."""
    source = events({"n": 1}, {"n": 2.5}, {"n": "text"}, {"n": True})
    assert _one(source, "avg(n)") == 1.75
    assert math.isclose(_one(source, "stddev(n)"), 1.0606601717798212)
    assert _one(events({"n": 1}), "stddev(n)") is None
    assert math.isclose(_one(events({"n": 1e200}, {"n": -1e200}), "stddev(n)"), math.sqrt(2) * 1e200)
    assert math.isnan(_one(events({"n": math.inf}, {"n": 1.0}), "stddev(n)"))


def test_quantiles_interpolate() -> None:
    """Between two numbers linearly; NaN is left out."""
    source = events(*({"n": value} for value in (10, 20, 30, 40.0, math.nan)))
    assert (_one(source, "p50(n)"), _one(source, "p0(n)"), _one(source, "p100(n)")) == (25.0, 10.0, 40.0)
    assert _one(source, "quantile(n, 0.25)") == 17.5


def test_extremes_follow_the_total_order() -> None:
    """Bool < numbers < time < text < JSON; 1 and 2^53+1 exact; NaN the largest number."""
    values = [True, 5, 2**53 + 1, 2.0**53, 2**64 - 1, "b", "a", Json("[]")]
    source = events(*({"v": value} for value in values))
    assert (_one(source, "min(v)"), _one(source, "max(v)")) == (True, Json("[]"))
    numbers = events(*({"v": value} for value in (2**53 + 1, 2.0**53)))
    assert (_one(numbers, "min(v)"), _one(numbers, "max(v)")) == (2.0**53, 2**53 + 1)
    assert _one(events({"v": 1}, {"v": 2**63}, {"v": 1.5}), "max(v)") == 2**63
    assert _one(events({"v": 1}, {"v": 2**63}, {"v": 0.5}), "min(v)") == 0.5
    assert math.isnan(_one(events({"v": math.nan}, {"v": 2**63}), "max(v)"))


def test_levels_have_extremes_by_severity() -> None:
    """`warn` is more than `info`, though not by the alphabet."""
    source = events({"level": "warn"}, {"level": "info"}, {})
    assert (_one(source, "min(level)"), _one(source, "max(level)")) == ("info", "warn")


def test_first_and_last_go_by_time_then_sequence() -> None:
    """Rows without the value do not count; equal times are told apart by `_seq`."""
    source = events({"v": "a", "time": NOW_NS + 5}, {"v": 2, "time": NOW_NS}, {"v": 3.5, "time": NOW_NS}, {"time": 0})
    assert (_one(source, "first(v)"), _one(source, "last(v)")) == (2, "a")
    assert _one(events({"v": 1, "time": 7}, {"v": 2, "time": 7}), "last(v)") == 2
    assert column(events({"v": 3}, {"v": 1}), "* | top 5 v | sort -v | stats first(v) as x", "x") == [3]


def test_distinct_values() -> None:
    """1 and 1.0 are one value, 1 and "1" two; NaN is one; missing is none."""
    values = [1, 1.0, "1", math.nan, math.nan, 0.0, -0.0, True, Json("[1]"), "[1]"]
    source = events(*({"v": value} for value in values), {})
    assert (_one(source, "distinct(v)"), _one(source, "exact_distinct(v)")) == (7, 7)
    listed = json.loads(_one(source, "values(v)").text)
    assert listed[:3] == [True, 0.0, 1]
    assert math.isnan(listed[3])
    assert listed[4:] == ["1", "[1]", [1]]
    assert _one(source, "values(v, 2)") == Json("[true,0.0]")
    assert _one(events({"v": -0.0}, {"v": 0.0}), "values(v)") == Json("[0.0]")


def test_countif_and_rate() -> None:
    """A condition counts where it is true; a rate is per second of the bin, or of the window."""
    source = events({"n": 1, "time": NOW_NS - 1}, {"n": 5, "time": NOW_NS}, {"time": NOW_NS})
    assert _one(source, "countif(n > 1)") == 1
    assert column(source, "* | stats rate() by bin(2s)", "rate") == [0.5, 1.0]
    assert math.isclose(ask(source, "time:10s | stats rate()").rows[0]["rate"], 0.3)


def test_histograms() -> None:
    """Buckets of 1, 2, 5 times powers of ten, [lower, upper), mirrored below zero, the smallest first."""
    source = events(*({"n": value} for value in (0, 1, 1.9, 2, 5, 9.99, 10, 0.003, -3, 1000, math.inf, "7")))
    found = json.loads(_one(source, "histogram(n)").text)
    assert found == {
        "-5..-2": 1,
        "0..0": 1,
        "0.002..0.005": 1,
        "1..2": 2,
        "2..5": 1,
        "5..10": 2,
        "10..20": 1,
        "1000..2000": 1,
    }
    assert list(found)[:2] == ["-5..-2", "0..0"]


def test_groups_join_equal_numbers() -> None:
    """1 and 1.0 are one group, shown as the integer; missing is a group, the last."""
    rows = ask(events({"v": 1.0}, {"v": 1}, {"v": "1"}, {}), "* | count by v").rows
    assert rows == [{"v": 1, "count": 2}, {"v": "1", "count": 1}, {"count": 1}]
    assert type(rows[0]["v"]) is int
