"""kill -9 and lost acknowledgements while senders go on that send again what was not acknowledged."""

import random
import tempfile
import time
from pathlib import Path

import pytest

from tests import scratch
from tests.end_to_end.lossy_proxy import LossyProxy
from tests.end_to_end.processes import Server, serving
from tests.end_to_end.resending import SHAPES, PersistentSender, check

KILLS = 10
LOST_ACKS = 10
SEALING = "[storage]\nseal_age_s = 0.3\n"


@pytest.fixture
def tmp_path(disk_path):
    """As for users: the log is written past the cache, and syncs take their time."""
    return disk_path


def test_what_was_acknowledged_is_there_exactly_once_after_each_kill(tmp_path):
    """No event is missing and none is there twice, whenever the server was killed, also in the middle of seals.

    Every other time it is killed after an acknowledgement was lost: the chunk comes again, to a server that has it from
    the one before.
    """
    rng = random.Random(5)
    server = Server(tmp_path / "data", config=SEALING)
    with LossyProxy(server.forward_port) as proxy:
        sender = PersistentSender(proxy.port)
        sender.start()
        for number in range(KILLS):
            time.sleep(rng.uniform(0.1, 0.8))
            if number % 2:
                proxy.lose(1)
            server.process.kill()
            server.process.wait()
            acknowledged = sender.acknowledged
            server = Server(tmp_path / "data", config=SEALING)
            check(server, acknowledged)
            proxy.to = server.forward_port
        sender.finish()
    check(server, sender.acknowledged, exactly=True)
    assert sender.acknowledged > KILLS
    assert server.stop() == 0
    # With other hashes of texts than those that wrote.
    with_parts = Server(tmp_path / "data", fresh=True)
    check(with_parts, sender.acknowledged, exactly=True)
    assert with_parts.stop() == 0


@pytest.fixture(scope="module")
def lasting():
    """A server that nobody kills, on a disk too; each test has a tag of its own."""
    with (
        tempfile.TemporaryDirectory(dir=scratch.on_disk()) as name,
        serving(Path(name) / "data", config=SEALING) as server,
    ):
        yield server


@pytest.mark.parametrize("shape", SHAPES)
def test_lost_acknowledgements_make_no_copies(lasting, shape):
    """The server has stored a chunk and its sender never hears: it sends the chunk again, and it is there once."""
    with LossyProxy(lasting.forward_port) as proxy:
        sender = PersistentSender(proxy.port, [shape], shape.__name__)
        sender.start()
        for _ in range(LOST_ACKS):
            proxy.lose(1)
            delivered = sender.acknowledged
            while sender.acknowledged < delivered + 2:
                time.sleep(0.005)
        sender.finish()
        assert sender.resent >= LOST_ACKS
        check(lasting, sender.acknowledged, exactly=True, tag=shape.__name__)
