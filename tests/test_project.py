"""Tests of what the project says of itself."""

import re
import shlex
import tomllib
from pathlib import Path

from query.lang.parse import parse

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_package_is_listed():
    """The wheel holds every package, and nothing of the tests."""
    files = [path for name in ("logstore", "ingest", "query") for path in (ROOT / name).rglob("__init__.py")]
    found = [".".join(path.parent.relative_to(ROOT).parts) for path in files]
    assert sorted(PROJECT["tool"]["setuptools"]["packages"]) == sorted(found)


def test_the_lock_file_of_the_npm_client_names_no_registry():
    """It installs from whatever registry a machine is set up with."""
    assert "http" not in (ROOT / "tests" / "end_to_end" / "npm" / "package-lock.json").read_text()


def test_the_queries_of_the_readme_are_queries():
    """Whoever copies an example gets an answer."""
    readme = (ROOT / "README.md").read_text()
    commands = [shlex.split(line) for line in re.findall(r"^logstore (?:query|tail|explain) .*$", readme, re.MULTILINE)]
    assert len(commands) > 5
    for command in commands:
        parse(command[2])


def test_the_pages_that_the_readme_names_are_there():
    """No link leads nowhere."""
    for page in re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text()):
        assert "://" in page or (ROOT / page).exists()
