"""JSON becomes Message-mode msgpack: the plain twin of `json_transcode.pyx`, which gives the same bytes.

What it reads:

* Values following each other, with or without white space between, and arrays, whose elements are events. A byte order
  mark at the start is skipped.
* Values are strict RFC 8259: no NaN, no comments, no trailing commas, no raw control characters in strings. Bytes in
  strings need not be UTF-8, and lone surrogates may be escaped: they go on as they are, and the decoder does with them
  what it does with invalid bytes of any sender.

What it writes for each value is a message `[tag, time, record]`, or nil where there is no event. Members stay in their
order, also those whose keys come twice. Integers of 64 bits are exact, all other numbers are floats.

The text under the key `tag` is the event's tag and the first of the time keys that holds a time its time (of a key that
comes twice, the last); neither is a member of the record then.

After what is no JSON, reading goes on at the first line that begins after the value did. So a bad line costs one event,
and a value that ends too early does not take the next line with it. What nests too deep is skipped whole, if its
brackets balance. Time is bounded: no line is read in vain by more values than may nest in each other, and brackets are
not balanced again after an attempt that failed.
"""

from __future__ import annotations

import re
import struct
from enum import Enum
from typing import Final, NamedTuple

import msgpack

from ingest.decode.rejects import MOST_REJECTED, Reject
from ingest.decode.text_time import read_time
from ingest.decode.transcoded import NIL, ROW_BYTES, Transcoded, container_head, packed_time, text_head

_SPACE: Final = re.compile(rb"[ \t\n\r]*")
_BLANK_REST: Final = re.compile(rb"[ \t\r]*(?:\n|\Z)")
_NUMBER: Final = re.compile(rb"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_UNESCAPED: Final = re.compile(rb'[^"\\\x00-\x1f]*')
_FOUR_HEX: Final = re.compile(rb"[0-9A-Fa-f]{4}")
_BRACKET: Final = re.compile(rb'[\[{\]}"]')
_LITERALS: Final = {0x74: (b"true", b"\xc3"), 0x66: (b"false", b"\xc2"), 0x6E: (b"null", NIL)}
_ESCAPES: Final = dict(zip(b'"\\/bfnrt', (b'"', b"\\", b"/", b"\b", b"\f", b"\n", b"\r", b"\t"), strict=True))
_QUOTE, _BACKSLASH, _COLON, _COMMA, _MINUS, _U = b'"\\:,-u'
_OPEN_OBJECT, _CLOSE_OBJECT, _OPEN_ARRAY, _CLOSE_ARRAY = b"{}[]"
_HIGH_SURROGATES, _LOW_SURROGATES = range(0xD800, 0xDC00), range(0xDC00, 0xE000)
_DOUBLE = struct.Struct(">Bd")
_TAG = b"tag"


class _Failure(Enum):
    SYNTAX = 1
    END = 2
    DEPTH = 3


