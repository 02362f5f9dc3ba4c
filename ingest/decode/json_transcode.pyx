# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""JSON becomes Message-mode msgpack, compiled; `json_plain` says what is read and written, and gives the same bytes.

The whole body is read without the GIL; only a number whose nearest double takes more than one division asks Python.

Memory: nothing is read at or past `Reader.end`. All output goes through `room_for`, which makes room before a byte is
written; lengths come from what was read, never from what was claimed. Recursion is bounded by `max_depth`.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memchr, memcmp, memcpy, memmove

from ingest.decode.plain_words cimport plain_words
from ingest.decode.rejects import MOST_REJECTED
from ingest.decode.transcoded import Transcoded

cdef enum:
    # What `rejects.Reject` has.
    NOT_JSON = 1
    NOT_AN_OBJECT = 2
    TOO_DEEP = 3
    TRUNCATED = 4
    UNREADABLE_REST = 5
    TOO_MUCH_COPIED = 6

cdef enum:
    # How reading a value may end.
    OK = 0
    SYNTAX = 1
    END = 2
    DEPTH = 3
    MEMORY = 4

cdef enum:
    # What a value is, as far as tag and time care.
    OTHER = 0
    TEXT = 1
    NUMBER = 2
    NULL_WORD = 3

cdef enum:
    # What may come next in an array.
    VALUE = 1
    VALUE_OR_END = 2
    COMMA_OR_END = 3
    ANYTHING = 4

cdef enum:
    # What an event costs besides its tag; see `copies`.
    ROW_BYTES = 32
    NS_PER_SECOND = 1000000000
    # Digits of a number that 64 bits hold whatever they are, and that a time can need.
    MOST_DIGITS = 19
    FEWEST_TIME_DIGITS = 9
    # Longest form of a time, and of the head of a map.
    TIME_BYTES = 15
    HEAD_BYTES = 5


cdef struct Key:
    # A time key; then what the event at hand has under it: where the member lies in `Out`, and its value.
    const uint8_t *name
    size_t size
    bint is_there
    int form
    size_t start
    size_t end
    size_t text_start   # of TEXT, in `Out`
    const uint8_t *text  # of NUMBER, in the body
    size_t text_size


cdef struct Rejection:
    uint64_t index
    size_t gap  # where its nil is
    int code


cdef struct Out:
    uint8_t *bytes
    size_t size
    size_t room


cdef struct Reader:
    const uint8_t *pos
    const uint8_t *end
    uint64_t rounded
    # Of the value read last: see `Key`.
    int form
    size_t text_start
    size_t text_size
    const uint8_t *text
    size_t members  # of the object read last
    Out out
    Out head  # of a message, while it is made


# Writing.

cdef inline int room_for(Out *out, size_t more) noexcept nogil:
    cdef size_t room
    cdef uint8_t *moved
    if out.room - out.size >= more:
        return OK
    room = out.room + (out.room >> 1) + more
    moved = <uint8_t *>realloc(out.bytes, room)
    if moved == NULL:
        return MEMORY
    out.bytes = moved
    out.room = room
    return OK


cdef inline void put_be(uint8_t *at, uint64_t value, int size) noexcept nogil:
    while size > 0:
        size -= 1
        at[size] = <uint8_t>(value & 0xFF)
        value >>= 8


cdef inline size_t text_head_size(size_t size) noexcept nogil:
    return 1 if size < 32 else 2 if size < 256 else 3 if size < 65536 else 5


cdef inline void put_text_head(uint8_t *at, size_t size) noexcept nogil:
    if size < 32:
        at[0] = <uint8_t>(0xA0 | size)
    elif size < 256:
        at[0] = 0xD9
        at[1] = <uint8_t>size
    elif size < 65536:
        at[0] = 0xDA
        put_be(at + 1, size, 2)
    else:
        at[0] = 0xDB
        put_be(at + 1, size, 4)


cdef inline int put_integer(Out *out, uint64_t magnitude, bint is_negative) noexcept nogil:
    cdef uint8_t *at
    cdef int64_t value
    if room_for(out, 9):
        return MEMORY
    at = out.bytes + out.size
    if not is_negative or magnitude == 0:
        if magnitude < 0x80:
            at[0] = <uint8_t>magnitude
            out.size += 1
        elif magnitude < 0x100:
            at[0] = 0xCC
            at[1] = <uint8_t>magnitude
            out.size += 2
        elif magnitude < 0x10000:
            at[0] = 0xCD
            put_be(at + 1, magnitude, 2)
            out.size += 3
        elif magnitude <= 0xFFFFFFFFULL:
            at[0] = 0xCE
            put_be(at + 1, magnitude, 4)
            out.size += 5
        else:
            at[0] = 0xCF
            put_be(at + 1, magnitude, 8)
            out.size += 9
        return OK
    if magnitude <= 32:
        at[0] = <uint8_t>(0x100 - magnitude)
        out.size += 1
    elif magnitude <= 0x80:
        at[0] = 0xD0
        put_be(at + 1, 0 - magnitude, 1)
        out.size += 2
    elif magnitude <= 0x8000:
        at[0] = 0xD1
        put_be(at + 1, 0 - magnitude, 2)
        out.size += 3
    elif magnitude <= 0x80000000ULL:
        at[0] = 0xD2
        put_be(at + 1, 0 - magnitude, 4)
        out.size += 5
    else:
        at[0] = 0xD3
        put_be(at + 1, 0 - magnitude, 8)
        out.size += 9
    return OK


