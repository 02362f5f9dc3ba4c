"""msgpack records become Message-mode msgpack: what programs post that have msgpack and not the forward protocol.

Every value is an event: a map, an entry `[time, record]` or `[[time, metadata], record]` of the forward protocol, or an
array of such. A map names its own time and tag as an object of JSON does; an entry has its time. Only keys, tags and
times are looked at: all else is copied as it stands, and what is wrong with it is found by the decoder.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from msgpack import Timestamp

from ingest.decode.event_time import event_time
from ingest.decode.reasons import TRUNCATED, RejectedError
from ingest.decode.rejects import MOST_REJECTED, Reject
from ingest.decode.scan import find_end, read_head, scan_values
from ingest.decode.text_time import read_time
from ingest.decode.transcoded import NIL, ROW_BYTES, Transcoded, container_head, packed_time, text_head
from ingest.decode.values import Ext
from logstore.model.timespan import NS_PER_SECOND

_PAIR = 2
_METADATA = b"\x81\xa8metadata"
_TAG = b"tag"


class _Member(NamedTuple):
    """A member of a map: where its key and its value start, and where it ends."""

    start: int
    value: int
    end: int


def transcode_records(
    data: bytes, tag: bytes, time_keys: tuple[bytes, ...], received_ns: int, max_depth: int, most_copied: int
) -> Transcoded:
    """Makes messages of msgpack records; never raises for any bytes. The arguments are those of `json_plain.transcode`.

    Depth is left to the decoder.
    """
    del max_depth
    writer = _Writer(data, text_head(len(tag)) + tag, time_keys, packed_time(received_ns))
    out: list[bytes] = []
    rejected: list[tuple[int, int]] = []
    gaps: list[int] = []
    size = 0
    most_events = most_copied // (ROW_BYTES + len(tag))
    for index, found in enumerate(_events(data)):
        is_full = index - len(rejected) >= most_events
        made = Reject.TOO_MUCH_COPIED if is_full else found if isinstance(found, Reject) else writer.message(*found)
        out.append(made if isinstance(made, bytes) else NIL)
        size += len(out[-1])
        if isinstance(made, bytes):
            continue
        gaps.append(size - len(NIL))
        rejected.append((index, int(made)))
        if is_full or len(rejected) > MOST_REJECTED:
            break
    return Transcoded(b"".join(out), rejected, gaps, writer.missing_times, writer.unreadable_times)


def _events(data: bytes) -> Iterator[tuple[int, int] | Reject]:
    """Start and end of every event; last a `Reject` when the bytes end within a value or are no msgpack."""
    pos = left = 0
    try:
        while pos < len(data):
            end = find_end(data, pos)
            head, count, body = read_head(data, pos)
            if head.form == "array" and not left and not _is_entry(data, body, count):
                # Its elements follow one by one.
                pos, left = body, count
            else:
                yield pos, end
                pos, left = end, max(0, left - 1)
    except RejectedError as error:
        yield Reject.TRUNCATED if error.reason == TRUNCATED else Reject.NOT_MSGPACK


def _is_entry(data: bytes, body: int, count: int) -> bool:
    """Whether an array of `count` members that start at `body` is a time and a map."""
    if count != _PAIR:
        return False
    return read_head(data, body)[0].form != "map" and read_head(data, find_end(data, body))[0].form == "map"


class _Writer:
    """Makes a message of each event."""

    def __init__(self, data: bytes, tag: bytes, time_keys: tuple[bytes, ...], received: bytes) -> None:
        self.missing_times = self.unreadable_times = 0
        self._data = data
        self._tag = tag
        self._time_keys = time_keys
        self._received = received
        # By every form that the keys of interest may have in msgpack.
        self._names = {form + key: key for key in (*time_keys, _TAG) for form in _text_heads(len(key))}

    def message(self, start: int, end: int) -> bytes | Reject:
        """The message of the value that lies there."""
        head, count, body = read_head(self._data, start)
        if head.form == "map":
            return self._of_map(body, count)
        if head.form == "array" and _is_entry(self._data, body, count):
            return self._of_entry(body, end)
        return Reject.NOT_A_RECORD

    def _of_entry(self, body: int, end: int) -> bytes:
        data = self._data
        record = find_end(data, body)
        head, count, inner = read_head(data, body)
        if head.form != "array" or count != _PAIR:
            return b"".join((b"\x93", self._tag, data[body:end]))
        metadata = find_end(data, inner)
        option = _METADATA + data[metadata:record]
        return b"".join((b"\x94", self._tag, data[inner:metadata], data[record:end], option))

    def _of_map(self, body: int, count: int) -> bytes:
        data = self._data
        members, last = self._members(body, count)
        tag, time, gone = self._tag, self._received, set()
        found = next((one for key in self._time_keys if (one := self._time_of(last.get(key))) is not None), None)
        if found is not None:
            gone.add(found[0])
            time = packed_time(found[1])
        elif any(key in last and data[last[key].value] != NIL[0] for key in self._time_keys):
            self.unreadable_times += 1
        else:
            self.missing_times += 1
        member = last.get(_TAG)
        if member is not None and member not in gone and isinstance(self._scalar(member), str | bytes):
            gone.add(member)
            tag = data[member.value : member.end]
        kept = [data[one.start : one.end] for one in members if one not in gone]
        return b"".join((b"\x93", tag, time, container_head(len(kept), 0x80, 0xDE), *kept))

    def _members(self, pos: int, count: int) -> tuple[list[_Member], dict[bytes, _Member]]:
        """All members of the map, and the last one under each key of interest."""
        members: list[_Member] = []
        last: dict[bytes, _Member] = {}
        for _ in range(count):
            value = find_end(self._data, pos)
            member = _Member(pos, value, find_end(self._data, value))
            members.append(member)
            name = self._names.get(self._data[pos:value])
            if name is not None:
                last[name] = member
            pos = member.end
        return members, last

    def _scalar(self, member: _Member) -> Any:
        """The member's value, None if it is a map or an array."""
        if read_head(self._data, member.value)[0].form in ("map", "array"):
            return None
        return next(scan_values(self._data[member.value : member.end], 0, 1))

    def _time_of(self, member: _Member | None) -> tuple[_Member, int] | None:
        ns = None if member is None else _ns_of(self._scalar(member))
        return None if member is None or ns is None else (member, ns)


def _text_heads(size: int) -> set[bytes]:
    """The heads that a text or binary of so many bytes may have."""
    wide = {b"\xda" + size.to_bytes(2, "big"), b"\xdb" + size.to_bytes(4, "big"), text_head(size)}
    return wide | {b"\xd9" + size.to_bytes(1, "big"), b"\xc4" + size.to_bytes(1, "big")} if size < 2**8 else wide


def _ns_of(value: Any) -> int | None:
    """The time that a value stands for; None when it is none."""
    if isinstance(value, str):
        return read_time(value.encode("utf-8", "surrogateescape"))
    if isinstance(value, bytes):
        return read_time(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return read_time(repr(value).encode())
    if isinstance(value, Ext | Timestamp):
        try:
            ns, _ = event_time(value, 0)
        except RejectedError:
            return None
        return None if 0 <= ns < NS_PER_SECOND else ns
    return None
