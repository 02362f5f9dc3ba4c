"""Telling the service manager how a server is: systemd's notification protocol (`man 3 sd_notify`)."""

from __future__ import annotations

import contextlib
import socket

READY = "READY=1"
"""The start is done: units that are ordered after this one may start."""

STOPPING = "STOPPING=1"
"""The stop has begun."""


def notify(address: str | None, *lines: str) -> None:
    """Sends lines (`NAME=value`) to the socket that the service manager listens on.

    A manager that does not listen any more is no reason to end: nothing is raised.

    Args:
        address: path of the socket, or with an `@` in front its abstract name; None where nobody wants to know.
        lines: what to say.
    """
    if not address:
        return
    place = "\0" + address[1:] if address.startswith("@") else address
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.settimeout(0)
        sender.sendto("\n".join(lines).encode(), place)
