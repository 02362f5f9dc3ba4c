"""Scripts of the Grafana data source's package.json, run where Node.js is."""

import os
import re
import shutil
import subprocess

import pytest

from tests.deploy.toolchain import DATASOURCE

NODE_MAJOR = 20
"""What package.json asks for: the code uses what older ones lack."""


def npm_script(what):
    """Runs scripts of package.json. Where one cannot, the test is left out and says what is not checked: `what`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip(f"{'node' if node is None else 'npm'} is not installed: {what} is not checked")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(re.match(r"v(\d+)", version)[1]) < NODE_MAJOR:
        pytest.skip(f"Node.js is {version}, and the Grafana plugin needs {NODE_MAJOR} or newer: {what} is not checked")
    if not (DATASOURCE / "node_modules" / ".package-lock.json").exists():
        _run([npm, "ci", "--loglevel=error"])

    def run(*script, **environment):
        return _run([npm, "run", "--silent", *script], environment)

    return run


def _run(command, environment=None):
    done = subprocess.run(
        command, cwd=DATASOURCE, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command[1:])} failed:\n{done.stdout[-20000:]}\n{done.stderr[-8000:]}"
    return done.stdout
