"""What commands do before their work, and what they leave alone: in interpreters of their own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.processes import DEADLINE_S, LOGSTORE, run, serving


@pytest.fixture
def trapped(tmp_path):
    """An environment in which whoever imports pandas or numpy leaves a trace of it."""
    for library in ("pandas", "numpy"):
        package = tmp_path / library
        package.mkdir()
        (package / "__init__.py").write_text(
            f"open({str(tmp_path / f'{library}.imported')!r}, 'w').close()\nraise ImportError"
        )
    yield {"PYTHONPATH": os.pathsep.join((str(tmp_path), *sys.path))}
    # It would have cost every command a third of a second.
    assert not list(tmp_path.glob("pandas.imported"))


def test_asking_a_server_imports_neither_pandas_nor_numpy(tmp_path, trapped, server):
    """Whatever is installed: pyarrow takes both when it finds them, and needs neither to write an answer."""
    run("send", "--server", f"127.0.0.1:{server.forward_port}", stdin=b'{"x": 1.5, "message": "hello"}\n')
    for output in ("table", "jsonl", "csv", "raw", "arrow", "parquet"):
        for query in ("hello", "* | stats count(), avg(x), max(time) by x"):
            done = run("query", query, "--server", server.url, "--format", output, environment=trapped, fresh=True)
            assert (done.returncode, done.stderr) == (0, b""), output
    assert not list(tmp_path.glob("*.imported"))


@pytest.mark.parametrize("command", [("fields",), ("chunks",), ("quarantine", "list")])
def test_asking_a_server_imports_no_engine_and_no_store(command):
    """What answers is the server; importing what answers in its place would take twice as long as all else."""
    program = (
        "import sys\nfrom logstore.app.cli import main\ntry:\n    main()\nfinally:\n    print(*sys.modules, sep='\\n')"
    )
    arguments = [*command, "--server", "http://127.0.0.1:1"]
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, check=False, text=True)
    assert "no Logstore server answers" in done.stderr
    assert not {"logstore.storage.assembly", "query.engine", "duckdb"} & set(done.stdout.splitlines())


def test_asking_a_directory_imports_no_pandas(tmp_path, trapped):
    """Nor does the engine, in this process."""
    with serving(tmp_path / "data") as server:
        assert server.stop() == 0
    (tmp_path / "numpy" / "__init__.py").unlink()
    (tmp_path / "numpy").rmdir()
    done = run("query", "error | count", "--data", tmp_path / "data", environment=trapped, fresh=True)
    assert done.stdout == b'{"count":0}\n'


def test_an_interrupt_while_a_command_starts_ends_it_without_a_word():
    """Ctrl-C before there is anything to clean up: no trace of half-imported modules."""
    with subprocess.Popen(
        [*LOGSTORE, "query", "*"], stderr=subprocess.PIPE, env={**os.environ, "PYTHONVERBOSE": "1"}
    ) as process:
        for line in process.stderr:
            if b"logstore.app.cli.commands" in line:
                break
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait(DEADLINE_S) == -signal.SIGINT
    assert b"Traceback" not in said


def test_an_unquoted_query_is_told_what_to_quote():
    """The shell splits words, and expands the star; joining them again would guess."""
    done = run("query", "level:error", "timeout", fresh=True)
    assert done.returncode == 2
    assert b"single quotes" in done.stderr


def test_help_tells_defaults_that_are_no_values():
    """Brackets in help are text, not markup."""
    said = run("query", "--help", fresh=True).stdout
    assert b"[default: 1h]" in said
    assert b"[default: table on" in said


def test_an_answer_that_cannot_be_written_is_an_error(tmp_path):
    """A full disk under stdout: one sentence and exit code 1."""
    with serving(tmp_path / "data") as server, Path("/dev/full").open("wb") as full:
        command = [*LOGSTORE, "query", "* | count", "--server", server.url]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=DEADLINE_S, check=False)
    assert done.returncode == 1
    assert done.stderr == b"logstore: the answer cannot be written: No space left on device\n"
