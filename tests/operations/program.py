"""Programs: operations in a row, each with a number that decides all that is random in it.

So any step can be left out of a program and the others mean what they meant, as far as the world allows. That is how a
program that fails is made short.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.operations import erasing
from tests.operations.basic import EVERYTHING_MEANT
from tests.operations.registry import OPERATIONS
from tests.operations.world import World


@dataclass(frozen=True)
class Step:
    """An operation, by name, and the seed of what is random in it."""

    name: str
    seed: int

    def __str__(self) -> str:
        return f"{self.name}:{self.seed}"


Program = tuple[Step, ...]


def draw_program(seed: int, length: int) -> Program:
    """A program of so many steps; the same for the same seed and operations."""
    random = Random(seed)
    names, weights = list(OPERATIONS), [one.weight for one in OPERATIONS.values()]
    drawn = random.choices(names, weights, k=length)
    return tuple(Step(name, random.randrange(10**6)) for name in drawn)


def read_program(text: str) -> Program:
    """The program that a failure was told with."""
    return tuple(Step(name, int(seed)) for name, _, seed in (word.partition(":") for word in text.split()))


def run(program: Program, path: Path) -> None:
    """Runs a program in an empty directory, and looks at everything at the end.

    Raises:
        AssertionError: the store and the model differ; the note says at which step.
    """
    world = World(path)
    try:
        for place, step in enumerate(program):
            try:
                OPERATIONS[step.name].act(world, Random(step.seed))
                if step.name in {"tidy", "restart", "kill", "power_failure", "move"}:
                    erasing.expire(world)
            except Exception as error:
                error.add_note(f"at step {place} of {len(program)}: {step}")
                raise
        world.check(EVERYTHING_MEANT)
    finally:
        world.close()


def failure_of(program: Program) -> Exception | None:
    """How a program fails in a directory of its own; None when it does not."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            run(program, Path(folder))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            return error
    return None


def shrink(program: Program, fails: Callable[[Program], bool]) -> Program:
    """A program as short as leaving steps out can make it, which fails too: first half of them, then less at a time."""
    size = len(program) // 2
    while size:
        start = 0
        while start < len(program):
            shorter = (*program[:start], *program[start + size :])
            if fails(shorter):
                program = shorter
            else:
                start += size
        size //= 2
    return program


def told(program: Sequence[Step]) -> str:
    """A program as text."""
    return " ".join(map(str, program))
