"""A server with TLS, a shared key, users and a Unix socket, and `logstore send` through each door."""

import json
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.processes import run, serving, wait_until
from tests.ingest.authority import Authority

NPM = Path(__file__).parent / "npm"


@pytest.fixture
def authority(tmp_path):
    """Who issues the certificates."""
    return Authority(tmp_path)


@pytest.fixture
def guarded(tmp_path, authority):
    """A server with every kind of listener, and what a sender needs for it."""
    cert, key = authority.issue("server")
    (tmp_path / "key").write_text("sesame\n")
    (tmp_path / "password").write_text("wonder\n")
    (tmp_path / "wrong").write_text("guess\n")
    config = f"""
    [forward]
    unix_path = "{tmp_path}/f.sock"
    [[forward.listeners]]
    name = "local"
    listen = "127.0.0.1:0"
    [[forward.listeners]]
    name = "keyed"
    listen = "127.0.0.1:0"
    security = true
    [forward.tls]
    cert_file = "{cert}"
    key_file = "{key}"
    [forward.security]
    shared_key_file = "{tmp_path}/key"
    users = [{{ username = "alice", password_file = "{tmp_path}/password" }}]
    """
    with serving(tmp_path / "data", config=config) as server:
        yield server


def send(place, line, *options):
    """Sends a line; returns what the command said, and how it ended."""
    done = run("send", "--server", place, *options, stdin=f"{line}\n".encode())
    return done.returncode, done.stderr.decode()


def test_every_door_lets_in_whom_it_should(tmp_path, authority, guarded):
    """TLS with key and user, key and user alone, nothing, and the socket file; wrong ones are told why."""
    tls = f"127.0.0.1:{guarded.forward_port}"
    local = re.search(r"local (127\.0\.0\.1:\d+),", guarded.said)[1]
    keyed = re.search(r"keyed (127\.0\.0\.1:\d+),", guarded.said)[1]
    alice = ("--shared-key-file", tmp_path / "key", "--username", "alice", "--password-file", tmp_path / "password")
    assert send(tls, "over TLS", "--ca", authority.file, *alice)[0] == 0
    assert send(tls, "unverified", "--insecure", *alice)[0] == 0
    assert send(keyed, "with a key", *alice)[0] == 0
    assert send(local, "plain")[0] == 0
    assert send(f"unix:{tmp_path}/f.sock", "by file")[0] == 0
    for place, options, why in (
        (tls, alice, "handshake|says nothing|closed"),
        (tls, ("--tls", *alice), "no TLS with .*self-signed certificate|no TLS with .*unable to get local issuer"),
        (tls, ("--ca", authority.file), "asks for a shared key"),
        (keyed, (), "asks for a shared key"),
        (keyed, ("--shared-key-file", tmp_path / "wrong"), "the server refused us: shared_key mismatch"),
        (keyed, (*alice[:5], tmp_path / "wrong"), "the server refused us: username/password mismatch"),
        (local, ("--ca", authority.file), "no TLS|closed|reset"),
    ):
        code, said = send(place, "must not come", *options)
        assert code == 1, said
        assert re.search(why, said), said
        assert "Traceback" not in said
    found = {(row["message"], row["tag"]) for row in guarded.ask("*")}
    assert {message for message, _ in found} == {"over TLS", "unverified", "with a key", "plain", "by file"}
    assert "Traceback" not in guarded.said
    for secret in ("sesame", "wonder", "guess"):
        assert secret not in guarded.said
    assert guarded.stop() == 0
    assert not (tmp_path / "f.sock").exists()


def serial(guarded, authority):
    """Number of the certificate that the server shows."""
    shown = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{guarded.forward_port}", "-CAfile", authority.file],
        input=b"",
        capture_output=True,
        timeout=30,
        check=False,
    )
    read = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=shown.stdout, capture_output=True, check=True)
    return read.stdout


def test_sighup_takes_the_renewed_certificate(tmp_path, authority, guarded):
    """Without a restart; a broken one is told in the log, and the server goes on with what it has."""
    first = serial(guarded, authority)
    authority.issue("server")
    guarded.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "loaded the certificate" in guarded.said, "the certificate is loaded")
    second = serial(guarded, authority)
    assert first != second
    (tmp_path / "server.key.pem").write_text("nonsense")
    guarded.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "holds no PRIVATE KEY in PEM" in guarded.said, "the error is told")
    assert serial(guarded, authority) == second
    assert guarded.stop() == 0


def test_bad_tls_files_are_bad_usage(tmp_path):
    """At the start: exit code 2, the file, and what to do."""
    config = tmp_path / "logstore.toml"
    config.write_text(f'[forward.tls]\ncert_file = "{tmp_path}/absent.pem"\nkey_file = "{tmp_path}/absent.pem"\n')
    done = run("serve", "--config", config, "--data", tmp_path / "data")
    assert done.returncode == 2
    said = done.stderr.decode()
    assert f"TLS file {tmp_path}/absent.pem cannot be read: No such file" in said
    assert "hint: name a PEM file" in said


def test_everything_can_be_set_by_variables(tmp_path):
    """As in a container: a wrong one is told without its value."""
    variables = {"LOGSTORE_FORWARD_SECURITY_USERS": json.dumps([{"username": "a", "pass": "HUSH"}])}
    done = run("serve", "--data", tmp_path / "data", environment=variables)
    assert done.returncode == 2
    assert b"LOGSTORE_FORWARD_SECURITY_USERS" in done.stderr
    assert b"HUSH" not in done.stderr


if shutil.which("node"):

    def test_the_npm_client_is_let_in_with_tls_key_and_user(authority, guarded):
        """A second implementation of the sender's half, in another language."""
        assert (NPM / "node_modules").is_dir(), "run `make npm` first"
        security = {"clientHostname": "npm", "sharedKey": "sesame", "username": "alice", "password": "wonder"}
        told = send_by_npm(guarded, authority, security)
        assert (told["acknowledged"], told["failures"]) == (200, [])
        assert guarded.ask("tag:npm.events | count") == [{"count": 200}]


def send_by_npm(guarded, authority, security):
    """What the client of npm says of 200 events."""
    secrets = json.dumps({"ca": str(authority.file), "security": security})
    command = [shutil.which("node"), NPM / "send.js", str(guarded.forward_port), "200", secrets]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    return json.loads(done.stdout)
