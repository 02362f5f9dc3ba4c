"""Tests of logstore.app.notify."""

import socket

from logstore.app.notify import READY, notify


def test_lines_reach_the_socket_of_the_manager(tmp_path):
    """All lines of a call come in one message, as the protocol wants."""
    place = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(place)
        notify(place, READY, "STATUS=takes events")
        assert manager.recv(1024) == b"READY=1\nSTATUS=takes events"


def test_abstract_names_are_understood(tmp_path):
    """Containers are given a socket that is no file; its name begins with @."""
    name = f"logstore-test-{tmp_path}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name)
        notify(f"@{name}", READY)
        assert manager.recv(1024) == b"READY=1"


def test_nobody_who_listens_is_no_reason_to_end(tmp_path):
    """Neither a missing address nor a dead one raises; a manager that does not read holds up nobody."""
    notify(None, READY)
    notify("", READY)
    notify(str(tmp_path / "nobody"), READY)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "full"))
        for _ in range(10_000):
            notify(str(tmp_path / "full"), READY)
        assert manager.recv(1024) == b"READY=1"
