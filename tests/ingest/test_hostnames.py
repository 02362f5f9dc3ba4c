"""Tests of ingest.hostnames."""

import asyncio
import threading

import pytest

from ingest.hostnames import HostNames
from logstore.clock import SystemClock
from tests.ingest.senders import until

PATIENCE_S = 10


class ManualClock(SystemClock):
    """A clock that is set by hand."""

    now = 0

    def monotonic_ns(self):
        """As it was set."""
        return self.now


class Names:
    """A name server: answers once it is released."""

    def __init__(self, **names):
        self.names = names
        self.asked = []
        self.released = threading.Event()
        self.released.set()

    def __call__(self, address):
        """The name of an address."""
        self.asked.append(address)
        assert self.released.wait(PATIENCE_S)
        if address not in self.names:
            raise OSError("no such name")
        return self.names[address]


@pytest.fixture
async def make():
    """Makes resolvers over name servers, and ends them."""
    made = []

    def make_one(server, timeout_s=PATIENCE_S):
        clock = ManualClock()
        made.append((HostNames(clock, timeout_s, server), server))
        return made[-1][0], clock

    yield make_one
    for hostnames, server in made:
        server.released.set()
        hostnames.close()


async def find(hostnames, address):
    """What is found for an address."""
    found = asyncio.get_running_loop().create_future()
    hostnames.find(address, found.set_result)
    return await asyncio.wait_for(found, PATIENCE_S)


async def test_names_are_found_and_remembered_for_a_while(make):
    """The name server is asked again when the name is old."""
    server = Names(a="web-1")
    hostnames, clock = make(server)
    assert hostnames.known("a") is None
    assert await find(hostnames, "a") == "web-1"
    assert hostnames.known("a") == "web-1"
    clock.now = 301 * 10**9
    assert hostnames.known("a") is None
    assert await find(hostnames, "a") == "web-1"
    assert server.asked == ["a", "a"]


async def test_what_has_no_name_is_called_by_its_address(make):
    """And asked for again sooner."""
    hostnames, clock = make(Names())
    assert await find(hostnames, "192.0.2.1") == "192.0.2.1"
    assert hostnames.known("192.0.2.1") == "192.0.2.1"
    clock.now = 61 * 10**9
    assert hostnames.known("192.0.2.1") is None


async def test_nobody_waits_longer_than_the_timeout(make):
    """The address does instead; the name is used once it is known."""
    server = Names(a="web-1")
    server.released.clear()
    hostnames, _ = make(server, timeout_s=0.01)
    assert await find(hostnames, "a") == "a"
    server.released.set()
    await until(lambda: hostnames.known("a") is not None)
    assert hostnames.known("a") == "web-1"


async def test_one_question_for_many_who_wait(make):
    """A fleet behind one address that reconnects asks once, and everybody is told once."""
    server = Names(a="web-1")
    server.released.clear()
    hostnames, _ = make(server)
    finding = [asyncio.create_task(find(hostnames, "a")) for _ in range(50)]
    await asyncio.sleep(0)
    server.released.set()
    assert await asyncio.gather(*finding) == ["web-1"] * 50
    assert server.asked == ["a"]


async def test_too_many_questions_are_not_asked(make):
    """A flood of addresses is not queued without end."""
    server = Names()
    server.released.clear()
    hostnames, _ = make(server)
    for number in range(1000):
        hostnames.find(str(number), lambda _: None)
    assert await find(hostnames, "one more") == "one more"
    assert "one more" not in server.asked
