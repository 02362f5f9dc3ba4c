"""The front end of the Grafana data source: its own checks, run where Node.js is."""

import json

import pytest

from tests.deploy.node import npm_script
from tests.deploy.toolchain import DATASOURCE


@pytest.fixture(scope="module")
def npm():
    """Runs a script of package.json. Machines that cannot are told which program they lack."""
    return npm_script("the front end of the Grafana plugin")


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
    packages = json.loads((DATASOURCE / "package-lock.json").read_text())["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package and "://" in package["resolved"]]
