"""Forks of a template are what processes of their own are, as far as anybody sees."""

import os
import re
import resource
import shlex
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.end_to_end.forked import IS_POSSIBLE
from tests.end_to_end.processes import run, serving, start, wait_until

if not IS_POSSIBLE:
    pytest.skip("only Linux hands children on: every process has an interpreter of its own", allow_module_level=True)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A server with two events, started in an interpreter of its own, that is only asked."""
    with serving(tmp_path_factory.mktemp("asked") / "data", fresh=True) as server:
        done = run("send", "--server", f"127.0.0.1:{server.forward_port}", stdin=b'{"n": 1}\nhello\n', fresh=True)
        assert (done.returncode, done.stderr.split()[:3]) == (0, [b"2", b"events", b"stored"])
        server.ask("* | count")
        yield server


@pytest.mark.parametrize(
    "command",
    [
        "--version",
        "backup list {empty}",
        "chunks --all --format csv {from_data}",
        "chunks --all --format csv {from_server}",
        "delete * --all --dry-run {from_server}",
        "deletions {from_server}",
        "explain n:1 --all {from_data}",
        "explain n:1 --all {from_server}",
        "export * --all --format jsonl --output {new} {from_data}",
        "export * --all --format jsonl --output {new} {from_server}",
        "fields --all {from_server}",
        "parts {from_server}",
        "quarantine list {from_server}",
        "query * --all --format table {from_data}",
        "query * --all --format table {from_server}",
        "reindex {from_server}",
        "restore {empty} {new}",
        "retention plan {from_server}",
        "send {new} --server 127.0.0.1:1",
        "serve --data {file}",
        "sql 'SELECT count(*) FROM logs' --all {from_data}",
        "sql 'SELECT count(*) FROM logs' --all {from_server}",
        "tail '* | count' {from_server}",
        "verify {empty}",
    ],
)
def test_a_command_says_the_same_in_a_fork_and_in_an_interpreter_of_its_own(asked, tmp_path, command):
    """Output, complaints and exit code of every command, with what it imports itself and with what was there."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    places = {
        "empty": tmp_path / "empty",
        "file": tmp_path / "file",
        "from_data": f"--data {asked.data}",
        "from_server": f"--server {asked.url}",
    }
    told = []
    for kind in ("fresh", "forked"):
        done = run(*shlex.split(command.format(new=tmp_path / kind, **places)), fresh=kind == "fresh")
        varying = rb"%s|^\d{4}-\d\d-\d\d [\d:,]+" % kind.encode()
        told.append((done.returncode, *(re.sub(varying, b"", text) for text in (done.stdout, done.stderr))))
    assert told[0] == told[1]
    assert b"Traceback" not in told[0][2]


def status(server):
    """What the kernel says of a process that does not depend on when one asks."""
    proc = Path(f"/proc/{server.process.pid}")
    lines = dict(line.split(":\t", 1) for line in (proc / "status").read_text().splitlines())
    wanted = ("Name", "Umask", "PPid", "Uid", "Gid", "Groups", "SigBlk", "SigIgn", "SigCgt", "CapEff", "NoNewPrivs")
    files = sorted(re.sub(r"\d+|one|two", "", str(file)) for file in opened(proc) if server.data not in file.parents)
    ids = (os.getpgid(server.process.pid), os.getsid(server.process.pid), os.getpriority(0, server.process.pid))
    return {name: lines[name] for name in wanted}, files, ids, (proc / "cwd").readlink(), limits(server)


def opened(proc):
    """What its open files are."""
    for file in (proc / "fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            yield file.readlink()


def limits(server):
    """The limits of its resources."""
    kinds = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
    return [resource.prlimit(server.process.pid, kind) for kind in kinds]


def test_the_kernel_sees_no_difference(tmp_path, monkeypatch):
    """Parent, group, signals, open files, directory and limits; also after this process has gone elsewhere."""
    monkeypatch.chdir(tmp_path)
    with serving(tmp_path / "one", fresh=True) as fresh, serving(tmp_path / "two") as forked:
        assert status(fresh) == status(forked)


def test_the_way_of_an_end_and_its_costs_are_told(tmp_path):
    """Exit codes, signals and the time of a processor, of a child that is waited for as any other."""
    with serving(tmp_path / "data") as server:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert server.stop() == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert after.ru_utime + after.ru_stime > before.ru_utime + before.ru_stime
    with serving(tmp_path / "data") as server:
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    with start("send", "--server", f"127.0.0.1:{server.forward_port}", stdin=subprocess.PIPE) as process:
        wait_until(lambda: Path(f"/proc/{process.pid}/wchan").exists(), "it runs")
        process.terminate()
        assert process.wait() == -signal.SIGTERM


def test_what_only_an_interpreter_reads_at_its_start_is_refused():
    """A fork cannot have it; nobody should think that it has."""
    with pytest.raises(AssertionError, match="PYTHONOPTIMIZE"):
        run("--version", environment={"PYTHONOPTIMIZE": "1"})
