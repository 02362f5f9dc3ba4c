"""The compiled modules, built with sanitizers, against hostile bytes. `conftest` says when this is left out."""

import subprocess
import sys

import pytest

from tests.ingest.decode import sanitizers
from tests.scale import scaled

# Whoever changes a module runs its program for longer.
SECONDS = str(scaled(4))

if sanitizers.library() is not None:

    @pytest.mark.parametrize(("module", "program"), [("kernel", "kernel_fuzz"), ("json_transcode", "json_fuzz")])
    def test_hostile_bytes_do_no_harm(tmp_path, module, program):
        """No byte is read or written that is not ours, nothing is undefined, and the plain twin says the same."""
        built = sanitizers.build(tmp_path, module)
        done = subprocess.run(
            [sys.executable, "-m", f"tests.ingest.decode.{program}", str(built), SECONDS, "1"],
            cwd=sanitizers.ROOT,
            env=sanitizers.environment(),
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-8000:]
        assert int(done.stdout.split()[0]) > 20
