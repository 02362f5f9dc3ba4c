"""Why a value of a body is no event: the codes that transcoders tell, and their reasons."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from ingest.decode.reasons import (
    BAD_MSGPACK,
    NOT_A_RECORD,
    NOT_AN_OBJECT,
    NOT_JSON,
    TOO_DEEP,
    TOO_MUCH_COPIED,
    TRUNCATED,
    UNREADABLE_REST,
)

MOST_REJECTED: Final = 65_536
"""As many as are told of one chunk; one more stands for the rest, which is not read."""


class Reject(IntEnum):
    """What is wrong with a value."""

    NOT_JSON = 1
    NOT_AN_OBJECT = 2
    TOO_DEEP = 3
    TRUNCATED = 4
    UNREADABLE_REST = 5
    TOO_MUCH_COPIED = 6
    NOT_MSGPACK = 7
    NOT_A_RECORD = 8


REASONS: Final[dict[int, str]] = {
    Reject.NOT_JSON: NOT_JSON,
    Reject.NOT_AN_OBJECT: NOT_AN_OBJECT,
    Reject.TOO_DEEP: TOO_DEEP,
    Reject.TRUNCATED: TRUNCATED,
    Reject.UNREADABLE_REST: UNREADABLE_REST,
    Reject.TOO_MUCH_COPIED: TOO_MUCH_COPIED,
    Reject.NOT_MSGPACK: BAD_MSGPACK,
    Reject.NOT_A_RECORD: NOT_A_RECORD,
}
