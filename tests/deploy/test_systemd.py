"""The unit for systemd and what belongs to it, as systemd's own programs see it."""

import os
import re
import socket
from pathlib import Path

import pytest

from logstore.config.load import load_settings
from tests.deploy.tools import run_tool, tool
from tests.end_to_end.processes import serving

SYSTEMD = Path(__file__).parents[2] / "deploy" / "systemd"
UNIT = SYSTEMD / "logstore.service"
PROGRAM = "/opt/logstore/bin/logstore"
# Tenths, as `--threshold` wants them. The network, which a server needs, is nearly all that is left.
MOST_EXPOSURE = 11


def test_systemd_has_nothing_to_say_about_the_unit(tmp_path):
    """`systemd-analyze verify` ends well and without a message."""
    analyze = tool("systemd-analyze", "systemd")
    # It wants the program to be there.
    text = UNIT.read_text()
    assert f"ExecStart={PROGRAM} serve" in text
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace(PROGRAM, "/bin/true"))
    assert run_tool(analyze, "verify", "--man=no", unit) == (0, "")


def test_the_unit_leaves_little_open():
    """`systemd-analyze security` finds no more exposure than the README tells."""
    analyze = tool("systemd-analyze", "systemd")
    code, told = run_tool(analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSURE}", "--no-pager", UNIT)
    assert code == 0, told
    assert f"exposure of {MOST_EXPOSURE / 10} out of 10" in " ".join((SYSTEMD / "README.md").read_text().split())


def test_user_and_directories_are_made(tmp_path):
    """systemd-sysusers and systemd-tmpfiles make what the unit runs as and needs, with owners that keep secrets."""
    sysusers, tmpfiles = tool("systemd-sysusers", "systemd"), tool("systemd-tmpfiles", "systemd")
    if os.geteuid() != 0:
        pytest.skip("not root: systemd-tmpfiles cannot give directories to their owners here")
    config = tmp_path / "etc" / "logstore" / "logstore.toml"
    config.parent.mkdir(parents=True)
    config.write_text("")
    code, told = run_tool(sysusers, f"--root={tmp_path}", SYSTEMD / "logstore.sysusers.conf")
    assert code == 0, told
    users = (tmp_path / "etc" / "passwd").read_text()
    (user,) = re.findall(r"^logstore:x:(\d+):(\d+):.*:/usr/sbin/nologin$", users, re.MULTILINE)
    assert run_tool(tmpfiles, "--create", f"--root={tmp_path}", SYSTEMD / "logstore.tmpfiles.conf") == (0, "")
    uid, gid = map(int, user)
    owners = {
        place: (path.stat().st_mode & 0o777, path.stat().st_uid, path.stat().st_gid)
        for place in ("var/lib/logstore", "etc/logstore", "etc/logstore/logstore.toml")
        for path in [tmp_path / place]
    }
    assert owners == {
        "var/lib/logstore": (0o750, uid, gid),
        "etc/logstore": (0o750, 0, gid),
        "etc/logstore/logstore.toml": (0o640, 0, gid),
    }


def test_the_configuration_is_one_and_stays_on_this_machine():
    """A fresh installation can be reached by nobody else."""
    settings = load_settings(SYSTEMD / "logstore.toml")
    assert settings.data.is_relative_to("/var/lib/logstore")
    assert str(settings.forward.unix_path).startswith("/run/logstore/")
    assert settings.forward.listen.startswith("127.0.0.1:")
    assert settings.http.listen.startswith("127.0.0.1:")
    assert settings.retention.max_age


def test_the_readme_installs_every_file():
    """None is forgotten, and none is named that is not there."""
    readme = (SYSTEMD / "README.md").read_text()
    named = set(re.findall(r"^\| `([\w.]+)` \|", readme, re.MULTILINE))
    assert named == {path.name for path in SYSTEMD.iterdir()} - {"README.md"}
    assert set(re.findall(r"deploy/systemd/([\w.]+\w)", readme)) == named


def test_systemd_is_told_when_the_server_is_ready_and_when_it_stops(tmp_path):
    """`Type=notify`: READY comes with the listeners open, STOPPING at SIGTERM."""
    assert "Type=notify" in UNIT.read_text()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        variables = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        with serving(tmp_path / "data", environment=variables, fresh=True) as server:
            ready = manager.recv(1024).decode().splitlines()
            assert ready[0] == "READY=1"
            assert str(server.forward_port) in ready[1]
            assert server.stop() == 0
            assert manager.recv(1024).decode().splitlines()[0] == "STOPPING=1"
