"""What holds for all tests."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import scratch
from tests.s3 import Proxy, S3Server

scratch.move_to_memory()

# Installed for the tests of what is optional; all others run as most users do, without it. Nothing above imports it.
ABSENT = Path(__file__).parent / "absent"
sys.path.insert(0, str(ABSENT))
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ABSENT), os.environ.get("PYTHONPATH"))))

# Programs are started by the hundred: each would compile our modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# How long an example takes says more about the machine than about the code.
settings.register_profile("logstore", deadline=None)
settings.load_profile("logstore")


def pytest_sessionfinish(exitstatus: int) -> None:
    """What tests that failed have left is kept to be looked at."""
    if exitstatus == pytest.ExitCode.OK:
        scratch.leave_memory()


@pytest.fixture
def disk_path() -> Iterator[Path]:
    """A directory of the test on a disk, though all others may be in memory."""
    with tempfile.TemporaryDirectory(dir=scratch.on_disk()) as name:
        yield Path(name)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server, for all tests of one process."""
    server = S3Server(tmp_path_factory.mktemp("s3"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def s3_proxy(s3_server: S3Server) -> Iterator[Proxy]:
    """A proxy before that server that spoils what passes."""
    proxy = Proxy(s3_server)
    yield proxy
    proxy.close()
