"""Engine and model give the same rows for thousands of made-up queries, wherever the events lie."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logstore.clock import SystemClock
from query.engine import Engine
from query.execution.limits import Limits
from query.lang.parse import parse
from query.lang.unparse import unparse
from tests.query.differential.cases import SwitchedSource, any_dataset, any_request, disagreements
from tests.query.differential.placement import indexes_anywhere
from tests.scale import scaled

DATASETS = scaled(12)
QUERIES_PER_DATASET = 34
"""Times three places for the events: more than 1,200 cases; with TESTS_SCALE=9 more than 10,000."""

Asking = tuple[Engine, SwitchedSource]


@pytest.fixture(scope="module")
def asking() -> Iterator[Asking]:
    """An engine, and the source that it asks."""
    source = SwitchedSource()
    engine = Engine(source, Limits(threads=1), SystemClock(), indexes_anywhere())
    yield engine, source
    engine.close()


@pytest.mark.parametrize("seed", range(DATASETS))
def test_engine_and_model_agree(seed: int, asking: Asking, tmp_path: Path):
    """The same rows, order, columns, cut and count of failures, from memory, from files and from both."""
    rng = Random(seed)
    dataset = any_dataset(rng, tmp_path)
    faults = []
    for _ in range(QUERIES_PER_DATASET):
        faults += disagreements(*asking, dataset, any_request(rng, dataset.events))
    assert not faults, f"{len(faults)} disagreements\n\n" + "\n\n".join(faults[:3])


@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=40, derandomize=True, suppress_health_check=list(HealthCheck))
def test_engine_and_model_agree_on_small_cases(rng: Random, asking: Asking):
    """The same again with a generator that makes a failing case small."""
    with TemporaryDirectory() as folder:
        dataset = any_dataset(rng, Path(folder), ("head",))
        faults = disagreements(*asking, dataset, any_request(rng, dataset.events))
    assert not faults, faults[0]


def test_the_machines_time_zone_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Times are UTC even where the machine is 5:45 hours away from it."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        rng, source = Random("zone"), SwitchedSource()
        engine = Engine(source, Limits(threads=1), SystemClock(), indexes_anywhere())
        dataset = any_dataset(rng, tmp_path)
        faults = [
            f for _ in range(20) for f in disagreements(engine, source, dataset, any_request(rng, dataset.events))
        ]
        engine.close()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert os.environ.get("TZ") != "Asia/Kathmandu"
    assert not faults, faults[0]


@pytest.mark.parametrize("seed", range(20))
def test_made_up_queries_have_a_canonical_text(seed: int, tmp_path: Path):
    """What is parsed and spelled out again means the same, and is spelled the same from then on."""
    rng = Random(seed)
    dataset = any_dataset(rng, tmp_path, ("head",))
    for _ in range(50):
        tree = parse(any_request(rng, dataset.events).text)
        text = unparse(tree)
        assert parse(text) == tree
        assert unparse(parse(text)) == text
