"""How a server deals with memory."""

import gc
import os
import subprocess
import sys

import pytest

from logstore.app.memory import spared_collector

_PROGRAM = """
from logstore.app.memory import choose_allocator, keep_freed_memory
choose_allocator()
import pyarrow
keep_freed_memory()
print(pyarrow.default_memory_pool().backend_name)
"""


def _allocator(**variables):
    environment = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"}
    program = [sys.executable, "-c", _PROGRAM]
    done = subprocess.run(program, env=environment | variables, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("wanted", ["system", "mimalloc"])
def test_the_operator_chooses_the_allocator(wanted):
    """What the environment says of Arrow's allocator stays."""
    assert _allocator(ARROW_DEFAULT_MEMORY_POOL=wanted) == wanted


def test_arrow_uses_the_allocator_that_keeps_memory():
    """On Linux that is jemalloc, for all of Arrow."""
    if sys.platform == "linux":
        assert _allocator() == "jemalloc"


def test_what_was_made_at_the_start_is_collected_after_the_end():
    """The collector passes it over meanwhile, and looks at it again afterwards, as often as before."""
    before = gc.get_threshold()
    with spared_collector():
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold() != before
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == before
