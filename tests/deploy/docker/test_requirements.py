"""Versions in the image: exactly those that pyproject.toml asks for, each with its hashes."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.deploy.docker.context import DOCKER, ROOT
from tests.deploy.docker.dockerfile import parse

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
DOCKERFILE = parse((DOCKER / "Dockerfile").read_text())
LOCKS = ("requirements.txt", "build-requirements.txt")


def locked(name):
    """What a file locks, by name."""
    text = (DOCKER / name).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {canonicalize_name(Requirement(line.split("--hash")[0]).name): line for line in lines}


def version(line):
    """The version of a line of a lock."""
    (specifier,) = Requirement(line.split("--hash")[0]).specifier
    assert specifier.operator == "=="
    return specifier.version


@pytest.mark.parametrize("name", LOCKS)
def test_every_version_is_exact_and_has_hashes(name):
    """What is installed is what was looked at."""
    for line in locked(name).values():
        assert version(line)
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line


def test_the_image_has_what_the_package_needs_with_object_storage_and_traces():
    """Each requirement of pyproject.toml is locked, in a version that it takes."""
    versions = locked("requirements.txt")
    for text in (*PROJECT["project"]["dependencies"], *EXTRAS["s3"], *EXTRAS["tracing"]):
        wanted = Requirement(text)
        assert wanted.specifier.contains(version(versions[canonicalize_name(wanted.name)])), text


def test_the_image_has_nothing_of_developers():
    """No tool of theirs, unless the package needs it too."""
    tools = {canonicalize_name(Requirement(text).name) for text in EXTRAS["dev"]} - {
        canonicalize_name(Requirement(text).name) for text in (*EXTRAS["s3"], *EXTRAS["tracing"])
    }
    # The exporter of traces needs it.
    assert not (tools - {"opentelemetry-proto"}) & locked("requirements.txt").keys()


def test_it_is_built_with_what_the_package_is_built_with():
    """And with what writes the bill of materials; nothing else is asked for, and all of it is locked."""
    lines = (DOCKER / "build-requirements.in").read_text().splitlines()
    asked = {line for line in lines if not line.startswith("#")}
    assert asked == {*PROJECT["build-system"]["requires"], "cyclonedx-bom"}
    versions = locked("build-requirements.txt")
    for wanted in map(Requirement, asked):
        assert wanted.specifier.contains(version(versions[wanted.name])), wanted


@pytest.mark.parametrize("name", LOCKS)
def test_versions_are_for_the_python_of_the_image(name):
    """Its minor version stands in the command that wrote them."""
    python = re.search(r"^python:(3\.\d+)\.", DOCKERFILE.arguments["PYTHON"])[1]
    assert f"--python-version {python} " in (DOCKER / name).read_text()


def test_all_of_it_is_installed_by_its_hashes():
    """From wheels alone: nothing is compiled with tools that nobody has pinned."""
    runs = " ".join(run.rest for run in DOCKERFILE.stages[0].all("RUN"))
    for name in LOCKS:
        assert re.search(rf"--require-hashes --only-binary :all: --requirement /build/{name}\b", runs)
