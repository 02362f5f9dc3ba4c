"""Finding the ends of JSON messages, and giving each out as the msgpack message that says the same.

Values follow each other with or without white space. Where the reading stands within a value (how deep, in a string or
not) is kept, so the whole is linear in the bytes, however they are cut; only a whole value is parsed.
"""

from __future__ import annotations

import re
from typing import Final

from ingest.forward import wire
from ingest.forward.framing import Frame
from ingest.forward.json_messages import transcode
from ingest.forward.limits import Limits
from ingest.forward.refusal import RefusalError, shown

_SPACE: Final = re.compile(rb"[ \t\r\n]*+")
# All but brackets, with whole strings, and with arrays and objects that hold neither strings nor others: what need not
# be looked at mark by mark. Possessive, here and below: the plain kind would remember each of millions of characters.
_PLAIN: Final = re.compile(
    rb"""(?: [^"\[\]{}]++ | "(?:[^"\\]++|\\.)*+" | \[[^"\[\]{}]*+\] | \{[^"\[\]{}]*+\} )*+""", re.DOTALL | re.VERBOSE
)
_IN_STRING: Final = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_QUOTE: Final = ord('"')
_CLOSED_BY: Final = {ord("["): ord("]"), ord("{"): ord("}")}
_NULL: Final = b"null"
_SHOWN_BYTES: Final = 16


class JsonFramer:
    """Takes JSON text in, gives frames out; `buffer` has the msgpack that they name, until `release`."""

    def __init__(self, limits: Limits) -> None:
        self.buffer = bytearray()
        self._limits = limits
        self._max_bytes = min(limits.max_message_bytes, limits.max_json_bytes)
        self._text = bytearray()
        self._start = 0  # of the value being read
        self._at = 0  # how far it was looked at
        self._open = bytearray()  # the closing marks that are missing, the innermost last
        self._is_in_string = False

    @property
    def unread_bytes(self) -> int:
        """Bytes of messages that were not given out yet."""
        return len(self._text) - self._start

    def receive(self, data: bytes) -> None:
        """Adds bytes to the stream."""
        self._text += data

    def room(self) -> None:
        """Bytes are looked at as they come."""
        return

    def written(self, size: int) -> None:
        """Does not happen."""

    def next_frame(self) -> Frame | None:
        """The next whole message, or None when its end is not there yet.

        Raises:
            RefusalError: the stream cannot be read on. The framer must not be used again.
        """
        if not self._open and not self._find_start():
            return None
        if self._open and not self._find_end():
            self._check_size(self.unread_bytes)
            return None
        self._check_size(self._at - self._start)
        text = wire.copy(self._text, self._start, self._at)
        self._start = self._at
        return self._give(text)

    def release(self) -> None:
        """Forgets all messages given out so far; the places that their frames name are no longer valid."""
        self.buffer.clear()
        del self._text[: self._start]
        self._at -= self._start
        self._start = 0

    def _find_start(self) -> bool:
        """Goes to where the next value begins, and over it if it is a null; False while more bytes must say."""
        self._start = self._at = _end_of(_SPACE, self._text, self._start)
        head = wire.copy(self._text, self._start, self._start + _SHOWN_BYTES)
        if head[:1] == b"[":
            self._open += b"]"
            self._at += 1
            return True
        if head.startswith(_NULL):
            self._at = self._start + len(_NULL)
            return True
        if head and not _NULL.startswith(head):
            raise RefusalError("message is not an array" if head[:1] == b"{" else "broken JSON", shown(head))
        return False

    def _find_end(self) -> bool:
        """Goes on through the value to its end; False when the bytes run out before."""
        text = self._text
        while self._open and self._at < len(text):
            if self._is_in_string and not self._leave_string():
                return False
            self._at = _end_of(_PLAIN, text, self._at)
            if self._at < len(text):
                self._at += 1
                self._take(text[self._at - 1])
        return not self._open

    def _leave_string(self) -> bool:
        """Goes to the end of the string; if that is not there, to the end of the bytes or a cut escape, and False."""
        self._at = _end_of(_IN_STRING, self._text, self._at)
        if self._at >= len(self._text) or self._text[self._at] != _QUOTE:
            return False
        self._at += 1
        self._is_in_string = False
        return True

    def _take(self, mark: int) -> None:
        if mark == _QUOTE:
            self._is_in_string = True
        elif mark not in _CLOSED_BY:
            if self._open.pop() != mark:
                raise RefusalError("broken JSON", "brackets do not match")
        elif len(self._open) < self._limits.max_json_depth:
            self._open.append(_CLOSED_BY[mark])
        else:
            raise RefusalError("message is nested too deeply")

    def _give(self, text: bytes) -> Frame:
        start = len(self.buffer)
        if text == _NULL:
            self.buffer.append(wire.NIL)
            return Frame(start, start + 1, [])
        header, elements = transcode(text, self._limits.max_elements)
        self.buffer += header
        cuts = [len(self.buffer)]
        for element in elements:
            self.buffer += element
            cuts.append(len(self.buffer))
        return Frame(start, cuts[-1], cuts)

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise RefusalError("message is too large", f"over {self._max_bytes} bytes")


def _end_of(pattern: re.Pattern[bytes], text: bytearray, at: int) -> int:
    """Where a pattern that matches anywhere ends."""
    match = pattern.match(text, at)
    return at if match is None else match.end()
