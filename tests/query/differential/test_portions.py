"""Answers in several statements are those that one statement would have given."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from logstore.clock import SystemClock
from query.engine import Engine
from query.execution.limits import Limits
from tests.query.differential.cases import SwitchedSource, any_dataset, any_request, disagreements
from tests.query.differential.placement import indexes_anywhere
from tests.scale import scaled

DATASETS = scaled(4)
QUERIES_PER_DATASET = 34


@pytest.mark.parametrize("seed", range(DATASETS))
def test_portions_of_a_file_agree_with_the_model(seed: int, tmp_path: Path):
    """The same rows, order, columns, cut and count of failures, where a statement reads one file at most."""
    rng, source = Random(f"portions {seed}"), SwitchedSource()
    engine = Engine(source, Limits(threads=1, statement_files=1), SystemClock(), indexes_anywhere())
    dataset = any_dataset(rng, tmp_path, ("parts",))
    faults = []
    for _ in range(QUERIES_PER_DATASET):
        faults += disagreements(engine, source, dataset, any_request(rng, dataset.events))
    engine.close()
    assert not faults, f"{len(faults)} disagreements\n\n" + "\n\n".join(faults[:3])