cdef inline int put_double(Out *out, double value) noexcept nogil:
    cdef uint64_t bits
    if room_for(out, 9):
        return MEMORY
    memcpy(&bits, &value, 8)
    out.bytes[out.size] = 0xCB
    put_be(out.bytes + out.size + 1, bits, 8)
    out.size += 9
    return OK


cdef inline int put_byte(Out *out, uint8_t byte) noexcept nogil:
    if room_for(out, 1):
        return MEMORY
    out.bytes[out.size] = byte
    out.size += 1
    return OK


cdef int close_container(Out *out, size_t start, size_t count, uint8_t fix, uint8_t wide) noexcept nogil:
    # Writes the head of a container, for which one byte was left at `start`; what stands after it makes room.
    cdef size_t more = 0 if count < 16 else 2 if count < 65536 else 4
    cdef uint8_t *at
    if more:
        if room_for(out, more):
            return MEMORY
        at = out.bytes + start
        memmove(at + 1 + more, at + 1, out.size - start - 1)
        out.size += more
        at[0] = wide if more == 2 else wide + 1
        put_be(at + 1, count, <int>more)
    else:
        out.bytes[start] = <uint8_t>(fix | count)
    return OK


# Reading values.

cdef inline void skip_space(Reader *r) noexcept nogil:
    while r.pos < r.end and (r.pos[0] == 0x20 or r.pos[0] == 0x0A or r.pos[0] == 0x0D or r.pos[0] == 0x09):
        r.pos += 1


cdef inline int hex_digit(uint8_t c) noexcept nogil:
    if 0x30 <= c <= 0x39:
        return c - 0x30
    c |= 0x20
    return c - 0x61 + 10 if 0x61 <= c <= 0x66 else -1


cdef inline int four_hex(const uint8_t *p) noexcept nogil:
    # The number that four hexadecimal digits are, -1 if they are none.
    cdef int i, digit, code = 0
    for i in range(4):
        digit = hex_digit(p[i])
        if digit < 0:
            return -1
        code = code << 4 | digit
    return code


cdef int put_unicode(Reader *r) noexcept nogil:
    # The escape whose digits start at `pos`; of a pair, both. There is room for it: an escape is longer than its bytes.
    cdef int code, low
    cdef uint8_t *at = r.out.bytes + r.out.size
    if r.end - r.pos < 4:
        return END
    code = four_hex(r.pos)
    if code < 0:
        return SYNTAX
    r.pos += 4
    if 0xD800 <= code < 0xDC00 and r.end - r.pos >= 6 and r.pos[0] == 0x5C and r.pos[1] == 0x75:
        low = four_hex(r.pos + 2)
        if 0xDC00 <= low < 0xE000:
            code = 0x10000 + ((code - 0xD800) << 10) + low - 0xDC00
            r.pos += 6
    if code < 0x80:
        at[0] = <uint8_t>code
        r.out.size += 1
    elif code < 0x800:
        at[0] = <uint8_t>(0xC0 | code >> 6)
        at[1] = <uint8_t>(0x80 | code & 0x3F)
        r.out.size += 2
    elif code < 0x10000:
        at[0] = <uint8_t>(0xE0 | code >> 12)
        at[1] = <uint8_t>(0x80 | code >> 6 & 0x3F)
        at[2] = <uint8_t>(0x80 | code & 0x3F)
        r.out.size += 3
    else:
        at[0] = <uint8_t>(0xF0 | code >> 18)
        at[1] = <uint8_t>(0x80 | code >> 12 & 0x3F)
        at[2] = <uint8_t>(0x80 | code >> 6 & 0x3F)
        at[3] = <uint8_t>(0x80 | code & 0x3F)
        r.out.size += 4
    return OK


cdef inline uint8_t escaped(uint8_t c) noexcept nogil:
    # What a backslash and `c` stand for; 0 if for nothing.
    if c == 0x22 or c == 0x5C or c == 0x2F:
        return c
    if c == 0x6E:
        return 0x0A
    if c == 0x74:
        return 0x09
    if c == 0x72:
        return 0x0D
    if c == 0x62:
        return 0x08
    if c == 0x66:
        return 0x0C
    return 0


