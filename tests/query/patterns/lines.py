"""Log lines for tests of miners: in columns as they are taken, and made up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from hypothesis import strategies as st

from query.patterns.bounds import Bounds
from query.patterns.mined import Cluster, Lines, Miner

Row = tuple[str, int, int, int]
"""A line: its text, how often it occurred, when first and last."""

SSH = (
    "Failed password for root from 183.62.140.253 port 34100 ssh2",
    "Failed password for admin from 183.62.140.253 port 34102 ssh2",
    "Accepted password for fztu from 119.137.62.142 port 49116 ssh2",
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 tty=ssh ruser= rhost=52.80.34.196  user=root",
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 tty=ssh ruser= rhost=host.example.org  user=ftp",
)
"""Lines of OpenSSH, in the manner of those that loghub has (Zhu et al., ISSRE 2023)."""

_PIECES = (
    *("a", "b", "cafe", "user=", "x=1", "=", "key=", "é", "µs", "5", "12", ".5", ",123", "0x", "ff", "deadbeef1", "日"),
    *("2015-10-18", "T", "10:11:12", "Z", "+02:00", " 2005", "Jan", "Mon ", "Jan 5 10:11:12", "04/Dec/2005:10:11:12"),
    *("17/06/09 10:00:00", "10.0.0.1", "aa:bb:cc:dd:ee:ff", "fe80::1", "1:2:3:4:5:6:7:8", ":", "::", "1:2"),
    *("ms", "s", "h", "d", "us", "k", "KiB", "MB", "B", "i", "e5", "1e-3", "v1.2.3", "_", "-", "+", "/", "(", ")", '"'),
    *("550e8400-e29b-41d4-a716-446655440000", " ", "  ", "\t", "\n", "\v", "\0", "foo", "bar", "w" * 300),
)
_TOKENS = ("foo", "bar", "a=1", "a=x", "a=y,b=z", "a=z,b=q", "(x)", "(y)", "/a/b/c", "/a/d/c", "q", "r", "5", "7ms")

odd_texts = st.lists(st.sampled_from(_PIECES), max_size=9).map("".join)
alike_texts = st.lists(st.sampled_from(_TOKENS), min_size=2, max_size=5).map(" ".join)
small = st.integers(0, 9)
rows = st.lists(st.tuples(odd_texts | alike_texts, st.integers(1, 3), small, small), max_size=40)
bounds = st.builds(
    Bounds,
    weight=st.sampled_from((100, 1_000, 5_000, 1 << 26)),
    branches=st.tuples(st.sampled_from((1, 3, 100)), st.sampled_from((1, 20))),
    siblings=st.sampled_from((1, 2, 200)),
    templates=st.sampled_from((3, 10, 20_000)),
)


def in_columns(rows: Sequence[Row]) -> Lines:
    """Lines as a miner takes them."""
    texts = [row[0].encode() for row in rows]
    ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
    data = np.frombuffer(b"".join(texts), np.uint8)
    return Lines(ends, data, *(np.array([row[place] for row in rows], np.int64) for place in (1, 2, 3)))


def once(*texts: str) -> list[Row]:
    """Each of these once, one after the other."""
    return [(text, 1, place, place) for place, text in enumerate(texts)]


def mined(miner: Miner, batches: Iterable[Sequence[Row]]) -> list[Cluster]:
    """What a miner makes of batches of lines, in a fixed order."""
    for batch in batches:
        miner.add(in_columns(batch))
    while miner.advance(7):
        pass
    return sorted(miner.clusters(), key=lambda cluster: (cluster.tokens, cluster.count, cluster.example))
