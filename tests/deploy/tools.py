"""Programs of the system that tests of `deploy` need."""

import shutil
import subprocess

import pytest

TIMEOUT_S = 60


def tool(name, package):
    """Where a program is; the test is left out, and says so by name, where it is not."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian's package {package}): what it would check is not checked here")
    return found


def run_tool(*command):
    """What a program says, stdout and stderr together, and its exit code."""
    done = subprocess.run(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return done.returncode, done.stdout
