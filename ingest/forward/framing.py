"""Finding where messages and their elements begin and end, without building any object from them.

The work is done by msgpack's C unpacker, which skips a value and, when the bytes run out in the middle, goes on from
there once fed more. So the whole is linear in the bytes, however they are cut, and claimed lengths allocate nothing.
Every wait for more bytes is bounded: by the bytes that are there, and by the size that the headers read so far claim.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from msgpack import OutOfData, StackError, Unpacker

from ingest.forward import wire
from ingest.forward.bulk import Bulk, gather
from ingest.forward.limits import Limits
from ingest.forward.opening import SIGNATURE_BYTES, diagnose
from ingest.forward.refusal import RefusalError, shown

# Fed at a time. It is also what the unpacker may hold beyond one message, so it bounds its memory.
_FEED_BYTES: Final = 1 << 20
# What an unpacker's buffer starts from; left to itself it would take a megabyte for each connection.
_FIRST_BUFFER_BYTES: Final = 1 << 14
# The unpacker's own buffer never shrinks: after a message above this size it is replaced.
_KEEP_UNPACKER_BYTES: Final = 1 << 20
# The element that may be a text of many megabytes, counted as `Frame.cuts` grows, and from where on it is leapt over.
_BODY: Final = 2
_BULK_BYTES: Final = 1 << 14
# Room for the header of a text value, beside the limit on its content.
_TEXT_HEADER_BYTES: Final = 5


class Frame(NamedTuple):
    """Where one whole message lies in the framer's buffer.

    Attributes:
        start, end: the message.
        cuts: start of each element of the outer array, then the end of the last; empty when the message is nil.
        bulk: content of the second element when that is a large text which came in pieces. It does not lie in the
            buffer then, only its header does: places count as if it were empty.
    """

    start: int
    end: int
    cuts: list[int]
    bulk: bytes | None = None


class Framer:
    """Takes bytes in, gives frames out. `buffer` may be read between calls, at the places that frames name."""

    def __init__(self, limits: Limits) -> None:
        self.buffer = bytearray()
        self._limits = limits
        self._unpacker: Unpacker | None = None
        self._origin = 0  # where in the buffer the unpacker's offset 0 lies; negative once that was released
        self._fed = 0  # the unpacker has the buffer up to here
        self._start = 0  # of the message being read
        self._count = 0  # its elements
        self._cuts: list[int] = []  # see Frame; empty before the outer array's header is read
        self._gathered: Bulk | None = None  # the large text that is being received, until its frame is given out

    @property
    def unread_bytes(self) -> int:
        """Bytes of messages that were not given out yet."""
        gathered = 0 if self._gathered is None else self._gathered.size
        return len(self.buffer) - self._start + gathered

    def receive(self, data: bytes) -> None:
        """Adds bytes to the stream."""
        gathered = self._gathered
        if gathered is None or not gathered.missing:
            self.buffer += data
        elif len(data) <= gathered.missing:
            gathered.add(data)
        else:
            rest = memoryview(data)
            self.buffer += rest[gathered.missing :]
            gathered.add(rest[: gathered.missing])

    def room(self) -> memoryview | None:
        """Where the next bytes may be written, instead of `receive`, to be told by `written`; None when nowhere."""
        gathered = self._gathered
        return None if gathered is None or not gathered.missing else gathered.room()

    def written(self, size: int) -> None:
        """So many bytes were written to the start of `room()`."""
        if self._gathered is not None:
            self._gathered.written(size)

    def next_frame(self) -> Frame | None:
        """The next whole message, or None when its end is not there yet.

        Raises:
            RefusalError: the stream cannot be read on. The framer must not be used again.
        """
        if self._gathered is not None and self._gathered.missing:
            return None
        while self.unread_bytes and (self._cuts or self._can_start()):
            try:
                return self._scan()
            except OutOfData:
                if not self._feed():
                    self._check_unfinished()
                    return None
            except StackError:
                raise RefusalError("message is nested too deeply") from None
            except ValueError:
                raise RefusalError("broken msgpack") from None
        return None

    def release(self) -> None:
        """Forgets all messages given out so far; the places that their frames name are no longer valid."""
        done = self._start
        if done:
            del self.buffer[:done]
            self._origin -= done
            self._fed -= done
            self._start = 0
            self._cuts = [cut - done for cut in self._cuts]
        if not self.buffer:
            # It weighs 40 KiB, is made within a microsecond, and most connections are idle most of the time.
            self._unpacker = None

    def _can_start(self) -> bool:
        """Whether a message starts here; False while too few bytes are there to say what starts here instead."""
        lead = self.buffer[self._start]
        if lead == wire.NIL or wire.KINDS[lead] == wire.ARRAY:
            return True
        head = wire.copy(self.buffer, self._start, self._start + SIGNATURE_BYTES)
        reason = diagnose(head)
        if reason is not None:
            raise RefusalError(reason, f"starts with {shown(head)}")
        return False

    def _scan(self) -> Frame:
        """Goes on through the current message to its end; `OutOfData` leaves all as it was, to be called again."""
        cuts = self._cuts
        if not cuts:
            unpacker = self._unpacker or self._renew(self._start)
            if self.buffer[self._start] == wire.NIL:
                unpacker.skip()
                return self._finish(self._start + 1)
            self._count = self._checked_count(unpacker.read_array_header())
            cuts.append(unpacker.tell() + self._origin)
        while len(cuts) <= self._count:
            if len(cuts) == _BODY and (end := self._end_of_bulk(cuts[-1])):
                cuts.append(end)
                continue
            unpacker = self._unpacker or self._renew(cuts[-1])
            unpacker.skip()
            cuts.append(unpacker.tell() + self._origin)
        return self._finish(cuts[-1])

    def _end_of_bulk(self, start: int) -> int:
        """End of the value at `start` if it is a large text; 0 for other values.

        Such a text needs no looking into, so the unpacker is not made to hold a second copy of it. One whose end has
        not come is gathered beside the buffer, where only its header stays.
        """
        if self._gathered is not None:
            return start + wire.header_size(self.buffer[start])
        if start >= len(self.buffer) or wire.KINDS[self.buffer[start]] != wire.TEXT:
            return 0
        end = start + wire.least_size(self.buffer, start)
        if end - start < _BULK_BYTES:
            return 0
        self._unpacker = None
        if end <= len(self.buffer):
            return end
        content = start + wire.header_size(self.buffer[start])
        self._gathered = gather(wire.copy(self.buffer, content, len(self.buffer)), end - len(self.buffer))
        del self.buffer[content:]
        raise OutOfData

    def _finish(self, end: int) -> Frame:
        bulk = None if self._gathered is None else self._gathered.whole()
        frame = Frame(self._start, end, self._cuts, bulk)
        size = end - self._start + len(bulk or b"")
        self._check_size(size)
        self._gathered = None
        self._start, self._cuts = end, []
        if size > _KEEP_UNPACKER_BYTES:
            self._unpacker = None
        return frame

    def _renew(self, start: int) -> Unpacker:
        """An unpacker that will be fed from `start` on."""
        self._unpacker = Unpacker(
            read_size=_FIRST_BUFFER_BYTES, max_buffer_size=self._limits.max_message_bytes + 2 * _FEED_BYTES
        )
        self._origin = self._fed = start
        return self._unpacker

    def _feed(self) -> bool:
        """Gives the unpacker more; False when it has everything."""
        if self._fed == len(self.buffer) or self._unpacker is None:
            return False
        end = min(self._fed + _FEED_BYTES, len(self.buffer))
        self._unpacker.feed(memoryview(self.buffer)[self._fed : end])
        self._fed = end
        return True

    def _check_unfinished(self) -> None:
        """Refuses a message at once when what is there of it already says that it breaks a limit."""
        self._check_size(self.unread_bytes)
        if not self._cuts:
            return
        current = self._cuts[-1]
        claimed = wire.least_size(self.buffer, current)
        if len(self._cuts) == 1 and claimed > self._limits.max_tag_bytes + _TEXT_HEADER_BYTES:
            raise RefusalError("tag is too long", f"{claimed} bytes")
        self._check_size(current - self._start + claimed)

    def _check_size(self, size: int) -> None:
        if size > self._limits.max_message_bytes:
            raise RefusalError("message is too large", f"over {self._limits.max_message_bytes} bytes")

    def _checked_count(self, count: int) -> int:
        if count > self._limits.max_elements:
            raise RefusalError("message has too many elements", f"{count} elements")
        return count