cdef int put_escaped_string(Reader *r, size_t start) noexcept nogil:
    # A string with escapes, of which `start` bytes, up to the first backslash, stand before `pos`.
    cdef Out *out = &r.out
    cdef const uint8_t *first = r.pos - start
    cdef size_t head = out.size, size, run
    cdef uint8_t c
    cdef int failure
    # 5 bytes for the longest head: it is written last, and what stands after it moves there.
    if room_for(out, 5 + start):
        return MEMORY
    out.size += 5
    memcpy(out.bytes + out.size, first, start)
    out.size += start
    while True:
        first = r.pos
        r.pos += plain_words(r.pos, r.end)
        while r.pos < r.end and r.pos[0] >= 0x20 and r.pos[0] != 0x22 and r.pos[0] != 0x5C:
            r.pos += 1
        run = r.pos - first
        # And 4 for the bytes of an escape.
        if room_for(out, run + 4):
            return MEMORY
        memcpy(out.bytes + out.size, first, run)
        out.size += run
        if r.pos == r.end:
            return END
        c = r.pos[0]
        if c == 0x22:
            r.pos += 1
            break
        if c != 0x5C:
            return SYNTAX
        if r.pos + 1 == r.end:
            return END
        c = r.pos[1]
        r.pos += 2
        if c == 0x75:
            failure = put_unicode(r)
            if failure:
                return failure
        else:
            c = escaped(c)
            if c == 0:
                return SYNTAX
            out.bytes[out.size] = c
            out.size += 1
    size = out.size - head - 5
    run = text_head_size(size)
    put_text_head(out.bytes + head, size)
    memmove(out.bytes + head + run, out.bytes + head + 5, size)
    out.size = head + run + size
    r.form = TEXT
    r.text_start = head + run
    r.text_size = size
    return OK


cdef int put_string(Reader *r) noexcept nogil:
    # The string whose content starts at `pos`.
    cdef const uint8_t *first = r.pos
    cdef size_t size, head
    cdef Out *out = &r.out
    r.pos += plain_words(r.pos, r.end)
    while r.pos < r.end and r.pos[0] >= 0x20 and r.pos[0] != 0x22 and r.pos[0] != 0x5C:
        r.pos += 1
    if r.pos == r.end:
        return END
    size = r.pos - first
    if r.pos[0] == 0x5C:
        return put_escaped_string(r, size)
    if r.pos[0] != 0x22:
        return SYNTAX
    r.pos += 1
    if room_for(out, 5 + size):
        return MEMORY
    head = text_head_size(size)
    put_text_head(out.bytes + out.size, size)
    memcpy(out.bytes + out.size + head, first, size)
    r.form = TEXT
    r.text_start = out.size + head
    r.text_size = size
    out.size += head + size
    return OK


cdef double[23] TENS
cdef double _ten = 1.0
cdef int _i
for _i in range(23):
    TENS[_i] = _ten
    _ten *= 10.0


cdef int nearest_double(const uint8_t *text, size_t size, double *value) noexcept nogil:
    # The double nearest to a number, by Python's own reader.
    cdef char *copy = <char *>malloc(size + 1)
    cdef int failure = OK
    if copy == NULL:
        return MEMORY
    memcpy(copy, text, size)
    copy[size] = 0
    with gil:
        try:
            value[0] = float(<bytes>copy)
        except Exception:
            failure = MEMORY
    free(copy)
    return failure


cdef int put_number(Reader *r) noexcept nogil:
    cdef const uint8_t *first = r.pos
    cdef const uint8_t *p = r.pos
    cdef const uint8_t *q
    cdef uint64_t digits = 0
    cdef int count = 0, scale = 0, exponent = 0
    cdef bint is_negative = False, is_integer = True, is_exponent_negative = False
    cdef double value = 0.0
    cdef int failure
    if p[0] == 0x2D:
        is_negative = True
        p += 1
        if p == r.end:
            return END
    if p[0] == 0x30:
        p += 1
    elif 0x31 <= p[0] <= 0x39:
        while p < r.end and 0x30 <= p[0] <= 0x39:
            if count < MOST_DIGITS:
                digits = digits * 10 + (p[0] - 0x30)
            count += 1 if count < 1000 else 0
            p += 1
    else:
        return SYNTAX
    q = p + 1
    if p < r.end and p[0] == 0x2E and q < r.end and 0x30 <= q[0] <= 0x39:
        is_integer = False
        while q < r.end and 0x30 <= q[0] <= 0x39:
            if count < MOST_DIGITS:
                digits = digits * 10 + (q[0] - 0x30)
                scale -= 1
            # Zeros before the first other digit are none of the digits that count.
            if count or q[0] != 0x30:
                count += 1 if count < 1000 else 0
            q += 1
        p = q
    if p < r.end and (p[0] == 0x65 or p[0] == 0x45):
        q = p + 1
        if q < r.end and (q[0] == 0x2B or q[0] == 0x2D):
            is_exponent_negative = q[0] == 0x2D
            q += 1
        if q < r.end and 0x30 <= q[0] <= 0x39:
            is_integer = False
            while q < r.end and 0x30 <= q[0] <= 0x39:
                if exponent < 100000:
                    exponent = exponent * 10 + (q[0] - 0x30)
                q += 1
            p = q
    r.pos = p
    r.form = NUMBER
    r.text = first
    r.text_size = p - first
    if is_integer:
        if count == 20 and _fits_unsigned(first, p, is_negative):
            digits = digits * 10 + ((p - 1)[0] - 0x30)
            return put_integer(&r.out, digits, False)
        if count <= MOST_DIGITS and (not is_negative or digits <= <uint64_t>1 << 63):
            return put_integer(&r.out, digits, is_negative)
        r.rounded += 1
    scale += -exponent if is_exponent_negative else exponent
    # Clinger's fast path: two exact doubles, and one operation that rounds once.
    if count <= MOST_DIGITS and digits <= <uint64_t>1 << 53 and -22 <= scale <= 22:
        value = <double>digits
        value = value / TENS[-scale] if scale < 0 else value * TENS[scale]
        return put_double(&r.out, -value if is_negative else value)
    failure = nearest_double(first, r.text_size, &value)
    return failure if failure else put_double(&r.out, value)


