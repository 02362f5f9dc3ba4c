"""The addresses that commands assume."""

from __future__ import annotations

from logstore.app.cli.addresses import DEFAULT_FORWARD, DEFAULT_SERVER
from logstore.config.forward import ForwardSettings
from logstore.config.http import HttpSettings


def test_commands_and_server_agree_on_the_defaults():
    """A command without an address finds the server that was started without one."""
    assert f"http://{HttpSettings().listen}" == DEFAULT_SERVER
    assert ForwardSettings().listen == DEFAULT_FORWARD
