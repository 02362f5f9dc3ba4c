"""The front end of the Grafana data source: its own checks, run where Node.js is."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "deploy" / "grafana" / "datasource"

NODE_MAJOR = 20
"""What package.json asks for: the code uses what older ones lack."""


@pytest.fixture(scope="module")
def npm():
    """Runs a script of package.json. Machines that cannot are told which program they lack."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip(
            f"{'node' if node is None else 'npm'} is not installed: the front end of the Grafana plugin is not checked"
        )
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(re.match(r"v(\d+)", version)[1]) < NODE_MAJOR:
        pytest.skip(
            f"Node.js is {version}, and the Grafana plugin needs {NODE_MAJOR} or newer: its front end is not checked"
        )
    if not (SOURCE / "node_modules" / ".package-lock.json").exists():
        _run([npm, "ci", "--loglevel=error"])

    def run(*script):
        _run([npm, "run", "--silent", *script])

    return run


def _run(command):
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command[1:])} failed:\n{done.stdout[-8000:]}\n{done.stderr[-8000:]}"


def test_the_types_are_right(npm):
    """TypeScript finds nothing wrong, against the types of the Grafana packages that the lock file names."""
    npm("typecheck")


def test_the_style_is_right(npm):
    """ESLint finds nothing, not even a warning."""
    npm("lint")


def test_it_does_what_it_shall(npm):
    """Its unit tests pass."""
    npm("test")


def test_it_is_built_into_what_grafana_loads(npm):
    """The bundle is an AMD module with the plugin in it, and its archive is the same each time."""
    npm("build")
    npm("test:bundle")
    npm("zip")


def test_the_lock_file_names_no_registry():
    """It installs from whatever registry a machine is set up with."""
    packages = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package and "://" in package["resolved"]]