cdef inline bint _fits_unsigned(const uint8_t *first, const uint8_t *end, bint is_negative) noexcept nogil:
    # Whether an integer of 20 digits is below 2^64.
    return not is_negative and memcmp(first, <const uint8_t *>b"18446744073709551615", 20) <= 0


cdef int put_literal(Reader *r, const char *word, size_t size, uint8_t packed) noexcept nogil:
    if <size_t>(r.end - r.pos) < size:
        return END
    if memcmp(r.pos, word, size) != 0:
        return SYNTAX
    r.pos += size
    r.form = NULL_WORD if packed == 0xC0 else OTHER
    return put_byte(&r.out, packed)


cdef int put_value(Reader *r, int room) noexcept nogil:
    # The value at `pos`, in which `room` objects and arrays may be within each other.
    cdef uint8_t c
    if r.pos == r.end:
        return END
    c = r.pos[0]
    if c == 0x22:
        r.pos += 1
        return put_string(r)
    if c == 0x7B:
        return put_object(r, room, NULL, 0)
    if c == 0x5B:
        return put_array(r, room)
    if c == 0x74:
        return put_literal(r, "true", 4, 0xC3)
    if c == 0x66:
        return put_literal(r, "false", 5, 0xC2)
    if c == 0x6E:
        return put_literal(r, "null", 4, 0xC0)
    return put_number(r)


cdef int put_array(Reader *r, int room) noexcept nogil:
    cdef size_t start = r.out.size, count = 0
    cdef int failure
    if room <= 0:
        return DEPTH
    if put_byte(&r.out, 0):
        return MEMORY
    r.pos += 1
    skip_space(r)
    if r.pos == r.end:
        return END
    if r.pos[0] == 0x5D:
        r.pos += 1
    else:
        while True:
            failure = put_value(r, room - 1)
            if failure:
                return failure
            count += 1
            skip_space(r)
            if r.pos == r.end:
                return END
            if r.pos[0] == 0x5D:
                r.pos += 1
                break
            if r.pos[0] != 0x2C:
                return SYNTAX
            r.pos += 1
            skip_space(r)
    r.form = OTHER
    return close_container(&r.out, start, count, 0x90, 0xDC)


cdef int put_object(Reader *r, int room, Key *keys, int key_count) noexcept nogil:
    # The object at `pos`. With `keys`, those of its members that they name are noted there, and no head is written.
    cdef size_t start = r.out.size, count = 0, member
    cdef int failure, i
    cdef size_t name_start, name_size
    if room <= 0:
        return DEPTH
    if keys == NULL and put_byte(&r.out, 0):
        return MEMORY
    r.pos += 1
    skip_space(r)
    if r.pos == r.end:
        return END
    if r.pos[0] == 0x7D:
        r.pos += 1
    else:
        while True:
            if r.pos == r.end:
                return END
            if r.pos[0] != 0x22:
                return SYNTAX
            r.pos += 1
            member = r.out.size
            failure = put_string(r)
            if failure:
                return failure
            name_start = r.text_start
            name_size = r.text_size
            skip_space(r)
            if r.pos == r.end:
                return END
            if r.pos[0] != 0x3A:
                return SYNTAX
            r.pos += 1
            skip_space(r)
            failure = put_value(r, room - 1)
            if failure:
                return failure
            count += 1
            for i in range(key_count):
                if keys[i].size == name_size and memcmp(keys[i].name, r.out.bytes + name_start, name_size) == 0:
                    note_member(r, &keys[i], member)
            skip_space(r)
            if r.pos == r.end:
                return END
            if r.pos[0] == 0x7D:
                r.pos += 1
                break
            if r.pos[0] != 0x2C:
                return SYNTAX
            r.pos += 1
            skip_space(r)
    r.form = OTHER
    r.members = count
    return OK if keys != NULL else close_container(&r.out, start, count, 0x80, 0xDE)


