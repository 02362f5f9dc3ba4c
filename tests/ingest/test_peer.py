"""What a peer is called."""

from __future__ import annotations

from ingest.peer import Peer, peer_of


def test_peers_have_names_that_people_can_read():
    """Both families of addresses, and sockets without one."""
    assert peer_of(("192.0.2.1", 5000)) == Peer("192.0.2.1", "192.0.2.1:5000")
    assert peer_of(("2001:db8::1", 5000, 0, 0)) == Peer("2001:db8::1", "[2001:db8::1]:5000")
    assert peer_of("") == peer_of(None) == Peer("unix", "unix")
