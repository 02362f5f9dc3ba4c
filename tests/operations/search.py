"""Looks for a program that fails, for as long as one likes: more of what the test does in a minute.

python -m tests.operations.search FIRST_SEED PROGRAMS [STEPS]
python -m tests.operations.search --run 'ingest:1 seal:2'
"""

import sys
import traceback

from tests.operations.program import draw_program, failure_of, read_program, shrink, told


def main() -> int:
    """Runs programs of rising seeds until one fails, which is made short and printed."""
    if sys.argv[1] == "--run":
        return report(failure_of(read_program(sys.argv[2])))
    first, count, steps = [*map(int, sys.argv[1:]), 200][:3]
    for seed in range(first, first + count):
        program = draw_program(seed, steps)
        if failure_of(program) is not None:
            short = shrink(program, lambda shorter: failure_of(shorter) is not None)
            print(f"seed {seed}: {told(short)}")  # noqa: T201 (a program that prints)
            return report(failure_of(short))
        print(f"seed {seed}: {steps} steps are right")  # noqa: T201 (likewise)
    return 0


def report(failure: Exception | None) -> int:
    """Prints how a program failed; the exit code."""
    if failure is not None:
        traceback.print_exception(failure)
    return 1 if failure is not None else 0


if __name__ == "__main__":
    sys.exit(main())