cdef inline void note_member(Reader *r, Key *key, size_t member) noexcept nogil:
    key.is_there = True
    key.form = r.form
    key.start = member
    key.end = r.out.size
    key.text_start = r.text_start
    key.text = r.text
    key.text_size = r.text_size


# Times.

cdef inline int two_digits(const uint8_t *p) noexcept nogil:
    if 0x30 <= p[0] <= 0x39 and 0x30 <= p[1] <= 0x39:
        return (p[0] - 0x30) * 10 + p[1] - 0x30
    return -1


cdef int64_t days_before(int year, int month, int day) noexcept nogil:
    # Days from 1970-01-01 (Howard Hinnant's days_from_civil; years from 1 on).
    cdef int64_t y = year - 1 if month <= 2 else year
    cdef int64_t era = y // 400
    cdef int64_t of_era = y - era * 400
    cdef int64_t of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


cdef inline int days_in(int year, int month) noexcept nogil:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


cdef bint read_rfc_3339(const uint8_t *p, size_t size, int64_t *ns) noexcept nogil:
    cdef const uint8_t *end = p + size
    cdef int century, year, month, day, hour, minute, second, hours = 0, minutes = 0, digits = 0
    cdef int64_t seconds, fraction = 0
    cdef bint is_west
    if size < 19:
        return False
    century = two_digits(p)
    year = two_digits(p + 2)
    month = two_digits(p + 5)
    day = two_digits(p + 8)
    hour = two_digits(p + 11)
    minute = two_digits(p + 14)
    second = two_digits(p + 17)
    if century < 0 or year < 0 or month < 1 or day < 1 or hour < 0 or minute < 0 or second < 0:
        return False
    if p[4] != 0x2D or p[7] != 0x2D or p[13] != 0x3A or p[16] != 0x3A:
        return False
    if p[10] != 0x54 and p[10] != 0x74 and p[10] != 0x20:
        return False
    year += century * 100
    if year < 1 or month > 12 or day > days_in(year, month) or hour > 23 or minute > 59 or second > 60:
        return False
    p += 19
    if p < end and (p[0] == 0x2E or p[0] == 0x2C):
        p += 1
        while p < end and 0x30 <= p[0] <= 0x39:
            if digits < 9:
                fraction = fraction * 10 + (p[0] - 0x30)
                digits += 1
            p += 1
        if digits == 0:
            return False
        while digits < 9:
            fraction *= 10
            digits += 1
    seconds = days_before(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
    if p < end:
        if p[0] == 0x5A or p[0] == 0x7A:
            p += 1
        elif p[0] == 0x2B or p[0] == 0x2D:
            is_west = p[0] == 0x2D
            if end - p < 3:
                return False
            hours = two_digits(p + 1)
            p += 3
            if p < end and p[0] == 0x3A:
                p += 1
                if p == end:
                    return False
            if p < end:
                if end - p < 2:
                    return False
                minutes = two_digits(p)
                p += 2
            if hours < 0 or hours > 23 or minutes < 0 or minutes > 59:
                return False
            seconds += (hours * 3600 + minutes * 60) * (1 if is_west else -1)
        if p != end:
            return False
    # The 64 bits of nanoseconds end within these seconds.
    if seconds > 9223372036LL or (seconds == 9223372036LL and fraction > 854775807):
        return False
    if seconds < -9223372037LL or (seconds == -9223372037LL and fraction < 145224192):
        return False
    ns[0] = <int64_t>(<uint64_t>seconds * <uint64_t>NS_PER_SECOND + <uint64_t>fraction)
    return True


cdef bint read_epoch(const uint8_t *p, size_t size, int64_t *ns) noexcept nogil:
    cdef const uint8_t *end = p + size
    cdef const uint8_t *first
    cdef uint64_t value = 0
    cdef int64_t digits = 0, fraction = 0, exponent = 0, before, power
    cdef bint is_negative = False, is_exponent_negative = False
    if p < end and p[0] == 0x2D:
        is_negative = True
        p += 1
    first = p
    while p < end and 0x30 <= p[0] <= 0x39:
        if digits or p[0] != 0x30:
            if digits < MOST_DIGITS:
                value = value * 10 + (p[0] - 0x30)
            digits += 1
        p += 1
    if p == first:
        return False
    if p < end and p[0] == 0x2E:
        p += 1
        first = p
        while p < end and 0x30 <= p[0] <= 0x39:
            if digits or p[0] != 0x30:
                if digits < MOST_DIGITS:
                    value = value * 10 + (p[0] - 0x30)
                digits += 1
            fraction += 1
            p += 1
        if p == first:
            return False
    if p < end and (p[0] == 0x65 or p[0] == 0x45):
        p += 1
        if p < end and (p[0] == 0x2B or p[0] == 0x2D):
            is_exponent_negative = p[0] == 0x2D
            p += 1
        first = p
        while p < end and 0x30 <= p[0] <= 0x39 and p - first < 4:
            exponent = exponent * 10 + (p[0] - 0x30)
            p += 1
        if p == first or p - first > 3:
            return False
    if p != end or digits == 0:
        return False
    before = digits - fraction + (-exponent if is_exponent_negative else exponent)
    if before < FEWEST_TIME_DIGITS or before > 20:
        return False
    power = 9 if before <= 11 else 6 if before <= 14 else 3 if before <= 17 else 0
    power += before - (digits if digits < MOST_DIGITS else MOST_DIGITS)
    while power > 0:
        if value > 922337203685477580ULL:
            return False
        value *= 10
        power -= 1
    while power < 0:
        value //= 10
        power += 1
    if value > (<uint64_t>1 << 63) - (0 if is_negative else 1):
        return False
    ns[0] = <int64_t>(0 - value) if is_negative else <int64_t>value
    return True


cdef bint read_time(const uint8_t *text, size_t size, int64_t *ns) noexcept nogil:
    # The time that a text or a number stands for; see `text_time`.
    cdef bint is_time
    if size > 4 and text[4] == 0x2D:
        is_time = read_rfc_3339(text, size, ns)
    else:
        is_time = read_epoch(text, size, ns)
    return is_time and not 0 <= ns[0] < NS_PER_SECOND


cdef size_t put_time(uint8_t *at, int64_t ns) noexcept nogil:
    # A time as Fluentd's EventTime, or as msgpack's timestamp where that does not reach; how many bytes it takes.
    cdef int64_t seconds = ns // NS_PER_SECOND
    cdef int64_t rest = ns - seconds * NS_PER_SECOND
    if rest < 0:
        rest += NS_PER_SECOND
        seconds -= 1
    if 0 < seconds <= 0xFFFFFFFFLL:
        at[0] = 0xD7
        at[1] = 0
        put_be(at + 2, seconds, 4)
        put_be(at + 6, rest, 4)
        return 10
    at[0] = 0xC7
    at[1] = 12
    at[2] = 0xFF
    put_be(at + 3, rest, 4)
    put_be(at + 7, <uint64_t>seconds, 8)
    return 15


# Messages.

cdef struct Body:
    Reader reader
    const uint8_t *data
    Key *keys            # the time keys, then `tag`
    int time_keys
    const uint8_t *tag   # of events that name none
    size_t tag_size
    int64_t received_ns
    int max_depth
    uint64_t events_left
    uint64_t index
    uint64_t missing_times
    uint64_t unreadable_times
    Rejection *rejected
    size_t rejected_count
    size_t most_rejected
    bint may_balance
    bint in_array
    int expects


cdef int reject(Body *b, int code) noexcept nogil:
    b.rejected[b.rejected_count].index = b.index
    b.rejected[b.rejected_count].gap = b.reader.out.size
    b.rejected[b.rejected_count].code = code
    b.rejected_count += 1
    b.index += 1
    return put_byte(&b.reader.out, 0xC0)


cdef Key *find_time(Body *b, int64_t *ns) noexcept nogil:
    # The first time key that holds a time.
    cdef int i
    cdef Key *key
    for i in range(b.time_keys):
        key = &b.keys[i]
        if key.is_there:
            if key.form == TEXT and read_time(b.reader.out.bytes + key.text_start, key.text_size, ns):
                return key
            if key.form == NUMBER and read_time(key.text, key.text_size, ns):
                return key
    return NULL


cdef bint has_time_key(Body *b) noexcept nogil:
    cdef int i
    for i in range(b.time_keys):
        if b.keys[i].is_there and b.keys[i].form != NULL_WORD:
            return True
    return False


cdef int put_event(Body *b) noexcept nogil:
    # The message of the object at `pos`: room for the usual head, the members, then the head once it is known.
    cdef Reader *r = &b.reader
    cdef Out *out = &r.out
    cdef size_t base = out.size
    cdef size_t gap = 1 + 5 + b.tag_size + TIME_BYTES + HEAD_BYTES
    cdef int i, failure
    for i in range(b.time_keys + 1):
        b.keys[i].is_there = False
    if room_for(out, gap):
        return MEMORY
    out.size += gap
    failure = put_object(r, b.max_depth, b.keys, b.time_keys + 1)
    if failure:
        return failure
    return put_message_head(b, base, base + gap)


cdef int put_message_head(Body *b, size_t base, size_t start) noexcept nogil:
    # Writes the head at `base`, and moves the members, which stand from `start` to the end, next to it.
    cdef Reader *r = &b.reader
    cdef Out *out = &r.out
    cdef Out *head = &r.head
    cdef int64_t ns = 0
    cdef Key *tag = &b.keys[b.time_keys]
    cdef Key *time = find_time(b, &ns)
    cdef const uint8_t *text = b.tag
    cdef size_t size = b.tag_size, count = r.members, at
    cdef bint has_tag = tag.is_there and tag.form == TEXT and (time == NULL or time.start != tag.start)
    cdef bint is_unreadable = time == NULL and has_time_key(b)
    if has_tag:
        text = out.bytes + tag.text_start
        size = tag.text_size
    head.size = 0
    if room_for(head, 1 + 5 + size + TIME_BYTES + HEAD_BYTES):
        return MEMORY
    head.bytes[0] = 0x93
    put_text_head(head.bytes + 1, size)
    at = 1 + text_head_size(size)
    memcpy(head.bytes + at, text, size)
    at += size
    at += put_time(head.bytes + at, ns if time != NULL else b.received_ns)
    if is_unreadable:
        b.unreadable_times += 1
    elif time == NULL:
        b.missing_times += 1
    # The later one first, so that the place of the other one stays.
    if has_tag and time != NULL and tag.start < time.start:
        remove_member(out, time)
        remove_member(out, tag)
    else:
        if has_tag:
            remove_member(out, tag)
        if time != NULL:
            remove_member(out, time)
    count -= (1 if has_tag else 0) + (1 if time != NULL else 0)
    head.size = at + 1
    if close_container(head, at, count, 0x80, 0xDE):
        return MEMORY
    if base + head.size > start and room_for(out, base + head.size - start):
        return MEMORY
    memmove(out.bytes + base + head.size, out.bytes + start, out.size - start)
    memcpy(out.bytes + base, head.bytes, head.size)
    out.size = base + head.size + (out.size - start)
    b.index += 1
    b.events_left -= 1
    return OK


cdef inline void remove_member(Out *out, Key *key) noexcept nogil:
    memmove(out.bytes + key.start, out.bytes + key.end, out.size - key.end)
    out.size -= key.end - key.start


# The body.

cdef const uint8_t *next_line(Body *b, const uint8_t *pos) noexcept nogil:
    cdef const uint8_t *newline = NULL
    if pos < b.reader.end:
        newline = <const uint8_t *>memchr(pos, 0x0A, b.reader.end - pos)
    return b.reader.end if newline == NULL else newline + 1


cdef bint is_rest_blank(Body *b) noexcept nogil:
    cdef const uint8_t *p = b.reader.pos
    while p < b.reader.end and (p[0] == 0x20 or p[0] == 0x09 or p[0] == 0x0D):
        p += 1
    return p == b.reader.end or p[0] == 0x0A


cdef int read_outside(Body *b) noexcept nogil:
    # What stands at `pos`, outside of an array.
    cdef Reader *r = &b.reader
    cdef size_t base = r.out.size
    cdef int failure
    if r.pos[0] == 0x5B:
        b.in_array = True
        b.expects = VALUE_OR_END
        r.pos += 1
        return OK
    if r.pos[0] == 0x7B:
        return put_event(b)
    failure = put_value(r, b.max_depth)
    if failure:
        return failure
    r.out.size = base
    failure = reject(b, NOT_AN_OBJECT if is_rest_blank(b) else NOT_JSON)
    r.pos = next_line(b, r.pos)
    return failure


cdef int read_in_array(Body *b) noexcept nogil:
    # What stands at `pos`, in an array.
    cdef Reader *r = &b.reader
    cdef size_t base = r.out.size
    cdef uint8_t c = r.pos[0]
    cdef int failure
    if c == 0x5D:
        b.in_array = False
        r.pos += 1
        return reject(b, NOT_JSON) if b.expects == VALUE else OK
    if c == 0x2C and (b.expects == COMMA_OR_END or b.expects == ANYTHING):
        b.expects = VALUE
        r.pos += 1
        return OK
    if b.expects == COMMA_OR_END:
        return SYNTAX
    if c == 0x7B:
        failure = put_event(b)
    else:
        failure = put_value(r, b.max_depth)
        if failure == OK:
            r.out.size = base
            failure = reject(b, NOT_AN_OBJECT)
    if failure == OK:
        b.expects = COMMA_OR_END
    return failure


cdef const uint8_t *skip_string(const uint8_t *p, const uint8_t *end) noexcept nogil:
    # Where a string ends whose content starts at `p`, its escapes not looked at; NULL if it does not.
    while True:
        p += plain_words(p, end)
        while p < end and p[0] >= 0x20 and p[0] != 0x22 and p[0] != 0x5C:
            p += 1
        if p == end or p[0] < 0x20:
            return NULL
        if p[0] == 0x22:
            return p + 1
        if end - p < 2:
            return NULL
        p += 2


cdef const uint8_t *balance(const uint8_t *p, const uint8_t *end) noexcept nogil:
    # Where the brackets that open at `p` are all closed, whatever stands between them; NULL if they never are.
    cdef uint64_t depth = 0
    cdef uint8_t c
    while p < end:
        c = p[0]
        p += 1
        if c == 0x7B or c == 0x5B:
            depth += 1
        elif c == 0x7D or c == 0x5D:
            depth -= 1
            if depth == 0:
                return p
        elif c == 0x22:
            p = skip_string(p, end)
            if p == NULL:
                return NULL
    return NULL


cdef int recover(Body *b, const uint8_t *start, int failure) noexcept nogil:
    # Rejects the value that began at `start` and failed, and goes on after it.
    cdef Reader *r = &b.reader
    cdef const uint8_t *newline = <const uint8_t *>memchr(start, 0x0A, r.end - start)
    cdef const uint8_t *end
    cdef int code
    if failure == DEPTH:
        end = balance(start, r.end) if b.may_balance else NULL
        if end != NULL:
            b.expects = COMMA_OR_END
            r.pos = end
            return reject(b, TOO_DEEP)
        b.may_balance = False
        code = TOO_DEEP
    elif newline != NULL:
        code = NOT_JSON
    elif failure == END:
        code = TRUNCATED
    else:
        code = UNREADABLE_REST if b.in_array else NOT_JSON
    if newline == NULL:
        b.in_array = False
    b.expects = ANYTHING
    r.pos = r.end if newline == NULL else newline + 1
    return reject(b, code)


cdef int read_all(Body *b) noexcept nogil:
    # Reads to the end, or until it is of no use to go on.
    cdef Reader *r = &b.reader
    cdef const uint8_t *start
    cdef size_t base
    cdef uint64_t rounded
    cdef int failure
    if r.end - r.pos >= 3 and r.pos[0] == 0xEF and r.pos[1] == 0xBB and r.pos[2] == 0xBF:
        r.pos += 3
    while b.rejected_count <= b.most_rejected:
        skip_space(r)
        if r.pos == r.end:
            return reject(b, TRUNCATED) if b.in_array else OK
        if b.events_left == 0:
            return reject(b, TOO_MUCH_COPIED)
        start = r.pos
        base = r.out.size
        rounded = r.rounded
        failure = read_in_array(b) if b.in_array else read_outside(b)
        if failure == MEMORY:
            return MEMORY
        if r.out.size == base + 1:
            # Only an event's numbers count.
            r.rounded = rounded
        if failure:
            r.out.size = base
            r.rounded = rounded
            if recover(b, start, failure):
                return MEMORY
    return OK


def transcode(
    bytes data not None, bytes tag not None, tuple time_keys not None, received_ns, int max_depth, most_copied
):
    """Makes messages of JSON; see `json_plain.transcode`."""
    cdef Body b
    cdef Py_ssize_t i
    cdef int failure
    cdef bytes key
    cdef list names = [*time_keys, b"tag"]
    b.reader.pos = <const uint8_t *><const char *>data
    b.reader.end = b.reader.pos + len(data)
    b.reader.rounded = 0
    b.reader.form = OTHER
    b.reader.text_start = b.reader.text_size = b.reader.members = 0
    b.reader.text = NULL
    b.reader.out.bytes = b.reader.head.bytes = NULL
    b.reader.out.size = b.reader.out.room = b.reader.head.size = b.reader.head.room = 0
    b.time_keys = <int>len(time_keys)
    b.tag = <const uint8_t *><const char *>tag
    b.tag_size = len(tag)
    b.received_ns = received_ns
    b.max_depth = max_depth
    b.events_left = most_copied // (ROW_BYTES + len(tag))
    b.index = b.missing_times = b.unreadable_times = 0
    b.rejected_count = 0
    b.most_rejected = MOST_REJECTED
    b.may_balance = True
    b.in_array = False
    b.expects = VALUE_OR_END
    b.keys = <Key *>malloc(len(names) * sizeof(Key))
    b.rejected = <Rejection *>malloc((b.most_rejected + 2) * sizeof(Rejection))
    try:
        if b.keys == NULL or b.rejected == NULL:
            raise MemoryError
        for i in range(len(names)):
            key = names[i]
            b.keys[i].name = <const uint8_t *><const char *>key
            b.keys[i].size = len(key)
        with nogil:
            failure = room_for(&b.reader.out, (b.reader.end - b.reader.pos) + 64)
            if failure == OK:
                failure = read_all(&b)
        if failure:
            raise MemoryError
        return Transcoded(
            PyBytes_FromStringAndSize(<const char *>b.reader.out.bytes, b.reader.out.size),
            [(b.rejected[i].index, b.rejected[i].code) for i in range(<Py_ssize_t>b.rejected_count)],
            [b.rejected[i].gap for i in range(<Py_ssize_t>b.rejected_count)],
            b.missing_times,
            b.unreadable_times,
            b.reader.rounded,
        )
    finally:
        free(b.keys)
        free(b.rejected)
        free(b.reader.out.bytes)
        free(b.reader.head.bytes)
