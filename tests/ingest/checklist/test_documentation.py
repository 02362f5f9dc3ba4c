"""What docs/forward-protocol.md says is tested here, point by point."""

import re
from pathlib import Path

CHECKLIST = Path(__file__).parent
DOCUMENTATION = CHECKLIST.parents[2] / "docs" / "forward-protocol.md"
ELSEWHERE = ("8", "9", "10")
"""Handshake, TLS and Unix sockets are tested beside their modules."""


def test_every_point_has_a_test_and_every_test_a_point():
    """By their numbers."""
    told = set(re.findall(r"^\| (\d+\.\d+) \|", DOCUMENTATION.read_text(), re.MULTILINE))
    tests = "".join(path.read_text() for path in CHECKLIST.glob("test_[01]*.py"))
    tested = {
        f"{section}.{point}" for section, point in re.findall(r"^(?:async )?def test_(\d+)_(\d+)_", tests, re.MULTILINE)
    }
    told = {point for point in told if point.split(".")[0] not in ELSEWHERE}
    tested = {point for point in tested if point.split(".")[0] not in ELSEWHERE}
    assert told == tested


def test_every_row_is_whole():
    """Five cells each."""
    rows = [line for line in DOCUMENTATION.read_text().splitlines() if re.match(r"\| \d", line)]
    assert rows
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}
