"""What senders on machines are told: configurations are read, and the programs send to a real server."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.fluent import checks
from tests.deploy.toolchain import build
from tests.end_to_end.processes import serving, wait_until

FLUENT = Path(__file__).parents[3] / "deploy" / "fluent"
NPM = Path(__file__).parents[2] / "end_to_end" / "npm"
# What Docker's documentation of the driver lists.
DOCKER = {
    "fluentd-address",
    "fluentd-async",
    "fluentd-async-reconnect-interval",
    "fluentd-buffer-limit",
    "fluentd-max-retries",
    "fluentd-read-timeout",
    "fluentd-request-ack",
    "fluentd-retry-wait",
    "fluentd-sub-second-precision",
    "fluentd-write-timeout",
    "tag",
}
TIMEOUT_S = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that programs send to."""
    with serving(tmp_path_factory.mktemp("senders") / "data") as running:
        yield running


def sent(server, tag):
    """Level, message and order of the two events of a program, in the order of their times."""
    rows = wait_until(lambda: len(found := server.ask(f"tag:{tag} | sort -message")) == 2 and found, f"{tag} sent")
    return [(row["level"], row["message"], row.get("order")) for row in rows]


EXPECTED = [("info", "the program has started", None), ("warn", "payment refused", 4711)]


def start(server, *command, cwd=None):
    """Runs a program with the server's address behind its command."""
    words = [*map(str, command), "127.0.0.1", str(server.forward_port)]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_configuration_of_fluent_bit_is_known_and_loses_nothing():
    """It speaks TLS, and the key comes from its environment."""
    whole = checks.fluent_bit((FLUENT / "fluent-bit" / "fluent-bit.yaml").read_text())
    checks.fluent_bit_loses_nothing(whole)
    (output,) = whole["pipeline"]["outputs"]
    assert output["tls"] is output["tls.verify"] is output["tls.verify_hostname"] is True
    assert output["shared_key"] == "${LOGSTORE_SHARED_KEY}"


def test_fluent_bit_itself_takes_its_configuration():
    """The real program reads it."""
    program = shutil.which("fluent-bit")
    if program is None:
        pytest.skip("fluent-bit is not installed: its configuration is only read by a parser of YAML here")
    command = [program, "--dry-run", "--config", FLUENT / "fluent-bit" / "fluent-bit.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_configuration_of_fluentd_is_known_and_loses_nothing():
    """It speaks TLS, and the key comes from its environment."""
    whole = checks.fluentd((FLUENT / "fluentd" / "fluentd.conf").read_text())
    checks.fluentd_loses_nothing(whole)
    assert whole.one("match", "forward").parameters["transport"] == "tls"
    assert whole.one("security").parameters["shared_key"] == "\"#{ENV['LOGSTORE_SHARED_KEY']}\""


def test_fluentd_itself_takes_its_configuration():
    """The real program reads it."""
    program = shutil.which("fluentd")
    if program is None:
        pytest.skip("fluentd is not installed: its configuration is only read by a parser of its format here")
    command = [program, "--dry-run", "-c", FLUENT / "fluentd" / "fluentd.conf"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_collectors_do_not_collect_what_they_say_themselves():
    """While they cannot send, each line about that would lead to more of them."""
    whole = checks.fluent_bit((FLUENT / "fluent-bit" / "fluent-bit.yaml").read_text())
    (own,) = [plugin for plugin in whole["pipeline"]["filters"] if plugin["name"] == "grep"]
    (journal,) = [plugin for plugin in whole["pipeline"]["inputs"] if plugin["name"] == "systemd"]
    assert own["match"] == journal["tag"]
    name, expression = own["exclude"].split(" ", 1)
    assert (name, journal["strip_underscores"]) == ("SYSTEMD_UNIT", True)
    assert re.search(expression, "fluent-bit.service")
    fluentd = checks.fluentd((FLUENT / "fluentd" / "fluentd.conf").read_text())
    assert json.loads(fluentd.one("source", "tail").parameters["exclude_path"]) == ["/var/log/fluent/*"]
    assert fluentd.one("label").argument == "@FLUENT_LOG"


def test_docker_knows_the_options():
    """All are texts, as Docker wants them in daemon.json; it does not wait for the server, and asks for acks."""
    options = json.loads((FLUENT / "docker" / "daemon.json").read_text())
    assert options["log-driver"] == "fluentd"
    assert options["log-opts"].keys() <= DOCKER
    assert all(isinstance(value, str) for value in options["log-opts"].values())
    assert options["log-opts"]["fluentd-async"] == options["log-opts"]["fluentd-request-ack"] == "true"


def test_the_python_program_sends(server):
    """With fluent-logger; a field of the record is a field of the event."""
    start(server, sys.executable, FLUENT / "python" / "log.py")
    assert sent(server, "app.python") == EXPECTED


def test_the_node_program_sends(server, tmp_path):
    """With the logger of the Fluent project."""
    node = shutil.which("node")
    if node is None or not (NPM / "node_modules").is_dir():
        pytest.skip(
            "Node.js or its Fluentd client is not installed (`make npm`): the program in Node.js is not run here"
        )
    shutil.copy(FLUENT / "node" / "log.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(NPM / "node_modules")
    start(server, node, "log.mjs", cwd=tmp_path)
    assert sent(server, "app.node") == EXPECTED


def test_the_go_program_sends(server, tmp_path):
    """With fluent-logger-golang."""
    start(server, build(".", tmp_path / "log", FLUENT / "go"))
    assert sent(server, "app.go") == EXPECTED


def test_every_program_is_in_the_list():
    """README.md of the folder names each, and only what is there."""
    said = (FLUENT / "README.md").read_text()
    for folder in (path.name for path in FLUENT.iterdir() if path.is_dir()):
        assert f"`{folder}/" in said
