"""Tests of ingest.unix_socket, and of a listener behind a socket file."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from ingest.server import ListenError
from ingest.settings import UnixListener
from ingest.unix_socket import SocketFile
from tests.ingest.forward.wire_samples import forward
from tests.ingest.senders import PLAIN, listening, until


@pytest.fixture
def path(tmp_path_factory) -> Path:
    """A path short enough for a socket."""
    return tmp_path_factory.mktemp("s") / "f.sock"


async def test_a_chunk_through_a_socket_file_is_stored_and_acked(path):
    """The same session behind another door; chunks say which."""
    async with listening(listeners=(PLAIN, UnixListener(path))) as here:
        sender = await here.connect_unix(path)
        await sender.send(forward({"chunk": "a"}))
        assert await sender.acks(1) == ["a"]
        (chunk,) = here.sink.chunks
        assert (chunk.listener, chunk.peer) == ("forward-unix", "unix")
        assert here.server.addresses["forward-unix"] == path
        sender.end()
        assert await sender.rest() == b""
        await sender.close()
    assert not path.exists()


@pytest.mark.parametrize("mode", [0o600, 0o660, 0o666])
async def test_permissions_are_as_set(path, mode):
    """Whatever the process would give a new file."""
    before = os.umask(0o077)
    try:
        async with listening(listeners=(UnixListener(path, mode),)):
            assert stat.S_IMODE(path.stat().st_mode) == mode
    finally:
        os.umask(before)


async def test_a_stale_file_is_replaced(path):
    """What a killed server leaves: a socket on which nobody listens."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with listening(listeners=(UnixListener(path),)) as here:
        sender = await here.connect_unix(path)
        await sender.send(forward({"chunk": "a"}))
        assert await sender.acks(1) == ["a"]
        await sender.close()


async def test_a_listening_server_is_left_alone(path):
    """The second server fails with a clear error, and the first goes on undisturbed."""
    async with listening(listeners=(UnixListener(path),)) as here:
        with pytest.raises(ListenError, match=r"cannot listen on the socket file .*in use"):
            async with listening(listeners=(UnixListener(path),)):
                pass
        sender = await here.connect_unix(path)
        await sender.send(forward({"chunk": "a"}))
        assert await sender.acks(1) == ["a"]
        await sender.close()
        await until(lambda: here.counters.connections_open == 0)


async def test_a_file_that_is_no_socket_is_left_alone(path):
    """A mistyped path must not cost anybody a file."""
    path.write_text("precious")
    with pytest.raises(ListenError):
        async with listening(listeners=(UnixListener(path),)):
            pass
    assert path.read_text() == "precious"


async def test_a_directory_that_is_not_there_is_a_clear_error(path):
    """The error names the file; TCP listeners bound before it are given up."""
    with pytest.raises(ListenError, match="No such file"):
        async with listening(listeners=(PLAIN, UnixListener(path.parent / "absent" / "f.sock"))):
            pass


def test_only_our_own_file_is_removed(path):
    """Another server may have taken the path meanwhile."""
    ours = SocketFile(path, 0o600)
    path.unlink()
    theirs = SocketFile(path, 0o600)
    ours.remove()
    assert path.exists()
    theirs.remove()
    assert not path.exists()
    ours.socket.close()
    theirs.socket.close()


async def test_programs_of_a_machine_are_no_single_source(path):
    """Containers share the socket file: only the limit for all connections binds them."""
    async with listening(
        listeners=(PLAIN, UnixListener(path)), max_connections=5, max_connections_per_source=2
    ) as here:
        senders = [await here.connect_unix(path) for _ in range(5)]
        for sender in senders:
            await sender.send(forward({"chunk": "a"}))
            assert await sender.acks(1) == ["a"]
        over = await here.connect_unix(path)
        assert await over.rest() == b""
        assert here.counters.connections_refused == {"too many connections": 1}
        for sender in (*senders, over):
            await sender.close()
