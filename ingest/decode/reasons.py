"""Every reason for which an event, or a whole chunk, is rejected. The phrases are counted, stored and documented."""

from __future__ import annotations

# Of a whole chunk.
COMPRESSION_UNKNOWN = "unknown compression"
COMPRESSED_CORRUPT = "compressed data is corrupt"
COMPRESSED_TRUNCATED = "compressed data is truncated"
COMPRESSED_TOO_LARGE = "decompressed data is too large"
NOT_AN_ENTRY_LIST = "payload is not an array of entries"

# Of the rest of a chunk.
BAD_MSGPACK = "not msgpack (byte c1)"
TRUNCATED = "payload is truncated"
LEFTOVER = "bytes after the last entry"
PAST_BOUND = "more events than announced"
TOO_MANY_REJECTED = "too many bad entries before this one"
TOO_MUCH_COPIED = "tag and group are too large for so many events"

# Of one event.
NOT_AN_ENTRY = "entry is not an array of time and record"
NOT_A_MESSAGE = "message is not an array of tag, time and record"
BAD_TAG = "tag is not text"
BAD_TIME = "time is not understood"
TIME_OUT_OF_RANGE = "time is out of range"
BAD_RECORD = "record is not a map"
TOO_DEEP = "nested too deep"

# Of JSON.
NOT_JSON = "not JSON"
NOT_AN_OBJECT = "not a JSON object"
UNREADABLE_REST = "not JSON, and nothing after it in the array can be read"

# Of msgpack records.
NOT_A_RECORD = "neither a map nor an entry of time and map"


class RejectedError(Exception):
    """Ends the decoding of one event or chunk; never leaves this package."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
