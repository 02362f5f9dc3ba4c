"""Whatever happens to a store, and in whatever order: it holds what was acknowledged, once, and nothing else."""

from random import Random

import pytest

from tests.operations.program import Step, draw_program, failure_of, read_program, run, shrink, told
from tests.operations.registry import OPERATIONS
from tests.scale import scaled

STEPS = 150
SEEDS = range(scaled(14))
MOST_ATTEMPTS = 150
"""Programs that are tried to make one shorter: a minute or so."""


@pytest.mark.parametrize("seed", SEEDS)
def test_store_is_as_the_model(tmp_path, seed):
    """A program of random operations; one that fails is told in short, to be run by `read_program`."""
    program = draw_program(seed, STEPS)
    try:
        run(program, tmp_path)
    except Exception as error:
        attempts = iter(range(MOST_ATTEMPTS))
        short = shrink(program, lambda shorter: next(attempts, None) is not None and failure_of(shorter) is not None)
        error.add_note(f"seed {seed}; in short: {told(short)}")
        raise


FAILED_ONCE = {
    "a stop in the midst of erasing kept files that nobody listed": (
        "wait:578213 ingest:133176 ingest:829772 restart:857996 delete:462303 ingest:816314 seal:460827 tidy:871814 "
        "wait:33516 tidy:360162 restart:767054"
    )
}


@pytest.mark.parametrize("program", FAILED_ONCE.values(), ids=FAILED_ONCE)
def test_what_failed_once_holds(tmp_path, program):
    """Programs in which something was wrong."""
    run(read_program(program), tmp_path)


def test_every_operation_is_drawn():
    """Together the programs have each of them many times."""
    drawn = [step.name for seed in SEEDS for step in draw_program(seed, STEPS)]
    assert {name for name in OPERATIONS if drawn.count(name) < 10} == set()


def test_programs_read_back():
    """What a failure tells is the program."""
    program = draw_program(1, 20)
    assert read_program(told(program)) == program


def test_shrinking_finds_the_steps_that_matter():
    """All others are left out, and those that are left still fail."""
    random = Random(1)
    program = tuple(Step("any", random.randrange(100)) for _ in range(200))
    bad = {program[3], program[77], program[150]}
    short = shrink(program, lambda shorter: bad <= set(shorter))
    assert set(short) == bad
