"""A disk that takes nothing for a while, under a real server: nobody is told that something was stored that was not."""

import random
import resource
from contextlib import contextmanager

from tests.end_to_end.packing import NS, Sender, chunk
from tests.end_to_end.posting import Poster, lines

LIMIT = 16_384
PADDING = random.Random(1).randbytes(2 * LIMIT).hex()
"""Makes an event larger than what the disk takes."""


@contextmanager
def full_disk(server):
    """No file of the server can grow beyond a few kilobytes, as on a full disk, also for root."""
    pid, unlimited = server.process.pid, resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (LIMIT, unlimited[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)


def delivered(server, message):
    """Whether a message is acknowledged; else the server has ended the connection."""
    with Sender(server.forward_port) as sender:
        sender.send(message)
        try:
            sender.ack()
        except ConnectionError:
            return False
        return True


def post(server, number):
    """Status and answer of an event with a key that is posted."""
    with Poster(server.http_port) as poster:
        return poster.post(lines([{"n": number, "pad": PADDING}]), query="?tag=full", Idempotency_Key=f"body-{number}")


def test_nothing_is_acknowledged_while_the_disk_is_full_and_all_of_it_arrives_afterwards(server):
    """No ack and status 503, one line in the log, the failures counted; queries go on; later each event once."""
    chunks = [chunk("full", [(NS, {"n": number, "pad": PADDING})]).message for number in range(12)]
    assert delivered(server, chunks[0])
    with full_disk(server):
        assert not any(delivered(server, message) for message in chunks[1:])
        status, told = post(server, 12)
        assert status == 503
        assert told["error"]["message"].startswith(f"cannot write {server.data}")
        assert server.metric("logstore_ingest_store_failures_total") == 12
        assert server.ask("* | count") == [{"count": 1}]
    assert all(delivered(server, message) for message in [*chunks, *chunks])
    assert post(server, 12) == (200, {"stored": 1, "rejected": 0})
    (row,) = server.ask("tag:full | stats count(), exact_distinct(n) as kinds")
    assert row == {"count": 13, "kinds": 13}
    assert server.said.count("a chunk was not stored and will not be acknowledged: ") == 2, "one for each way in"
    assert server.stop() == 0
