"""What can be known of an RE2 expression without running it on data."""

from __future__ import annotations

from query.lang.regexes import group_names


def capture_groups(pattern: str) -> int:
    """How many groups a valid expression captures."""
    return len(group_names(pattern))
