"""What is a value at first sight, and what is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from query.patterns.masks import MASKS, WILD, masked
from query.patterns.templates import text_of
from tests.query.patterns.lines import odd_texts


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("took 42 of -17, 3.5% and 1e-9", "took <number> of <number>, <number>% and <number>"),
        ("blk_-1608999687919862906 rdd_21_0 x=7", "blk_<number> rdd_<number>_<number> x=<number>"),
        ("ssh2 sha256 v1.2.3 5xx 2nd utf8 jk2_init()", "ssh2 sha256 v1.2.3 5xx 2nd utf8 jk2_init()"),
        ("kernel 2.6.5-1.358", "kernel <number>-<number>"),
        ("a-b-41:8030 10-20", "a-b-<number>:<number> <number>-<number>"),
        ("250ms 1.5s 1h2m3s -5us 7µs 9μs 3d", " ".join(["<duration>"] * 7)),
        ("10KiB 2.5MB 100B 4k 5Gi", " ".join(["<size>"] * 5)),
        ("10 KB", "<number> KB"),
        ("10.0.0.1 /10.251.39.209:50010 1.2.3.4.5", "<ip> /<ip>:<number> <number>"),
        ("::1 fe80::1ff:fe23 [2001:db8::7]:80 1:2:3:4:5:6:7:8", "<ip> <ip> [<ip>]:<number> <ip>"),
        ("std::string a::b AppleCamIn::wake ::", "std::string a::b AppleCamIn::wake ::"),
        ("aa:bb:cc:dd:ee:ff 00:1B:44:11:3A:B7", "<mac> <mac>"),
        ("550e8400-e29b-41d4-a716-446655440000", "<uuid>"),
        ("0x1F 0xE0000340 3f2a91c deadbeef decade", "<hex> <hex> <hex> deadbeef decade"),
        ("2015-10-18 18:06:18,045 INFO", "<time> INFO"),
        ("2026-11-22T10:30:05.123456789Z 2026-11-22T10:30+02:00 2026/11/22", "<time> <time> <time>"),
        ("2026-11-22 10:30:05 +0200|2026-11-22 10:3", "<time>|<time> <number>:<number>"),
        ("Sat Jul  9 12:16:49 2005|Dec 10 11:04:43 LabSZ", "<time>|<time> LabSZ"),
        ("[10/Oct/2000:13:55:36 -0700] 17/06/09 20:10:58 [21:27:07.761]", "[<time>] <time> [<time>]"),
        ("1445144423722_0020_m_000002_0", "<number>_<number>_m_<number>_<number>"),
        ("Größe5 5é", "Größe5 5é"),
    ],
)
def test_values_become_typed_wildcards(line, expected):
    """Values are replaced where nothing continues them; words with digits stay."""
    assert text_of((masked(line.encode()),)) == expected


def test_a_line_cannot_hold_a_wildcard_by_itself():
    """Text that looks like one stays text: no character is written with the bytes of wildcards."""
    for wildcard in MASKS:
        with pytest.raises(UnicodeDecodeError):
            bytes((wildcard,)).decode()
    assert masked(b"<number> <*>") == b"<number> <*>"


@given(line=odd_texts)
def test_the_expression_of_a_wildcard_matches_what_it_stands_for(line):
    """So a line is found by the expression made of its masked text."""
    wildcard = re.compile(b"[%c-%c]" % (min(MASKS), max(MASKS)))
    text = masked(line.encode())
    expressions = [MASKS[found[0][0]].regex for found in wildcard.finditer(text)]
    plain = [re.escape(piece.decode()) for piece in wildcard.split(text)]
    pattern = plain[0] + "".join(regex + rest for regex, rest in zip(expressions, plain[1:], strict=True))
    assert re.fullmatch(pattern, line)
    assert WILD not in text
