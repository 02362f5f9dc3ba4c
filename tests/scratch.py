"""Where tests keep their files: in memory where that is possible.

The tests make and remove files by the hundred thousand and sync most of them. On a disk they wait for that longer than
for everything else; what a disk must do that memory need not is what `disk_path` is for.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - each run makes a directory of its own there
LEAST_FREE_BYTES: Final = 4 * 2**30
"""Several times what the files of the tests that run at one time take."""

_ON_DISK: Final = "TESTS_ON_DISK"
_MAKER: Final = "TESTS_SCRATCH_PID"


def move_to_memory() -> None:
    """Lets this process and those that it starts keep temporary files in memory, unless TMPDIR says where."""
    if _ON_DISK in os.environ:
        # The process that started this one has chosen.
        return
    os.environ[_ON_DISK] = tempfile.gettempdir()
    if "TMPDIR" not in os.environ and _has_room(MEMORY):
        os.environ["TMPDIR"] = tempfile.mkdtemp(prefix="ls-", dir=MEMORY)
        os.environ[_MAKER] = str(os.getpid())
        tempfile.tempdir = None


def leave_memory() -> None:
    """Removes what this process and those that it started kept there; for the one that has chosen."""
    if os.environ.get(_MAKER) == str(os.getpid()):
        shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)


def on_disk() -> str:
    """Where temporary files would be without this."""
    return os.environ[_ON_DISK]


def _has_room(folder: Path) -> bool:
    try:
        return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= LEAST_FREE_BYTES
    except OSError:
        return False
