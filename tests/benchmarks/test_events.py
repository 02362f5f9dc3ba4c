"""Tests of benchmarks.events."""

from benchmarks.events import NS_PER_SECOND, generate

SPAN_S = 3600
START = 1_795_341_600 * NS_PER_SECOND


def test_the_same_seed_gives_the_same_events():
    """A demonstration can be repeated; another seed gives other events."""
    first = list(generate(200, START, SPAN_S, seed=3))
    assert list(generate(200, START, SPAN_S, seed=3)) == first
    assert list(generate(200, START, SPAN_S, seed=4)) != first


def test_the_incident_shows():
    """Errors are rare before and after it, and frequent while it lasts."""
    events = list(generate(4000, START, SPAN_S))
    errors = [event.record["level"] == "error" for event in events]
    calm, incident = errors[: 4000 // 2], errors[4000 * 11 // 20 : 4000 * 7 // 10]
    assert sum(calm) / len(calm) < 0.01
    assert sum(incident) / len(incident) > 0.1
    assert all(START <= event.time_ns < START + SPAN_S * NS_PER_SECOND + 10**6 for event in events)
