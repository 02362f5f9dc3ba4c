"""Runs a command within gVisor as a container of the image is run: by `runsc`, without root's powers on the machine.

The root file system is read-only and has Python, its libraries and this repository, at the places where they are on the
machine; there is no shell in it. Of the rest only one directory can be written to.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LIBRARIES = ("/lib", "/lib64", "/usr/lib")
TIMEOUT_S = 60
# Only root may give a sandbox a user other than its own, whom it knows as 0.
USER = 10001 if os.geteuid() == 0 else 0
# The network is the machine's: ports of the server can be reached from here. Nobody else changes the files meanwhile,
# so the sandbox need not ask for each of them again.
OPTIONS = ("--rootless", "--network=host", "--file-access-mounts=exclusive")


@cache
def find_runsc():
    """The program of gVisor; a test is left out, and says so, where there is none or it cannot work."""
    program = shutil.which("runsc")
    if program is None:
        pytest.skip("runsc is not installed: the server is not run within gVisor here")
    command = [program, *OPTIONS, "do", "true"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode != 0:
        pytest.skip(f"runsc cannot work here, so the server is not run within gVisor: {done.stderr.strip()}")
    return program


def bind(place, *options):
    """A directory of the machine, at its own place."""
    return {"destination": str(place), "source": str(place), "type": "bind", "options": ["rbind", *options]}


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox for one command. `writable` is a directory that its user owns; `place` is one for what runsc needs."""

    name: str
    place: Path
    writable: Path

    def enclose(self, command):
        """The command that runs `command` in a sandbox."""
        bundle = self.place / self.name
        (bundle / "root").mkdir(parents=True)
        (bundle / "config.json").write_text(json.dumps(self._specification(command)))
        return [*self._runsc(), "run", f"--bundle={bundle}", self.name]

    def signal(self, number):
        """Sends a signal to the command. The program that was started would not hand it on."""
        command = [*self._runsc(), "kill", self.name, str(int(number))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        assert done.returncode == 0, done.stderr

    def run(self, *command):
        """Runs it to its end and returns what it wrote."""
        done = subprocess.run(
            self.enclose(map(str, command)), capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _runsc(self):
        return [find_runsc(), f"--root={self.place / 'state'}", *OPTIONS]

    def _specification(self, command):
        """As the specification of OCI's runtimes has it."""
        read = [Path(place) for place in (*LIBRARIES, sys.base_prefix, sys.prefix, ROOT) if Path(place).exists()]
        return {
            "ociVersion": "1.0.2",
            "process": {
                "user": {"uid": USER, "gid": USER},
                "args": list(command),
                "env": [f"PYTHONPATH={ROOT}", "PYTHONDONTWRITEBYTECODE=1", "LANG=C.UTF-8"],
                "cwd": "/",
                "capabilities": {},
                "noNewPrivileges": True,
            },
            "root": {"path": "root", "readonly": True},
            "mounts": [
                {"destination": "/proc", "source": "proc", "type": "proc"},
                {"destination": "/tmp", "source": "tmpfs", "type": "tmpfs"},  # noqa: S108 (in the sandbox)
                *(bind(place, "ro") for place in dict.fromkeys(read)),
                bind(self.writable, "rw"),
            ],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc")]},
        }
