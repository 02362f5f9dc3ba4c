"""Every way in which intake changes a value. The phrases are counted, exported and documented; nothing else changes."""

from __future__ import annotations

from collections import Counter

NULL_DROPPED = "null dropped"
DUPLICATE_KEY = "duplicate key, last kept"
KEY_TO_TEXT = "key made text"
NAME_TAKEN = "field renamed, name taken"
TEXT_ESCAPED = "invalid UTF-8 escaped"
BYTES_TAGGED = "bytes as base64"
EXTENSION_TAGGED = "extension value as base64"
EXTENSION_TIME = "time value as text"
NOT_FINITE = "number not finite"

TAG_REPLACED = "tag with invalid UTF-8"
TIME_MISSING = "time missing, receive time used"
TIME_BEFORE_1970 = "time before 1970"
TIME_CARRIED = "nanoseconds carried over"
TIME_UNREADABLE = "time not understood, receive time used"
INTEGER_ROUNDED = "integer beyond 64 bits made a float"
OPTION_IGNORED = "option ignored, not a map"
METADATA_IGNORED = "metadata ignored, not a map"

Changes = Counter[str]
"""How often each change was made."""
