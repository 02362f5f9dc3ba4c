"""Where object storage is, and the numbers that shape its use, with their units and reasons."""

from __future__ import annotations

from dataclasses import dataclass, field

MIB, GIB = 1 << 20, 1 << 30

MULTIPART_BYTES = 8 * MIB
"""Larger objects are put in pieces of this size, and read in such pieces. Larger needs more memory in each transfer and
repeats more when one breaks off; smaller pays for more requests. S3 takes 10,000 pieces of at least 5 MiB."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """A pair of keys, and the token that temporary ones have. Never shown."""

    key_id: str
    key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Location:
    """An object store, and how to reach it.

    Attributes:
        url: `s3://bucket/prefix`, `file:///directory` or `memory:///`.
        endpoint: URL of the server; None: that of AWS.
        region: the bucket's region; None: what the environment says, else `us-east-1`.
        secrets: None: what the environment or the machine's role says.
        virtual_hosted: whether the bucket is part of the host's name.
        ca: certificates (PEM) to trust beside those of the system.
        connect_timeout_s, timeout_s: most time for a connection, and for a request with its answer.
        retries: further attempts after one that failed, with growing pauses.
        retry_time_s: no attempt begins later than that after the first.
    """

    url: str
    endpoint: str | None = None
    region: str | None = None
    secrets: Secrets | None = None
    virtual_hosted: bool = False
    ca: bytes | None = None
    connect_timeout_s: float = 5.0
    timeout_s: float = 30.0
    retries: int = 3
    retry_time_s: float = 60.0


@dataclass(frozen=True, slots=True)
class RemoteRules:
    """How object storage is used.

    Attributes:
        upload_after_s: a part is uploaded when it is so old. Longer lets compaction merge small parts first, which then
            are never uploaded; shorter makes less depend on the local disk.
        keep_local_s: parts that are in the store stay on the local disk too while their newest event is younger.
        cache_bytes: parts that are in the store and older than that take so much of the local disk; those that were
            read least recently go first.
        transfers: files that are uploaded, and files that are fetched, at the same time. More is faster over long
            distances, and takes three pieces of memory (24 MiB) each.
        room_wait_s: how long a query waits until others have read what fills the cache.
    """

    upload_after_s: float = 900.0
    keep_local_s: float = 86_400.0
    cache_bytes: int = 10 * GIB
    transfers: int = 4
    room_wait_s: float = 30.0
