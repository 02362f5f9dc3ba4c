"""Signals that come before the server listens, also where it is the first process of a container."""

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from logstore.storage.layout import DECODE_SETTINGS
from tests.end_to_end.packing import NS, Sender, chunk
from tests.end_to_end.processes import DEADLINE_S, LOGSTORE, serving, wait_until

T0 = 1_795_341_600 * NS
EVENTS = 3
# PID 1 of its own namespace, as the first process of a container is.
CONTAINED = ("unshare", "--user", "--map-current-user", "--pid", "--fork", "--kill-child")
# Python tells on stderr what it imports.
VERBOSE = {**os.environ, "PYTHONVERBOSE": "1"}


@pytest.fixture
def contained():
    """What makes a command the first process of a container."""
    with contextlib.suppress(FileNotFoundError):
        if subprocess.run([*CONTAINED, "true"], capture_output=True, check=False).returncode == 0:
            return CONTAINED
    pytest.skip("no PID namespaces can be made here: signals to the first process of a container are not tested")


@pytest.fixture
def crashed(tmp_path):
    """A data directory whose log is to be replayed, by a server with other decode settings."""
    with serving(tmp_path / "data", config='[decode]\nmessage_keys = ["other"]\n') as server:
        with Sender(server.forward_port) as sender:
            sender.send(chunk("life", [(T0 + number, {"number": number}) for number in range(EVENTS)]).message)
            sender.ack()
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    return tmp_path / "data"


@dataclass
class Start:
    """A server that starts: the process that was run, and the pid of the server."""

    process: subprocess.Popen
    pid: int

    def end(self, number):
        """Signals the server; its exit code and what it said."""
        os.kill(self.pid, number)
        said = self.process.stderr.read().decode()
        return self.process.wait(DEADLINE_S), said


@contextlib.contextmanager
def replaying(data, inside=()):
    """A server that has read its log, and waits for the old decode settings that the log refers to."""
    (settings,) = (data / DECODE_SETTINGS).iterdir()
    kept = settings.rename(data.with_name("kept"))
    os.mkfifo(settings)
    command = [*inside, *LOGSTORE, "serve", "--data", str(data), "--forward", "127.0.0.1:0", "--http", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            with wait_until(lambda: read_by_somebody(settings), "the settings are read"):
                yield Start(process, child_of(process.pid) if inside else process.pid)
        finally:
            process.kill()
            kept.rename(settings)


def read_by_somebody(fifo):
    """The other end of a FIFO that is being read; None as long as nobody does."""
    try:
        return os.fdopen(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK), "wb")
    except OSError:
        return None


def child_of(pid):
    """The only child of a process."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text())


def stored(data):
    """How many events a server finds in a directory."""
    with serving(data) as server:
        return server.ask("* | count")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_start(crashed, number):
    """With 0 and a line that says so, however long it would have taken; the next start has everything."""
    with replaying(crashed) as start:
        code, said = start.end(number)
    assert code == 0
    assert said.splitlines()[-1].startswith("stopping during the start: ")
    assert "Traceback" not in said
    assert stored(crashed) == [{"count": EVENTS}]


def test_a_signal_ends_a_start_in_a_container(crashed, contained):
    """The kernel drops what the first process of a container does not handle."""
    with replaying(crashed, contained) as start:
        code, said = start.end(signal.SIGTERM)
    assert code == 0
    assert said.splitlines()[-1].startswith("stopping during the start: ")


def test_a_signal_before_anything_is_read_ends_a_start_too(contained):
    """In a container, while Python still imports what a server is made of."""
    command = [*contained, *LOGSTORE, "serve", "--data", "/nowhere"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=VERBOSE) as process:
        await_import(process, b"logstore.app.lifecycle")
        os.kill(child_of(process.pid), signal.SIGTERM)
        said = process.stderr.read()
        assert process.wait(DEADLINE_S) == 0
    assert b"Traceback" not in said


def ended(statement, inside=()):
    """The exit code of a process that runs a statement of ours, and then waits to be ended."""
    program = f"from logstore.app.endings import end_by, let_end; import signal; {statement}; signal.pause()"
    return subprocess.run([*inside, sys.executable, "-c", program], check=False, timeout=DEADLINE_S).returncode


@pytest.mark.parametrize("statement", ["end_by(15)", "let_end(15); signal.raise_signal(15)"])
def test_a_signal_ends_what_does_not_handle_it(statement, contained):
    """By itself, as anywhere, and in a container with what a shell makes of that: a second signal ends a stop by it."""
    assert ended(statement) == -signal.SIGTERM
    assert ended(statement, contained) == 128 + signal.SIGTERM


def test_a_signal_ends_a_command_in_a_container(contained):
    """Also one that does not handle any: there is nothing to clean up."""
    command = [*contained, *LOGSTORE, "send", "--server", "127.0.0.1:9"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=VERBOSE) as process:
        await_import(process, b"logstore.app.cli.commands")
        os.kill(child_of(process.pid), signal.SIGTERM)
        process.stderr.read()
        assert process.wait(DEADLINE_S) == 128 + signal.SIGTERM


def await_import(process, module):
    """Reads what Python says of its imports until that of a module begins."""
    assert any(module in line for line in process.stderr)
