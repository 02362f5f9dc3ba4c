"""Go programs that are deployed with Logstore or are examples of it: those of the Grafana data source, and a sender."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

DATASOURCE = Path(__file__).parents[2] / "deploy" / "grafana" / "datasource"
# Where Go is installed when nobody has put it on the path.
USUAL_PLACE = "/usr/local/go/bin/go"
BUILD_TIMEOUT_S = 900
ENVIRONMENT = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false"}


def find_go():
    """The Go command; the test is left out, and says so, where there is none."""
    found = shutil.which("go") or shutil.which(USUAL_PLACE)
    if found is None:
        pytest.skip(
            "Go is not installed: the back end of the Grafana data source and the sender in Go are not built here"
        )
    return found


def go(*arguments, offline=True, folder=DATASOURCE):
    """Runs Go in the directory of a program, the plugin's by default; without the network unless it is wanted."""
    return subprocess.run(
        [find_go(), *map(str, arguments)],
        cwd=folder,
        env={**ENVIRONMENT, **({"GOPROXY": "off"} if offline else {})},
        capture_output=True,
        text=True,
        timeout=BUILD_TIMEOUT_S,
        check=False,
    )


def have_modules(folder=DATASOURCE):
    """Makes sure that the Go modules are here. They are fetched once; where that fails too, the test is left out."""
    if go("list", "-deps", "./...", folder=folder).returncode == 0:
        return
    fetched = go("mod", "download", offline=False, folder=folder)
    if fetched.returncode != 0:
        pytest.skip(f"the Go modules of {folder.name} are missing and `go mod download` fails: {fetched.stderr}")


def build(package, program, folder=DATASOURCE):
    """Builds a program."""
    have_modules(folder)
    done = go("build", "-o", program, package, folder=folder)
    assert done.returncode == 0, done.stderr
    return program
