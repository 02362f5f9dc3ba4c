"""Real processes of the product, for tests: a server on free ports, and commands that are run to their end.

Each is a process of its own, but most are forks of one that has imported everything (`forked`), which takes a fraction
of the time. Where it is the start that a test is about, or the end, or what a process takes in memory, the test says
`fresh`: then an interpreter is started. So does who wants one with other hashes of texts than the server before had.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from tests.end_to_end.forked import IS_POSSIBLE, Forked

ENVIRONMENT = {"SSL_CERT_FILE": os.devnull}
"""Of all of them: an HTTP client that they import would read all the authorities that the machine trusts, a tenth of a
second each time. None of them is asked here."""

LOGSTORE = (sys.executable, "-m", "logstore.app.cli")
# A line of its own, or the message of one in JSON.
READY = re.compile(
    r"""(?:^|": ")logstore \S+ ready: forward 127\.0\.0\.1:(\d+)(?: \(TLS\))?,(?: .+,)? http 127\.0\.0\.1:(\d+), """
    r"""data (.+?)(?:$|", ")""",
    re.MULTILINE,
)
DEADLINE_S = 60
POLL_S = 0.02
POLLS = 20
"""A condition is looked at again after such a part of the time that was waited: asking a server costs it something."""


def wait_until(condition, what, deadline_s=DEADLINE_S):
    """Looks again and again until `condition()` is true, and returns that; fails after the deadline."""
    start = time.monotonic()
    while not (result := condition()):
        waited_s = time.monotonic() - start
        if waited_s > deadline_s:
            raise AssertionError(f"not within {deadline_s} s: {what}")
        time.sleep(max(POLL_S, waited_s / POLLS))
    return result


def start(*arguments, fresh=False, environment=None, stdin=None, stdout=None, stderr=None):
    """Starts a `logstore` command; `environment` has what differs from that of the tests."""
    words, variables = list(map(str, arguments)), _variables(environment)
    if fresh or not IS_POSSIBLE:
        return subprocess.Popen([*LOGSTORE, *words], env=variables, stdin=stdin, stdout=stdout, stderr=stderr)
    return Forked(words, variables, stdin, stdout, stderr)


def _variables(environment):
    return {**os.environ, **ENVIRONMENT, **(environment or {})}


def run(*arguments, stdin=b"", timeout_s=DEADLINE_S, environment=None, fresh=False):
    """Runs a `logstore` command to its end."""
    pipe = subprocess.PIPE
    with start(*arguments, fresh=fresh, environment=environment, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            said, complained = process.communicate(stdin, timeout_s)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, said, complained)


class Server:
    """A running `logstore serve`. `enclose` turns its command into one that runs it in a place of its own, fresh."""

    def __init__(self, data: Path, *flags: str, config: str = "", environment=None, enclose=None, fresh=False):
        self.data = data
        self._log = data.with_name(f"{data.name}.{time.monotonic_ns()}.log")
        command = ["serve", "--data", str(data), "--forward", "127.0.0.1:0", "--http", "127.0.0.1:0", *flags]
        if config:
            file = data.with_name(f"{data.name}.toml")
            file.write_text(config)
            command += ["--config", str(file)]
        with self._log.open("wb") as log:
            if enclose:
                whole = enclose([*LOGSTORE, *command])
                self.process = subprocess.Popen(whole, stderr=log, stdout=log, env=_variables(environment))
            else:
                self.process = start(*command, fresh=fresh, environment=environment, stderr=log, stdout=log)
        self.forward_port, self.http_port = self._await_ready()

    def _await_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.said}")
            return READY.search(self.said)

        try:
            found = wait_until(ready, "the server is ready")
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        return int(found[1]), int(found[2])

    @property
    def said(self):
        """Everything that it wrote to stderr so far."""
        return self._log.read_text()

    @property
    def url(self):
        """Where its HTTP API is."""
        return f"http://127.0.0.1:{self.http_port}"

    def query(self, text, *arguments):
        """Runs `logstore query` against it and returns the rows."""
        done = run("query", text, "--server", self.url, "--format", "jsonl", *arguments)
        assert done.returncode == 0, done.stderr.decode()
        return [json.loads(line) for line in done.stdout.splitlines()]

    def ask(self, text, **parameters):
        """Asks its HTTP API and returns the rows."""
        body = self.get("/api/v1/query", query=text, **{"all": "true", **parameters})
        return [json.loads(line) for line in body.splitlines()]

    def get(self, path, **parameters):
        """The body of a successful GET."""
        url = f"{self.url}{path}?{urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=DEADLINE_S) as response:  # noqa: S310 (our own server)
            return response.read()

    def lists(self, path, **parameters):
        """The rows of a list. Where a test waits for something: a command takes a second each time."""
        return [json.loads(line) for line in self.get(path, format="jsonl", **parameters).splitlines()]

    def refuses(self, path, **parameters):
        """Status and error of a GET that fails."""
        try:
            self.get(path, **parameters)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())["error"]
        raise AssertionError(f"{path} was answered")

    def metric(self, name):
        """The value of a metric without labels."""
        for line in self.get("/metrics").decode().splitlines():
            if line.startswith(f"{name} "):
                return float(line.rsplit(maxsplit=1)[1])
        raise AssertionError(f"no metric {name}")

    def resident_bytes(self):
        """Memory of the process."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE")

    def stop(self, number=signal.SIGTERM):
        """Signals it and returns its exit code."""
        self.process.send_signal(number)
        return self.process.wait(DEADLINE_S)


@contextmanager
def serving(data, *flags, **how):
    """A server that is stopped on the way out, if it still runs; see `Server` for `how`."""
    server = Server(data, *flags, **how)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
        server.process.wait()