class _FailedError(Exception):
    def __init__(self, failure: _Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class _Form(Enum):
    """What a value is, as far as tag and time care."""

    TEXT = 1
    NUMBER = 2
    NULL = 3
    OTHER = 4


class _Value(NamedTuple):
    """A value: as msgpack, where it ends, its form, and its text if it is a text or a number."""

    packed: bytes
    end: int
    form: _Form = _Form.OTHER
    text: bytes = b""


class _Expects(Enum):
    """What may come next in an array."""

    VALUE = 1
    VALUE_OR_END = 2
    COMMA_OR_END = 3
    ANYTHING = 4


def transcode(
    data: bytes, tag: bytes, time_keys: tuple[bytes, ...], received_ns: int, max_depth: int, most_copied: int
) -> Transcoded:
    """Makes messages of JSON; never raises for any bytes.

    Args:
        data: the JSON.
        tag: of events that name none.
        time_keys: the first of these top-level keys whose value is a time gives the time.
        received_ns: the time of events that have none. (Not left to the decoder, whose fast path wants a time.)
        max_depth: objects and arrays within each other, at least 1.
        most_copied: bytes that all events together may take for their tags, counted once for each with 32 more; what
            comes after is rejected.
    """
    transcoder = _Transcoder(data, tag, max_depth, most_copied)
    transcoder.read_all(time_keys, packed_time(received_ns))
    return Transcoded(
        b"".join(transcoder.out),
        transcoder.rejected,
        transcoder.gaps,
        transcoder.missing_times,
        transcoder.unreadable_times,
        transcoder.rounded_integers,
    )


class _Transcoder:
    """Reads one body from its start to its end."""

    def __init__(self, data: bytes, tag: bytes, max_depth: int, most_copied: int) -> None:
        self.out: list[bytes] = []
        self.rejected: list[tuple[int, int]] = []
        self.gaps: list[int] = []
        self.missing_times = self.unreadable_times = 0
        self.rounded_integers = 0
        self._reader = _Reader(data)
        self._data = data
        self._tag = text_head(len(tag)) + tag
        self._max_depth = max_depth
        self._events_left = most_copied // (ROW_BYTES + len(tag))
        self._index = self._size = 0
        self._may_balance = True
        self._in_array = False
        self._expects = _Expects.VALUE_OR_END

    def read_all(self, time_keys: tuple[bytes, ...], received: bytes) -> None:
        """Reads to the end, or until it is of no use to go on."""
        self._time_keys, self._received = time_keys, received
        pos = 3 if self._data.startswith(b"\xef\xbb\xbf") else 0
        while len(self.rejected) <= MOST_REJECTED:
            pos = self._reader.skip_space(pos)
            if pos == len(self._data):
                if self._in_array:
                    self._reject(Reject.TRUNCATED)
                return
            if self._events_left <= 0:
                self._reject(Reject.TOO_MUCH_COPIED)
                return
            start = pos
            try:
                pos = self._in_list(start) if self._in_array else self._outside(start)
            except _FailedError as error:
                pos = self._recover(start, error.failure)

    def _outside(self, pos: int) -> int:
        """Reads what stands at `pos`, outside of an array; where to go on."""
        data = self._data
        if data[pos] == _OPEN_ARRAY:
            self._in_array, self._expects = True, _Expects.VALUE_OR_END
            return pos + 1
        if data[pos] == _OPEN_OBJECT:
            return self._event(pos)
        end = self._reader.value(pos, self._max_depth).end
        self._reject(Reject.NOT_JSON if _BLANK_REST.match(data, end) is None else Reject.NOT_AN_OBJECT)
        return self._next_line(end)

    def _in_list(self, pos: int) -> int:
        """Reads what stands at `pos`, in an array; where to go on."""
        expects, byte = self._expects, self._data[pos]
        if byte == _CLOSE_ARRAY:
            self._in_array = False
            if expects is _Expects.VALUE:
                self._reject(Reject.NOT_JSON)
            return pos + 1
        if expects in (_Expects.COMMA_OR_END, _Expects.ANYTHING) and byte == _COMMA:
            self._expects = _Expects.VALUE
            return pos + 1
        if expects is _Expects.COMMA_OR_END:
            raise _FailedError(_Failure.SYNTAX)
        if byte == _OPEN_OBJECT:
            end = self._event(pos)
        else:
            end = self._reader.value(pos, self._max_depth).end
            self._reject(Reject.NOT_AN_OBJECT)
        self._expects = _Expects.COMMA_OR_END
        return end

    def _recover(self, start: int, failure: _Failure) -> int:
        """Rejects the value that began at `start` and failed; where to go on."""
        newline = self._data.find(b"\n", start)
        if failure is _Failure.DEPTH:
            self._reject(Reject.TOO_DEEP)
            end = self._balance(start) if self._may_balance else -1
            if end >= 0:
                self._expects = _Expects.COMMA_OR_END
                return end
            self._may_balance = False
        elif newline >= 0:
            self._reject(Reject.NOT_JSON)
        elif failure is _Failure.END:
            self._reject(Reject.TRUNCATED)
        else:
            self._reject(Reject.UNREADABLE_REST if self._in_array else Reject.NOT_JSON)
        self._expects = _Expects.ANYTHING
        self._in_array &= newline >= 0
        return newline + 1 if newline >= 0 else len(self._data)

    def _balance(self, pos: int) -> int:
        """Where the brackets that open at `pos` are all closed, whatever stands between them; -1 if they never are."""
        depth = 0
        while (found := _BRACKET.search(self._data, pos)) is not None:
            pos = found.end()
            if found[0] in b"[{":
                depth += 1
            elif found[0] in b"]}":
                depth -= 1
                if depth == 0:
                    return pos
            else:
                pos = self._reader.skip_string(pos)
                if pos < 0:
                    break
        return -1

    def _next_line(self, pos: int) -> int:
        newline = self._data.find(b"\n", pos)
        return newline + 1 if newline >= 0 else len(self._data)

    def _reject(self, reject: Reject) -> None:
        self.rejected.append((self._index, int(reject)))
        self.gaps.append(self._size)
        self._write(NIL)

    def _write(self, message: bytes) -> None:
        self.out.append(message)
        self._size += len(message)
        self._index += 1

    def _event(self, pos: int) -> int:
        """Reads the object at `pos`; where it ends."""
        self._reader.rounded_integers = 0
        members, end = self._reader.members(pos, self._max_depth)
        last = {key: place for place, (key, _) in enumerate(members)}
        tag, time, gone = self._tag, self._received, set()
        found = next((one for key in self._time_keys if (one := _time_of(last.get(key), members)) is not None), None)
        if found is not None:
            gone.add(found[0])
            time = packed_time(found[1])
        elif any(key in last and members[last[key]][1].form is not _Form.NULL for key in self._time_keys):
            self.unreadable_times += 1
        else:
            self.missing_times += 1
        place = last.get(_TAG)
        if place is not None and place not in gone and members[place][1].form is _Form.TEXT:
            gone.add(place)
            tag = members[place][1].packed
        kept = [text_head(len(k)) + k + value.packed for at, (k, value) in enumerate(members) if at not in gone]
        self._write(b"".join((b"\x93", tag, time, container_head(len(kept), 0x80, 0xDE), *kept)))
        self.rounded_integers += self._reader.rounded_integers
        self._events_left -= 1
        return end


def _time_of(place: int | None, members: list[tuple[bytes, _Value]]) -> tuple[int, int] | None:
    """The place and the time of a member, if it holds a time."""
    if place is None or members[place][1].form not in (_Form.TEXT, _Form.NUMBER):
        return None
    ns = read_time(members[place][1].text)
    return None if ns is None else (place, ns)


class _Reader:
    """Reads values. Every method raises `_FailedError` where there is none."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.rounded_integers = 0

    def skip_space(self, pos: int) -> int:
        found = _SPACE.match(self._data, pos)
        return pos if found is None else found.end()

    def skip_string(self, pos: int) -> int:
        """Where the string ends whose content starts at `pos`, its escapes not looked at; -1 if it does not."""
        data = self._data
        while True:
            found = _UNESCAPED.match(data, pos)
            pos = pos if found is None else found.end()
            if pos >= len(data) or data[pos] not in b'"\\':
                return -1
            if data[pos] == _QUOTE:
                return pos + 1
            pos += 2

    def value(self, pos: int, room: int) -> _Value:
        """The value at `pos`, in which `room` objects and arrays may be within each other."""
        byte = self._byte(pos)
        if byte == _QUOTE:
            text, end = self._string(pos + 1)
            return _Value(text_head(len(text)) + text, end, _Form.TEXT, text)
        if byte == _OPEN_OBJECT:
            members, end = self.members(pos, room)
            packed = b"".join([text_head(len(key)) + key + value.packed for key, value in members])
            return _Value(container_head(len(members), 0x80, 0xDE) + packed, end)
        if byte == _OPEN_ARRAY:
            return self._array(pos, room)
        if byte in _LITERALS:
            return self._literal(pos, *_LITERALS[byte])
        return self._number(pos)

    def members(self, pos: int, room: int) -> tuple[list[tuple[bytes, _Value]], int]:
        """The members of the object at `pos`, and where it ends."""
        if room <= 0:
            raise _FailedError(_Failure.DEPTH)
        members: list[tuple[bytes, _Value]] = []
        pos = self.skip_space(pos + 1)
        if self._byte(pos) == _CLOSE_OBJECT:
            return members, pos + 1
        while True:
            self._require(pos, _QUOTE)
            key, pos = self._string(pos + 1)
            pos = self.skip_space(pos)
            self._require(pos, _COLON)
            value = self.value(self.skip_space(pos + 1), room - 1)
            members.append((key, value))
            pos = self.skip_space(value.end)
            if self._byte(pos) == _CLOSE_OBJECT:
                return members, pos + 1
            self._require(pos, _COMMA)
            pos = self.skip_space(pos + 1)

    def _array(self, pos: int, room: int) -> _Value:
        if room <= 0:
            raise _FailedError(_Failure.DEPTH)
        items: list[bytes] = []
        pos = self.skip_space(pos + 1)
        if self._byte(pos) == _CLOSE_ARRAY:
            return _Value(b"\x90", pos + 1)
        while True:
            value = self.value(pos, room - 1)
            items.append(value.packed)
            pos = self.skip_space(value.end)
            if self._byte(pos) == _CLOSE_ARRAY:
                return _Value(container_head(len(items), 0x90, 0xDC) + b"".join(items), pos + 1)
            self._require(pos, _COMMA)
            pos = self.skip_space(pos + 1)

    def _literal(self, pos: int, word: bytes, packed: bytes) -> _Value:
        end = pos + len(word)
        if end > len(self._data):
            raise _FailedError(_Failure.END)
        if self._data[pos:end] != word:
            raise _FailedError(_Failure.SYNTAX)
        return _Value(packed, end, _Form.NULL if packed == NIL else _Form.OTHER)

    def _number(self, pos: int) -> _Value:
        found = _NUMBER.match(self._data, pos)
        if found is None:
            is_cut = self._data[pos] == _MINUS and pos + 1 == len(self._data)
            raise _FailedError(_Failure.END if is_cut else _Failure.SYNTAX)
        text, end = found[0], found.end()
        if found[1] or found[2] or not _fits(text):
            self.rounded_integers += not (found[1] or found[2])
            return _Value(_DOUBLE.pack(0xCB, float(text)), end, _Form.NUMBER, text)
        return _Value(msgpack.packb(int(text)), end, _Form.NUMBER, text)

    def _string(self, pos: int) -> tuple[bytes, int]:
        """The bytes of the string whose content starts at `pos`, and where it ends."""
        data, pieces = self._data, []
        while True:
            found = _UNESCAPED.match(data, pos)
            if found is not None:
                pieces.append(found[0])
                pos = found.end()
            byte = self._byte(pos)
            if byte == _QUOTE:
                return b"".join(pieces), pos + 1
            if byte != _BACKSLASH:
                raise _FailedError(_Failure.SYNTAX)
            byte = self._byte(pos + 1)
            if byte == _U:
                char, pos = self._unicode(pos + 2)
            elif byte in _ESCAPES:
                char, pos = _ESCAPES[byte], pos + 2
            else:
                raise _FailedError(_Failure.SYNTAX)
            pieces.append(char)

    def _unicode(self, pos: int) -> tuple[bytes, int]:
        r"""The bytes of the escape whose digits start at `pos`, two escapes of a pair taken together; its end."""
        code = self._four_hex(pos)
        pos += 4
        if code in _HIGH_SURROGATES and self._data[pos : pos + 2] == rb"\u":
            low = _FOUR_HEX.match(self._data, pos + 2)
            if low is not None and int(low[0], 16) in _LOW_SURROGATES:
                code = 0x10000 + ((code - _HIGH_SURROGATES.start) << 10) + int(low[0], 16) - _LOW_SURROGATES.start
                pos += 6
        return chr(code).encode("utf-8", "surrogatepass"), pos

    def _four_hex(self, pos: int) -> int:
        if pos + 4 > len(self._data):
            raise _FailedError(_Failure.END)
        found = _FOUR_HEX.match(self._data, pos)
        if found is None:
            raise _FailedError(_Failure.SYNTAX)
        return int(found[0], 16)

    def _byte(self, pos: int) -> int:
        if pos >= len(self._data):
            raise _FailedError(_Failure.END)
        return self._data[pos]

    def _require(self, pos: int, byte: int) -> None:
        if self._byte(pos) != byte:
            raise _FailedError(_Failure.SYNTAX)


_MOST_DIGITS = 20


def _fits(digits: bytes) -> bool:
    """Whether an integer fits into 64 bits, with or without sign."""
    # Not before its length is known: Python takes the square of their number for digits.
    return len(digits) <= _MOST_DIGITS and -(2**63) <= int(digits) < 2**64
