"""What an event must become, told the naive way: one record at a time, one value at a time.

Written from the rules, not from the decoder: no shapes, no plans, no columns. Values are those of
`ingest.decode.values`.
"""

import json
import math
from base64 import b64encode
from collections import Counter
from datetime import UTC, datetime, timedelta

from msgpack import Timestamp

from ingest.decode.values import Ext
from logstore.model.levels import normalize_level
from logstore.model.schema import Kind

RESERVED = ("time", "tag", "message", "level", "_seq", "_more")
MESSAGE_KEYS = ("message", "log", "msg", "MESSAGE", "body")
LEVEL_KEYS = ("level", "severity", "lvl", "log.level")
MAX_DEPTH = 64


class Reference:
    """Turns records into fields, counting what it changes."""

    def __init__(self):
        self.changes = Counter()

    def fields(self, record, metadata=(), group=(), group_metadata=()):
        """The fields of an event, {name: (kind, value)}, or None if it is nested too deep."""
        sources = [((), record), (("metadata",), metadata), ((), group), (("group",), group_metadata)]
        if any(depth(members) > MAX_DEPTH for _, members in sources):
            return None
        leaves = [(path, raw) for prefix, members in sources for path, raw in self.leaves(members, prefix)]
        own = len(list(Reference().leaves(record, ())))
        message = self.message(leaves[:own])
        level, found = self.level(leaves), {}
        for place, (path, raw) in enumerate(leaves):
            name = ".".join(path)
            if place == message:
                found["message"] = self.value(raw)
                continue
            if place < own and path == ("level",) and says_no_more(raw, level):
                continue
            field = free(f"record.{name}" if name in RESERVED else name, found)
            self.changes["field renamed, name taken"] += field not in (name, f"record.{name}")
            found[field] = self.value(raw)
        if level is not None:
            found["level"] = Kind.TEXT, level
        return found

    def leaves(self, members, path):
        """(path, value) of everything that is no map with members, nulls left out."""
        for key, raw in self.unique(members).items():
            if type(raw) is tuple and raw:
                yield from self.leaves(raw, (*path, key))
            elif raw is None:
                self.changes["null dropped"] += 1
            else:
                yield (*path, key), raw

    def unique(self, members):
        """A map as a dict by the text of its keys."""
        found = {}
        for key, raw in members:
            name = self.key(key)
            self.changes["duplicate key, last kept"] += name in found
            found[name] = raw
        return found

    def key(self, key):
        """The text of a key."""
        if isinstance(key, (str, bytes)):
            return self.value(key)[1]
        self.changes["key made text"] += 1
        plain = self.plain(key)
        return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    def message(leaves):
        """The number of the leaf that becomes the message."""
        for wanted in MESSAGE_KEYS:
            for place, (path, raw) in enumerate(leaves):
                if path == (wanted,) and isinstance(raw, (str, bytes)):
                    return place
        return None

    @staticmethod
    def level(leaves):
        """The level of an event."""
        for wanted in LEVEL_KEYS:
            for path, raw in leaves:
                level = level_of(raw) if ".".join(path) == wanted else None
                if level:
                    return level
        return None

    def value(self, raw):
        """Kind and value of a leaf."""
        match raw:
            case bool():
                return Kind.BOOL, raw
            case int():
                return (Kind.INT if raw < 2**63 else Kind.UINT), raw
            case float():
                self.changes["number not finite"] += not math.isfinite(raw)
                return Kind.FLOAT, raw
            case list() | ():
                return Kind.JSON, json.dumps(self.plain(raw), ensure_ascii=False, separators=(",", ":"))
            case _:
                return Kind.TEXT, self.plain(raw)

    def plain(self, raw):
        """A value as the json library takes it."""
        match raw:
            case str():
                data = raw.encode("utf-8", "surrogateescape")
                text = "".join(escaped(data))
                self.changes["invalid UTF-8 escaped"] += text.encode() != data
                return text
            case bytes():
                return self.bytes(raw)
            case Ext() | Timestamp():
                return self.extension(raw)
            case list():
                return [self.plain(item) for item in raw]
            case tuple():
                return {key: self.plain(item) for key, item in self.unique(raw).items()}
            case float():
                self.changes["number not finite"] += not math.isfinite(raw)
        return raw

    def bytes(self, data):
        """Text, or tagged base64."""
        try:
            return data.decode()
        except UnicodeDecodeError:
            self.changes["bytes as base64"] += 1
            return f"base64:{b64encode(data).decode()}"

    def extension(self, raw):
        """A time, or tagged base64."""
        if isinstance(raw, Timestamp):
            total = raw.seconds * 10**9 + raw.nanoseconds
            code, data = -1, raw.to_bytes()
        else:
            code, data = raw
            total = int.from_bytes(data[:4], "big") * 10**9 + int.from_bytes(data[4:], "big")
        if isinstance(raw, Timestamp) or (code == 0 and len(data) == 8):
            try:
                day = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=total // 10**9)
            except OverflowError:
                pass
            else:
                self.changes["time value as text"] += 1
                return day.replace(tzinfo=None).isoformat() + f".{total % 10**9:09d}Z"
        self.changes["extension value as base64"] += 1
        return f"ext{code}:base64:{b64encode(data).decode()}"


def escaped(data):
    r"""The characters of UTF-8 bytes, others as `\xNN`."""
    while data:
        for length in (1, 2, 3, 4):
            try:
                yield data[:length].decode()
            except UnicodeDecodeError:
                continue
            break
        else:
            length = 1
            yield f"\\x{data[0]:02x}"
        data = data[length:]


def depth(value):
    """How many containers stand within each other, keys included."""
    if type(value) is tuple:
        return 1 + max((depth(item) for pair in value for item in pair), default=0)
    return 1 + max(map(depth, value), default=0) if type(value) is list else 0


def level_of(raw):
    """The level that a value stands for."""
    if isinstance(raw, bytes):
        raw = raw.decode("utf-8", "replace")
    return normalize_level(raw) if isinstance(raw, (str, int)) else None


def says_no_more(raw, level):
    """Whether a record's own level is the level but for (ASCII) case."""
    if isinstance(raw, bytes):
        raw = raw.decode("utf-8", "replace")
    return isinstance(raw, str) and raw.isascii() and raw.lower() == level


def free(name, taken):
    """The name, or the first of `name~2`, `name~3`, ... that is free."""
    numbers = iter(range(2, 10**6))
    field = name
    while field in taken:
        field = f"{name}~{next(numbers)}"
    return field
