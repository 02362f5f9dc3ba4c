"""The compiled JSON transcoder, built with sanitizers, against hostile bytes."""

import subprocess
import sys

from tests.ingest.decode import sanitizers

if sanitizers.library() is not None:

    def test_hostile_bytes_do_no_harm(tmp_path):
        """No byte is read or written that is not ours, nothing is undefined, and the plain transcoder says the same."""
        module = sanitizers.build(tmp_path, "json_transcode")
        program = [sys.executable, "-m", "tests.ingest.decode.json_fuzz", str(module), "8", "1"]
        done = subprocess.run(
            program,
            cwd=sanitizers.ROOT,
            env=sanitizers.environment(),
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-8000:]
        assert int(done.stdout.split()[0]) > 100
