"""Tests of what the project says of itself."""

import importlib.util
import re
import shlex
import shutil
import sysconfig
import tomllib
from pathlib import Path

import pytest

from logstore.config.settings import leaves
from query.lang.parse import parse

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_package_is_listed():
    """The wheel holds every package, and nothing of the tests."""
    files = [path for name in ("logstore", "ingest", "query") for path in (ROOT / name).rglob("__init__.py")]
    found = [".".join(path.parent.relative_to(ROOT).parts) for path in files]
    assert sorted(PROJECT["tool"]["setuptools"]["packages"]) == sorted(found)


COMPILED = [
    "ingest.decode.kernel",
    "ingest.decode.json_transcode",
    "ingest.forward.landing",
    "logstore.app.formats.lines",
    "logstore.storage.index.kernel",
    "query.pages.kernel",
    "query.pages.taking",
    "query.patterns.kernel",
]


@pytest.mark.parametrize("name", COMPILED)
def test_compiled_modules_are_built_where_a_compiler_is(name):
    """The installation goes on without them, quietly; nobody should find out by a slow server."""
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")[0]
    built = importlib.util.find_spec(name) is not None
    assert built or shutil.which(compiler) is None, (
        f"the compiled module {name} is not there although the compiler {compiler} is: its build has failed. "
        f"`pip install --editable . --verbose` shows how, or `cythonize -i {name.replace('.', '/')}.pyx`"
    )


def test_compiled_modules_are_rebuilt_when_a_piece_of_them_changes():
    """Every file of theirs is among those that the build looks at, and comes with the package."""
    extensions = PROJECT["tool"]["setuptools"]["ext-modules"]
    listed = {file for extension in extensions for file in (*extension["sources"], *extension.get("depends", ()))}
    data = PROJECT["tool"]["setuptools"]["package-data"]
    found = {package: (ROOT / package).rglob("*.p[yx][xid]") for package in ("ingest", "logstore", "query")}
    pieces = {str(path.relative_to(ROOT)) for paths in found.values() for path in paths if path.suffix != ".pyi"}
    assert listed == pieces
    for piece in pieces:
        package = Path(piece).parts[0]
        assert any(Path(piece).match(f"{package}/{glob}") for glob in data[package])


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


def test_every_package_has_its_place_on_the_map():
    """docs/architecture.md names every package, so whoever adds one says which question it answers."""
    said = (ROOT / "docs" / "architecture.md").read_text()
    for package in PROJECT["tool"]["setuptools"]["packages"]:
        name = package.rpartition(".")[2]
        assert f"`{package}`" in said or f"`{name}/`" in said, package


def test_every_module_that_the_map_names_is_there():
    """A module that is renamed is renamed on the map."""
    said = (ROOT / "docs" / "architecture.md").read_text()
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for name in ("logstore", "ingest", "query")
        for path in (ROOT / name).rglob("*.py")
    }
    dotted = re.findall(r"`((?:logstore|ingest|query|storage|app|model)\.[a-z_.]+?)(?:\.[A-Z]\w+)?`", said)
    settings = {name for name, _ in leaves()}
    assert len(dotted) > 30
    for name in set(dotted) - settings:
        assert {name, f"logstore.{name}"} & modules, name
