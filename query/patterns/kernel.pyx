# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The miner, compiled. `plain` says what all of this means (`masks` and `tokens` for its parts), and gives the same.

Tokens are interned: a form is a row of their numbers. Nothing here holds the interpreter while it works.
"""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcmp, memcpy

from query.patterns import bounds as _bounds, masks as _masks
from query.patterns.mined import Cluster

cdef uint8_t NUMBER = _masks.NUMBER
cdef uint8_t HEX = _masks.HEX
cdef uint8_t UUID = _masks.UUID
cdef uint8_t IP = _masks.IP
cdef uint8_t MAC = _masks.MAC
cdef uint8_t TIME = _masks.TIME
cdef uint8_t DURATION = _masks.DURATION
cdef uint8_t SIZE = _masks.SIZE
cdef uint8_t REST = _masks.REST
cdef uint8_t WILD = _masks.WILD

cdef size_t TOKEN_BYTES = _bounds.TOKEN_BYTES
cdef size_t EXAMPLE_BYTES = _bounds.EXAMPLE_BYTES
cdef uint64_t FORM_WEIGHT = _bounds.FORM_WEIGHT
cdef uint64_t TOKEN_WEIGHT = _bounds.TOKEN_WEIGHT
cdef uint64_t PLACE_WEIGHT = _bounds.PLACE_WEIGHT
cdef uint32_t[16] KEPT
for _level, _kept in enumerate(_bounds.KEPT_TOKENS):
    KEPT[_level] = _kept

cdef uint64_t K1 = 0x9E3779B97F4A7C15ULL
cdef uint64_t K2 = 0xD6E8FEB86659FD93ULL
cdef uint32_t NONE = 0xFFFFFFFF
cdef uint32_t FIRST_SLOTS = 1 << 10


# Characters

cdef enum:
    DIGIT = 1
    LETTER = 2
    HEX_LETTER = 4
    SPACE = 8
    STARTS = 16
    ALNUM = 3
    HEX_DIGIT = 5

cdef uint8_t[256] KIND

cdef void _sort_characters() noexcept:
    cdef int c
    for c in range(256):
        KIND[c] = 0
        if 48 <= c <= 57:
            KIND[c] = DIGIT | STARTS
        elif 65 <= c <= 90 or 97 <= c <= 122 or c >= 128:
            KIND[c] = LETTER
        if 65 <= c <= 70 or 97 <= c <= 102:
            KIND[c] |= HEX_LETTER | STARTS
    for c in b" \t\n\r\f":
        KIND[c] |= SPACE
    for c in b":+-JFMASONDTW":
        KIND[c] |= STARTS

_sort_characters()


cdef inline bint _is(const uint8_t* at, const uint8_t* end, uint8_t kind) noexcept nogil:
    return at < end and (KIND[at[0]] & kind) != 0


cdef inline bint _ends(const uint8_t* at, const uint8_t* end) noexcept nogil:
    """Whether a value may end here."""
    return at >= end or not KIND[at[0]] & ALNUM


cdef inline bint _sees(const uint8_t* at, const uint8_t* end, uint8_t character) noexcept nogil:
    return at < end and at[0] == character


cdef inline size_t _run(const uint8_t* at, const uint8_t* end, uint8_t kind) noexcept nogil:
    cdef const uint8_t* start = at
    while at < end and KIND[at[0]] & kind:
        at += 1
    return at - start


cdef bint _shaped(const uint8_t* at, const uint8_t* end, const char* shape) noexcept nogil:
    """Whether a text starts so: `0` stands for a digit, `x` for a hexadecimal one, `-` for itself or a slash where the
    shape is a date's (`~`), other characters for themselves."""
    cdef uint8_t wanted
    while shape[0]:
        if at >= end:
            return False
        wanted = <uint8_t> shape[0]
        if wanted == 48:  # 0
            if not KIND[at[0]] & DIGIT:
                return False
        elif wanted == 120:  # x
            if not KIND[at[0]] & HEX_DIGIT:
                return False
        elif wanted == 126:  # ~
            if at[0] != 45 and at[0] != 47:
                return False
        elif wanted == 43:  # +
            if at[0] != 45 and at[0] != 43:
                return False
        elif at[0] != wanted:
            return False
        shape += 1
        at += 1
    return True


# Values. Each gives the length of one that starts here, or 0; `masks` has them as regular expressions.

cdef size_t _uuid(const uint8_t* at, const uint8_t* end) noexcept nogil:
    return 36 if _shaped(at, end, b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") and _ends(at + 36, end) else 0


cdef size_t _mac(const uint8_t* at, const uint8_t* end) noexcept nogil:
    if not _shaped(at, end, b"xx:xx:xx:xx:xx:xx") or not _ends(at + 17, end) or _sees(at + 17, end, 58):
        return 0
    return 17


cdef inline size_t _group(const uint8_t* at, const uint8_t* end) noexcept nogil:
    """The length of a group of an IPv6 address, of which 5 is too long."""
    cdef size_t length = 0
    while length < 5 and _is(at + length, end, HEX_DIGIT):
        length += 1
    return length


cdef size_t _ip6(const uint8_t* start, const uint8_t* end) noexcept nogil:
    """All eight groups."""
    cdef const uint8_t* at = start
    cdef size_t length
    cdef int number
    for number in range(8):
        if number:
            if not _sees(at, end, 58):
                return 0
            at += 1
        length = _group(at, end)
        if length == 0 or length > 4:
            return 0
        at += length
    return at - start if _ends(at, end) and not _sees(at, end, 58) else 0


cdef size_t _ip6_short(const uint8_t* start, const uint8_t* end) noexcept nogil:
    """Some groups, `::`, and some more."""
    cdef const uint8_t* at = start
    cdef size_t length
    cdef int number
    while at < end and not KIND[at[0]] & DIGIT and (KIND[at[0]] & HEX_LETTER or at[0] == 58):
        at += 1
    if not _is(at, end, DIGIT):
        return 0
    at = start
    if not _sees(at, end, 58):
        number = 1
        while True:
            length = _group(at, end)
            if length == 0 or length > 4 or number > 6:
                return 0
            at += length
            if not _sees(at, end, 58) or _sees(at + 1, end, 58):
                break
            at += 1
            number += 1
    if not _sees(at, end, 58) or not _sees(at + 1, end, 58):
        return 0
    at += 2
    if _is(at, end, HEX_DIGIT):
        number = 1
        while True:
            length = _group(at, end)
            if length > 4:
                return 0
            at += length
            if number == 6 or not _sees(at, end, 58) or not _is(at + 1, end, HEX_DIGIT):
                break
            at += 1
            number += 1
    if _sees(at, end, 58) and _is(at + 1, end, HEX_DIGIT):
        return 0
    return at - start if _ends(at, end) else 0


cdef inline size_t _fraction(const uint8_t* at, const uint8_t* end) noexcept nogil:
    """Of a second, with its point or comma."""
    cdef size_t length
    if not _sees(at, end, 46) and not _sees(at, end, 44):
        return 0
    length = _run(at + 1, end, DIGIT)
    return length + 1 if 1 <= length <= 9 else 0


cdef inline size_t _zone(const uint8_t* at, const uint8_t* end) noexcept nogil:
    cdef size_t space
    if _sees(at, end, 90):
        return 1
    space = _sees(at, end, 32)
    if _shaped(at + space, end, b"+00:00"):
        return space + 6
    return space + 5 if _shaped(at + space, end, b"+0000") else 0


cdef inline size_t _better(size_t best, const uint8_t* start, size_t length, const uint8_t* end) noexcept nogil:
    """The length if a value may end there, else the best so far."""
    return length if _ends(start + length, end) else best


cdef size_t _with_zone(size_t best, const uint8_t* start, size_t length, const uint8_t* end) noexcept nogil:
    cdef size_t zone = _zone(start + length, end)
    best = _better(best, start, length, end)
    return _better(best, start, length + zone, end) if zone else best


cdef size_t _date(const uint8_t* at, const uint8_t* end) noexcept nogil:
    cdef size_t best, fraction
    if not _shaped(at, end, b"0000~00~00"):
        return 0
    best = _better(0, at, 10, end)
    if not (_sees(at + 10, end, 84) or _sees(at + 10, end, 32)) or not _shaped(at + 11, end, b"00:00"):
        return best
    best = _with_zone(best, at, 16, end)
    if _shaped(at + 16, end, b":00"):
        best = _with_zone(best, at, 19, end)
        fraction = _fraction(at + 19, end)
        if fraction:
            best = _with_zone(best, at, 19 + fraction, end)
    return best


cdef size_t _clock(const uint8_t* start, size_t before, const uint8_t* end) noexcept nogil:
    """The length up to the end of a time of day that stands `before` bytes after the start."""
    cdef size_t best, fraction
    if not _shaped(start + before, end, b"00:00:00"):
        return 0
    best = _better(0, start, before + 8, end)
    fraction = _fraction(start + before + 8, end)
    return _better(best, start, before + 8 + fraction, end) if fraction else best


cdef bint _one_of(const uint8_t* at, const uint8_t* end, const char* names) noexcept nogil:
    """Whether one of these names, of three letters each, is here."""
    if end - at < 3:
        return False
    while names[0]:
        if memcmp(at, names, 3) == 0:
            return True
        names += 3
    return False


cdef inline bint _month(const uint8_t* at, const uint8_t* end) noexcept nogil:
    return _one_of(at, end, b"JanFebMarAprMayJunJulAugSepOctNovDec")


cdef size_t _year(size_t best, const uint8_t* start, size_t length, const uint8_t* end) noexcept nogil:
    best = _better(best, start, length, end)
    return _better(best, start, length + 5, end) if _shaped(start + length, end, b" 0000") else best


cdef size_t _syslog(const uint8_t* start, const uint8_t* end) noexcept nogil:
    cdef size_t at = 0, digits, best, fraction
    if _one_of(start, end, b"MonTueWedThuFriSatSun") and _sees(start + 3, end, 32):
        at = 4
    if not _month(start + at, end) or not _sees(start + at + 3, end, 32):
        return 0
    at += 5 if _sees(start + at + 4, end, 32) else 4
    digits = _run(start + at, end, DIGIT)
    at += digits
    if digits == 0 or digits > 2 or not _sees(start + at, end, 32) or not _shaped(start + at + 1, end, b"00:00:00"):
        return 0
    at += 9
    best = _year(0, start, at, end)
    fraction = _fraction(start + at, end)
    return _year(best, start, at + fraction, end) if fraction else best


cdef size_t _access(const uint8_t* at, const uint8_t* end) noexcept nogil:
    cdef size_t best
    if not _shaped(at, end, b"00/") or not _month(at + 3, end) or not _shaped(at + 6, end, b"/0000:00:00:00"):
        return 0
    best = _better(0, at, 20, end)
    return _better(best, at, 26, end) if _shaped(at + 20, end, b" +0000") else best


cdef size_t _time(const uint8_t* at, const uint8_t* end) noexcept nogil:
    """A time that starts with a digit."""
    cdef size_t length = _date(at, end)
    if length == 0 and _shaped(at, end, b"00"):
        length = _clock(at, 0, end)
        if length == 0:
            length = _access(at, end)
        if length == 0 and _shaped(at, end, b"00/00/00 "):
            length = _clock(at, 9, end)
    return length


cdef inline bint _continues(const uint8_t* at, const uint8_t* end) noexcept nogil:
    """Whether a point and a digit follow."""
    return _sees(at, end, 46) and _is(at + 1, end, DIGIT)


cdef size_t _ip4(const uint8_t* start, const uint8_t* end) noexcept nogil:
    cdef const uint8_t* at = start
    cdef size_t digits
    cdef int number
    for number in range(4):
        if number:
            if not _sees(at, end, 46):
                return 0
            at += 1
        digits = _run(at, end, DIGIT)
        if digits == 0 or digits > 3:
            return 0
        at += digits
    return at - start if _ends(at, end) and not _continues(at, end) else 0


cdef size_t _prefixed_hex(const uint8_t* at, const uint8_t* end) noexcept nogil:
    cdef size_t digits
    if at[0] != 48 or not (_sees(at + 1, end, 120) or _sees(at + 1, end, 88)):
        return 0
    digits = _run(at + 2, end, HEX_DIGIT)
    return digits + 2 if digits and _ends(at + 2 + digits, end) else 0


cdef inline size_t _decimal(const uint8_t* at, const uint8_t* end) noexcept nogil:
    """Digits, perhaps with a fraction."""
    cdef size_t length = _run(at, end, DIGIT)
    if length and _continues(at + length, end):
        length += 1 + _run(at + length + 1, end, DIGIT)
    return length


cdef size_t _unit(const uint8_t* at, const uint8_t* end) noexcept nogil:
    if _sees(at + 1, end, 115) and (at[0] == 110 or at[0] == 117 or at[0] == 109):
        return 2  # ns us ms
    if end - at >= 3 and at[2] == 115 and ((at[0] == 0xC2 and at[1] == 0xB5) or (at[0] == 0xCE and at[1] == 0xBC)):
        return 3  # micro sign, Greek mu
    return _sees(at, end, 115) or _sees(at, end, 109) or _sees(at, end, 104) or _sees(at, end, 100)


cdef size_t _duration(const uint8_t* start, const uint8_t* end) noexcept nogil:
    cdef const uint8_t* at = start
    cdef size_t number, unit
    while _is(at, end, DIGIT):
        number = _decimal(at, end)
        unit = _unit(at + number, end)
        if unit == 0:
            return 0
        at += number + unit
    return at - start if at > start and _ends(at, end) else 0


cdef size_t _size(const uint8_t* start, const uint8_t* end) noexcept nogil:
    cdef const uint8_t* at = start + _decimal(start, end)
    if at == start or at >= end:
        return 0
    if at[0] == 107 or at[0] == 75 or at[0] == 77 or at[0] == 71 or at[0] == 84 or at[0] == 80:
        at += 1
        at += _sees(at, end, 105)
        at += _sees(at, end, 98) or _sees(at, end, 66)
    elif at[0] == 98 or at[0] == 66:
        at += 1
    else:
        return 0
    return at - start if _ends(at, end) else 0


cdef size_t _id(const uint8_t* at, const uint8_t* end) noexcept nogil:
    cdef size_t length = _run(at, end, HEX_DIGIT), place
    cdef uint8_t found = 0
    if length < 7 or not _ends(at + length, end):
        return 0
    for place in range(length):
        found |= KIND[at[place]] & HEX_DIGIT
    return length if found == HEX_DIGIT else 0


cdef size_t _number(const uint8_t* start, const uint8_t* end, bint is_version) noexcept nogil:
    cdef const uint8_t* at = start + _decimal(start, end)
    cdef size_t sign
    if at == start:
        return 0
    while is_version and _continues(at, end):
        at += 1 + _run(at + 1, end, DIGIT)
    if _sees(at, end, 101) or _sees(at, end, 69):
        sign = _sees(at + 1, end, 43) or _sees(at + 1, end, 45)
        if _is(at + 1 + sign, end, DIGIT):
            at += 1 + sign + _run(at + 1 + sign, end, DIGIT)
    return at - start if _ends(at, end) and not _continues(at, end) else 0


cdef size_t _at_digit(const uint8_t* at, const uint8_t* end, uint8_t* mask) noexcept nogil:
    cdef size_t length = _run(at, end, DIGIT)
    # What most numbers are, at once: no other kind of value has white space after its first digits.
    if at + length == end or KIND[at[length]] & SPACE:
        mask[0] = NUMBER
        return length
    length = _uuid(at, end)
    if length:
        mask[0] = UUID
        return length
    length = _mac(at, end)
    if length:
        mask[0] = MAC
        return length
    length = _ip6(at, end) or _ip6_short(at, end)
    if length:
        mask[0] = IP
        return length
    length = _time(at, end)
    if length:
        mask[0] = TIME
        return length
    length = _ip4(at, end)
    if length:
        mask[0] = IP
        return length
    length = _prefixed_hex(at, end)
    if length:
        mask[0] = HEX
        return length
    length = _duration(at, end)
    if length:
        mask[0] = DURATION
        return length
    length = _size(at, end)
    if length:
        mask[0] = SIZE
        return length
    length = _id(at, end)
    if length:
        mask[0] = HEX
        return length
    mask[0] = NUMBER
    return _number(at, end, True)


cdef size_t _at_letter(const uint8_t* at, const uint8_t* end, uint8_t* mask) noexcept nogil:
    cdef size_t length
    if KIND[at[0]] & HEX_LETTER:
        length = _uuid(at, end)
        if length:
            mask[0] = UUID
            return length
        length = _mac(at, end)
        if length:
            mask[0] = MAC
            return length
        length = _ip6(at, end) or _ip6_short(at, end)
        if length:
            mask[0] = IP
            return length
    length = _syslog(at, end)
    if length:
        mask[0] = TIME
        return length
    mask[0] = HEX
    return _id(at, end)


cdef size_t _at_sign(const uint8_t* at, const uint8_t* start, const uint8_t* end, uint8_t* mask) noexcept nogil:
    cdef size_t length
    if at > start and ((at - 1)[0] == 43 or (at - 1)[0] == 45) or not _is(at + 1, end, DIGIT):
        return 0
    length = _duration(at + 1, end)
    if length:
        mask[0] = DURATION
        return length + 1
    length = _size(at + 1, end)
    if length:
        mask[0] = SIZE
        return length + 1
    length = _number(at + 1, end, False)
    mask[0] = NUMBER
    return length + 1 if length else 0


cdef inline size_t _value(const uint8_t* at, const uint8_t* start, const uint8_t* end, uint8_t* mask) noexcept nogil:
    """The length of the value that starts here, and its wildcard."""
    if at > start and KIND[(at - 1)[0]] & ALNUM:
        return 0
    if KIND[at[0]] & DIGIT:
        return _at_digit(at, end, mask)
    if KIND[at[0]] & LETTER:
        return _at_letter(at, end, mask)
    if at[0] == 58:
        mask[0] = IP
        return _ip6_short(at, end)
    return _at_sign(at, start, end, mask)


cdef inline size_t _word(const uint8_t* at, const uint8_t* end) noexcept nogil:
    """The length of a word that is no value, with the numbers after its points."""
    cdef size_t length = _run(at, end, ALNUM)
    while KIND[at[length - 1]] & DIGIT and _continues(at + length, end):
        length += 1 + _run(at + length + 1, end, DIGIT)
    return length


# Memory

cdef void* _grown(void* block, size_t room) except NULL nogil:
    cdef void* grown = realloc(block, room)
    if grown == NULL:
        with gil:
            raise MemoryError
    return grown


cdef uint32_t* _empty_slots(size_t number) except NULL nogil:
    cdef uint32_t* slots = <uint32_t*> malloc(number * sizeof(uint32_t))
    cdef size_t place
    if slots == NULL:
        with gil:
            raise MemoryError
    for place in range(number):
        slots[place] = NONE
    return slots


cdef inline uint64_t _hash(const uint8_t* text, size_t length) noexcept nogil:
    cdef uint64_t state = length * K1, word
    while length >= 8:
        memcpy(&word, text, 8)
        state = (state ^ word) * K2
        state ^= state >> 32
        text += 8
        length -= 8
    if length:
        word = 0
        memcpy(&word, text, length)
        state = (state ^ word) * K2
        state ^= state >> 32
    state *= K1
    return state ^ (state >> 29)


cdef inline int _compared(const uint8_t* one, size_t length, const uint8_t* other, size_t its) noexcept nogil:
    cdef int order = memcmp(one, other, length if length < its else its)
    if order:
        return order
    return (length > its) - (length < its)


# Tokens

cdef struct Token:
    size_t at
    uint64_t hash
    uint32_t length
    uint32_t key  # length of its `key=`
    bint is_word
    bint has_wild


cdef struct Tokens:
    uint8_t* text
    size_t used
    size_t room
    Token* tokens
    uint32_t count
    uint32_t held
    uint32_t* slots
    uint32_t mask


cdef int _begin_tokens(Tokens* self) except -1 nogil:
    self.text, self.used, self.room = NULL, 0, 0
    self.tokens, self.count, self.held = NULL, 0, 0
    self.mask = FIRST_SLOTS - 1
    self.slots = NULL
    self.slots = _empty_slots(FIRST_SLOTS)
    return 0


cdef void _end_tokens(Tokens* self) noexcept nogil:
    free(self.text)
    free(self.tokens)
    free(self.slots)
    self.text, self.tokens, self.slots = NULL, NULL, NULL


cdef int _widen_tokens(Tokens* self) except -1 nogil:
    cdef uint32_t number, slot, mask = self.mask * 2 + 1
    cdef uint32_t* slots = _empty_slots(<size_t> mask + 1)
    for number in range(self.count):
        slot = <uint32_t> self.tokens[number].hash & mask
        while slots[slot] != NONE:
            slot = (slot + 1) & mask
        slots[slot] = number
    free(self.slots)
    self.slots, self.mask = slots, mask
    return 0


cdef void _describe(Token* token, const uint8_t* text) noexcept nogil:
    cdef uint32_t place
    cdef bint has_letter = False
    token.has_wild = False
    token.key = 0
    for place in range(token.length):
        if KIND[text[place]] & LETTER and text[place] < 0xF5:
            has_letter = True
        elif text[place] == WILD:
            token.has_wild = True
        elif text[place] == 61 and token.key == 0:
            token.key = NONE if token.has_wild or place == 0 else place + 1
    if token.key == NONE:
        token.key = 0
    token.is_word = has_letter and not token.has_wild


cdef uint32_t _intern(Tokens* self, const uint8_t* text, uint32_t length) except? 0xFFFFFFFE nogil:
    """The number of a token; its text must lie elsewhere."""
    cdef uint64_t hashed = _hash(text, length)
    cdef uint32_t slot = <uint32_t> hashed & self.mask, number
    cdef Token* token
    while self.slots[slot] != NONE:
        token = &self.tokens[self.slots[slot]]
        if token.hash == hashed and token.length == length and memcmp(self.text + token.at, text, length) == 0:
            return self.slots[slot]
        slot = (slot + 1) & self.mask
    if self.used + length + 8 > self.room:
        self.room = 2 * self.room + length + 4096
        self.text = <uint8_t*> _grown(self.text, self.room)
    if self.count == self.held:
        self.held = 2 * self.held + 256
        self.tokens = <Token*> _grown(self.tokens, self.held * sizeof(Token))
    number = self.count
    memcpy(self.text + self.used, text, length)
    token = &self.tokens[number]
    token.at, token.hash, token.length = self.used, hashed, length
    _describe(token, self.text + self.used)
    self.used += length
    self.slots[slot] = number
    self.count += 1
    if self.count * 2 > self.mask:
        _widen_tokens(self)
    return number


# What two tokens have in common. See `tokens`.

cdef inline bint _is_delimiter(uint8_t character) noexcept nogil:
    return not KIND[character] & ALNUM


cdef bint _fits(const uint8_t* template, size_t length, const uint8_t* token, size_t its) noexcept nogil:
    cdef size_t start = 0, end = 0, place, stop, piece, size
    while template[start] != WILD:
        start += 1
    while template[length - 1 - end] != WILD:
        end += 1
    if its < start + end or memcmp(template, token, start) or memcmp(template + length - end, token + its - end, end):
        return False
    place, stop = start, its - end
    piece = start + 1
    while piece < length - end:
        size = 0
        while template[piece + size] != WILD:
            size += 1
        while place + size <= stop and memcmp(template + piece, token + place, size):
            place += 1
        if place + size > stop:
            return False
        place += size
        piece += size + 1
    return True


cdef inline size_t _to_delimiter(const uint8_t* text, size_t length, size_t at) noexcept nogil:
    while at < length and not _is_delimiter(text[at]):
        at += 1
    return at


cdef size_t _word_by_word(
    const uint8_t* one, size_t length, const uint8_t* other, size_t its, uint8_t* merged
) noexcept nogil:
    """The length of what two tokens with the same delimiters share; 0 when they have others, or share no word."""
    cdef size_t mine = 0, theirs = 0, end, its_end, made = 0
    cdef bint is_alike = False
    while True:
        end, its_end = _to_delimiter(one, length, mine), _to_delimiter(other, its, theirs)
        if end - mine == its_end - theirs and memcmp(one + mine, other + theirs, end - mine) == 0:
            memcpy(merged + made, one + mine, end - mine)
            made += end - mine
            is_alike = is_alike or (end > mine and not (end == mine + 1 and one[mine] == WILD))
        else:
            merged[made] = WILD
            made += 1
        if end == length or its_end == its:
            return made if is_alike and end == length and its_end == its else 0
        if one[end] != other[its_end]:
            return 0
        merged[made] = one[end]
        made += 1
        mine, theirs = end + 1, its_end + 1


cdef size_t _from_both_ends(
    const uint8_t* one, size_t length, const uint8_t* other, size_t its, uint8_t* merged
) noexcept nogil:
    cdef size_t shorter = length if length < its else its, start = 0, end = 0
    while start < shorter and one[start] == other[start]:
        start += 1
    while start and not _is_delimiter(one[start - 1]):
        start -= 1
    while end < shorter - start and one[length - 1 - end] == other[its - 1 - end]:
        end += 1
    while end and not _is_delimiter(one[length - end]):
        end -= 1
    memcpy(merged, one, start)
    merged[start] = WILD
    memcpy(merged + start + 1, one + length - end, end)
    return start + 1 + end


# Forms, templates and the tree

cdef struct Form:
    uint64_t hash
    size_t at  # of its tokens
    uint32_t length
    uint32_t example_length
    uint32_t example_held
    uint32_t room
    uint8_t* example
    int64_t count
    int64_t first
    int64_t last


cdef struct Template:
    size_t at  # of its tokens
    uint32_t length
    uint32_t wilds
    uint32_t next
    uint32_t example_length
    const uint8_t* example
    int64_t count
    int64_t first
    int64_t last


cdef struct Node:
    uint32_t parent
    uint32_t word
    uint32_t branches
    uint32_t head
    uint32_t tail
    uint32_t templates
    uint32_t rest


cdef struct Forms:
    Form* forms
    uint32_t count
    uint32_t held
    uint32_t* slots
    uint32_t mask
    uint32_t* places
    size_t used
    size_t room


cdef int _begin_forms(Forms* self) except -1 nogil:
    self.forms, self.count, self.held = NULL, 0, 0
    self.places, self.used, self.room = NULL, 0, 0
    self.mask = FIRST_SLOTS - 1
    self.slots = NULL
    self.slots = _empty_slots(FIRST_SLOTS)
    return 0


cdef void _end_forms(Forms* self) noexcept nogil:
    cdef uint32_t number
    for number in range(self.count):
        free(self.forms[number].example)
    free(self.forms)
    free(self.slots)
    free(self.places)
    self.forms, self.slots, self.places, self.count = NULL, NULL, NULL, 0


cdef int _widen_forms(Forms* self) except -1 nogil:
    cdef uint32_t number, slot, mask = self.mask * 2 + 1
    cdef uint32_t* slots = _empty_slots(<size_t> mask + 1)
    for number in range(self.count):
        slot = <uint32_t> self.forms[number].hash & mask
        while slots[slot] != NONE:
            slot = (slot + 1) & mask
        slots[slot] = number
    free(self.slots)
    self.slots, self.mask = slots, mask
    return 0


cdef inline size_t _cut(const uint8_t* text, size_t length) noexcept nogil:
    cdef size_t end = length if length < EXAMPLE_BYTES else EXAMPLE_BYTES
    while end < length and text[end] & 0xC0 == 0x80:
        end -= 1
    return end


@cython.final
cdef class Miner:
    """Takes lines, then gives templates. See `plain.Miner`."""

    cdef Tokens tokens
    cdef Forms forms
    cdef Template* templates
    cdef uint32_t count
    cdef uint32_t held
    cdef Node* nodes
    cdef uint32_t node_count
    cdef uint32_t node_held
    cdef uint32_t* node_slots
    cdef uint32_t node_mask
    cdef uint32_t* order
    cdef uint32_t done
    cdef int level
    cdef uint64_t weight
    cdef uint64_t most_weight
    cdef uint32_t most_branches[2]
    cdef uint32_t most_siblings
    cdef uint32_t most_templates
    cdef uint32_t placed
    cdef uint32_t rest
    cdef uint32_t wild
    cdef uint8_t* scratch
    cdef size_t scratch_room
    cdef uint32_t row[128]

    def __cinit__(self, bounds):
        self.most_weight = bounds.weight
        self.most_branches[0], self.most_branches[1] = bounds.branches
        self.most_siblings = bounds.siblings
        self.most_templates = bounds.templates
        self.scratch_room = 4 * TOKEN_BYTES
        self.scratch = <uint8_t*> _grown(NULL, self.scratch_room)
        _begin_tokens(&self.tokens)
        _begin_forms(&self.forms)
        self.node_mask = FIRST_SLOTS - 1
        self.node_slots = _empty_slots(FIRST_SLOTS)

    def __dealloc__(self):
        if self.tokens.slots != NULL:
            _end_tokens(&self.tokens)
        if self.forms.slots != NULL:
            _end_forms(&self.forms)
        free(self.templates)
        free(self.nodes)
        free(self.node_slots)
        free(self.order)
        free(self.scratch)

    def add(self, lines):
        """Takes lines; before `advance`."""
        cdef const int32_t[::1] offsets = lines.offsets
        cdef const uint8_t[::1] data = lines.data
        cdef const int64_t[::1] counts = lines.counts
        cdef const int64_t[::1] firsts = lines.firsts
        cdef const int64_t[::1] lasts = lines.lasts
        cdef const uint8_t* start = &data[0] if data.shape[0] else NULL
        cdef Py_ssize_t number
        cdef Form form
        with nogil:
            for number in range(counts.shape[0]):
                form.count, form.first, form.last = counts[number], firsts[number], lasts[number]
                self._take(start + offsets[number], start + offsets[number + 1], &form)
            while self._weighs() > self.most_weight and KEPT[self.level]:
                self._coarsen()

    def advance(self, forms):
        """Finds the templates of so many forms more; whether there may be others."""
        cdef uint32_t most = forms, done = 0
        with nogil:
            if self.order == NULL:
                self._settle()
            while done < most and self.done < self.forms.count:
                self._place(&self.forms.forms[self.order[self.done]])
                self.done += 1
                done += 1
        return done == most

    def clusters(self):
        """The templates, in no order that matters."""
        return [self._cluster(number) for number in range(self.count)]

    cdef object _cluster(self, uint32_t number):
        cdef Template* template = &self.templates[number]
        cdef Token* token
        cdef uint32_t place
        cdef list tokens = []
        for place in range(template.length):
            token = &self.tokens.tokens[self.forms.places[template.at + place]]
            tokens.append(PyBytes_FromStringAndSize(<char*> self.tokens.text + token.at, token.length))
        example = PyBytes_FromStringAndSize(<const char*> template.example, template.example_length)
        return Cluster(tuple(tokens), template.count, template.first, template.last, example)

    # Folding

    cdef uint64_t _weighs(self) noexcept nogil:
        return self.weight + TOKEN_WEIGHT * self.tokens.count + self.tokens.used

    cdef int _take(self, const uint8_t* start, const uint8_t* end, Form* form) except -1 nogil:
        """A line: masked, split, and joined to its form."""
        cdef const uint8_t* at = start
        cdef uint32_t most = KEPT[self.level], found = 0
        cdef uint8_t* made = self.scratch
        cdef uint8_t* stop = self.scratch + TOKEN_BYTES
        cdef size_t length
        cdef uint8_t mask = 0
        while at < end:
            if KIND[at[0]] & SPACE:
                at += 1
                continue
            if found == most:
                self.row[found] = _intern(&self.tokens, &REST, 1)
                found += 1
                break
            made = self.scratch
            while at < end and not KIND[at[0]] & SPACE:
                length = _value(at, start, end, &mask) if KIND[at[0]] & STARTS else 0
                if length:
                    if made <= stop:
                        made[0] = mask
                        made += 1
                    at += length
                    continue
                length = _word(at, end) if KIND[at[0]] & ALNUM else 1
                if made + length <= stop:
                    memcpy(made, at, length)
                    made += length
                else:
                    made = stop + 1
                at += length
            if made > stop:
                self.scratch[0] = WILD
                made = self.scratch + 1
            self.row[found] = _intern(&self.tokens, self.scratch, <uint32_t> (made - self.scratch))
            found += 1
        form.example, form.example_length = <uint8_t*> start, <uint32_t> _cut(start, end - start)
        form.room = form.example_length
        return self._fold(found, form)

    cdef int _fold(self, uint32_t length, Form* given) except -1 nogil:
        """Joins what is known of a line, or of a form, to the form that `row` is."""
        cdef Forms* forms = &self.forms
        cdef uint64_t hashed = _hash(<uint8_t*> self.row, length * sizeof(uint32_t))
        cdef uint32_t slot = <uint32_t> hashed & forms.mask
        cdef Form* form
        while forms.slots[slot] != NONE:
            form = &forms.forms[forms.slots[slot]]
            if form.hash == hashed and form.length == length and not memcmp(
                forms.places + form.at, self.row, length * sizeof(uint32_t)
            ):
                return self._join(form, given)
            slot = (slot + 1) & forms.mask
        if forms.count == forms.held:
            forms.held = 2 * forms.held + 256
            forms.forms = <Form*> _grown(forms.forms, forms.held * sizeof(Form))
        if forms.used + length > forms.room:
            forms.room = 2 * forms.room + length + 1024
            forms.places = <uint32_t*> _grown(forms.places, forms.room * sizeof(uint32_t))
        form = &forms.forms[forms.count]
        form[0] = given[0]
        form.example = <uint8_t*> malloc(given.example_length + 1)
        if form.example == NULL:
            with gil:
                raise MemoryError
        memcpy(form.example, given.example, given.example_length)
        form.example_held = given.example_length
        form.hash, form.length, form.at = hashed, length, forms.used
        memcpy(forms.places + forms.used, self.row, length * sizeof(uint32_t))
        forms.used += length
        forms.slots[slot] = forms.count
        forms.count += 1
        self.weight += FORM_WEIGHT + PLACE_WEIGHT * length + given.room
        if forms.count * 2 > forms.mask:
            _widen_forms(forms)
        return 0

    cdef int _join(self, Form* form, const Form* given) except -1 nogil:
        form.count += given.count
        if given.first < form.first:
            form.first = given.first
        if given.room > form.room:
            self.weight += given.room - form.room
            form.room = given.room
        if given.last < form.last or (
            given.last == form.last
            and _compared(given.example, given.example_length, form.example, form.example_length) >= 0
        ):
            return 0
        form.last = given.last
        if given.example_length > form.example_held:
            form.example = <uint8_t*> _grown(form.example, given.example_length)
            form.example_held = given.example_length
        memcpy(form.example, given.example, given.example_length)
        form.example_length = given.example_length
        return 0

    cdef int _coarsen(self) except -1 nogil:
        """All forms once more, cut after fewer tokens."""
        cdef Forms forms = self.forms
        cdef Tokens tokens = self.tokens
        cdef Form* form
        cdef Token* token
        cdef uint32_t number, place, kept
        self.forms.slots, self.tokens.slots = NULL, NULL
        try:
            _begin_tokens(&self.tokens)
            _begin_forms(&self.forms)
            self.level += 1
            self.weight = 0
            for number in range(forms.count):
                form = &forms.forms[number]
                kept = form.length if form.length <= KEPT[self.level] else KEPT[self.level]
                for place in range(kept):
                    token = &tokens.tokens[forms.places[form.at + place]]
                    self.row[place] = _intern(&self.tokens, tokens.text + token.at, token.length)
                if kept < form.length:
                    self.row[kept] = _intern(&self.tokens, &REST, 1)
                    kept += 1
                self._fold(kept, form)
        finally:
            _end_tokens(&tokens)
            _end_forms(&forms)
        return 0

    # Placing

    cdef int _settle(self) except -1 nogil:
        """Takes no more lines: puts the forms in order."""
        cdef size_t size = (self.forms.count + 1) * sizeof(uint32_t)
        cdef uint32_t* spare = <uint32_t*> _grown(NULL, size)
        cdef uint32_t number
        self.order = <uint32_t*> _grown(NULL, size)
        for number in range(self.forms.count):
            self.order[number] = number
        self._sort(self.order, spare, self.forms.count)
        free(spare)
        self.rest = _intern(&self.tokens, &REST, 1)
        self.wild = _intern(&self.tokens, &WILD, 1)
        return 0

    cdef void _sort(self, uint32_t* order, uint32_t* spare, uint32_t length) noexcept nogil:
        """By merging halves."""
        cdef uint32_t half = length // 2, left = 0, right = half, made
        if length < 2:
            return
        self._sort(order, spare, half)
        self._sort(order + half, spare, length - half)
        memcpy(spare, order, length * sizeof(uint32_t))
        for made in range(length):
            if right == length or (left < half and self._precedes(spare[left], spare[right])):
                order[made] = spare[left]
                left += 1
            else:
                order[made] = spare[right]
                right += 1

    cdef bint _precedes(self, uint32_t one, uint32_t other) noexcept nogil:
        cdef Form* mine = &self.forms.forms[one]
        cdef Form* its = &self.forms.forms[other]
        cdef uint32_t place, shorter = mine.length if mine.length < its.length else its.length
        cdef Token* token
        cdef Token* its_token
        cdef uint32_t* places = self.forms.places
        if mine.count != its.count:
            return mine.count > its.count
        for place in range(shorter):
            if places[mine.at + place] != places[its.at + place]:
                token = &self.tokens.tokens[places[mine.at + place]]
                its_token = &self.tokens.tokens[places[its.at + place]]
                return _compared(
                    self.tokens.text + token.at, token.length, self.tokens.text + its_token.at, its_token.length
                ) < 0
        return mine.length < its.length

    cdef int _place(self, const Form* form) except -1 nogil:
        cdef uint32_t node = self._leaf(form), found = self._most_similar(node, form)
        if found != NONE:
            return self._generalise(found, form)
        if self.nodes[node].templates == self.most_siblings or self.placed == self.most_templates:
            if self.nodes[node].rest != NONE:
                return self._generalise(self.nodes[node].rest, form)
            found = self._new(form)
            self.nodes[node].rest = found
            return 0
        found = self._new(form)
        if self.nodes[node].head == NONE:
            self.nodes[node].head = found
        else:
            self.templates[self.nodes[node].tail].next = found
        self.nodes[node].tail = found
        self.nodes[node].templates += 1
        self.placed += 1
        return 0

    cdef uint32_t _leaf(self, const Form* form) except? 0xFFFFFFFE nogil:
        """The node that a form belongs to: by its number of tokens and its first words."""
        cdef uint32_t node = self._child(NONE, form.length, NONE), place, number, depth = 0
        cdef Token* token
        for place in range(form.length):
            if depth == 2:
                break
            number = self.forms.places[form.at + place]
            token = &self.tokens.tokens[number]
            if not token.is_word:
                continue
            if token.key:
                memcpy(self.scratch, self.tokens.text + token.at, token.key)
                number = _intern(&self.tokens, self.scratch, token.key)
            node = self._child(node, number, self.most_branches[depth])
            depth += 1
        while depth < 2:
            node = self._child(node, self.wild, NONE)
            depth += 1
        return node

    cdef uint32_t _child(self, uint32_t parent, uint32_t word, uint32_t most) except? 0xFFFFFFFE nogil:
        """One step down the tree; to WILD where there are too many branches already."""
        cdef uint32_t slot = self._slot(parent, word)
        if self.node_slots[slot] != NONE:
            return self.node_slots[slot]
        if most != NONE:
            if self.nodes[parent].branches == most:
                return self._child(parent, self.wild, NONE)
            self.nodes[parent].branches += 1
        if self.node_count == self.node_held:
            self.node_held = 2 * self.node_held + 64
            self.nodes = <Node*> _grown(self.nodes, self.node_held * sizeof(Node))
        self.nodes[self.node_count] = Node(parent, word, 0, NONE, NONE, 0, NONE)
        self.node_slots[slot] = self.node_count
        self.node_count += 1
        if self.node_count * 2 > self.node_mask:
            self._widen_nodes()
        return self.node_count - 1

    cdef uint32_t _slot(self, uint32_t parent, uint32_t word) noexcept nogil:
        """Where a node is, or would be."""
        cdef uint64_t hashed = (((<uint64_t> parent) << 32) ^ word) * K1
        cdef uint32_t slot = <uint32_t> (hashed >> 32) & self.node_mask
        cdef Node* node
        while self.node_slots[slot] != NONE:
            node = &self.nodes[self.node_slots[slot]]
            if node.parent == parent and node.word == word:
                break
            slot = (slot + 1) & self.node_mask
        return slot

    cdef int _widen_nodes(self) except -1 nogil:
        cdef uint32_t* slots = _empty_slots(2 * <size_t> self.node_mask + 2)
        cdef uint32_t number
        free(self.node_slots)
        self.node_slots = slots
        self.node_mask = self.node_mask * 2 + 1
        for number in range(self.node_count):
            self.node_slots[self._slot(self.nodes[number].parent, self.nodes[number].word)] = number
        return 0

    cdef uint32_t _most_similar(self, uint32_t node, const Form* form) noexcept nogil:
        """The template of a group that has the most in common with a form, if that is enough."""
        cdef uint32_t chosen = NONE, best = 0, wilds = 0, number = self.nodes[node].head, score, place, left
        cdef const uint32_t* row = self.forms.places + form.at
        cdef const uint32_t* its
        cdef Template* template
        while number != NONE:
            template = &self.templates[number]
            its = self.forms.places + template.at
            score, left = 0, 2 * form.length
            for place in range(form.length):
                left -= 2
                if row[place] != its[place]:
                    score += self._agreement(its[place], row[place])
                elif its[place] != self.wild:
                    score += 2
                if score + left < form.length or score + left < best:
                    break
            else:
                if chosen == NONE or score > best or (score == best and template.wilds > wilds):
                    best, wilds, chosen = score, template.wilds, number
            number = template.next
        return chosen

    cdef uint32_t _agreement(self, uint32_t template, uint32_t token) noexcept nogil:
        """In halves, of two different tokens."""
        cdef Token* mine = &self.tokens.tokens[template]
        cdef Token* its = &self.tokens.tokens[token]
        cdef const uint8_t* text = self.tokens.text
        if template == self.wild:
            return 0
        if mine.has_wild and _fits(text + mine.at, mine.length, text + its.at, its.length):
            return 2
        return mine.key != 0 and mine.key == its.key and memcmp(text + mine.at, text + its.at, mine.key) == 0

    cdef uint32_t _new(self, const Form* form) except? 0xFFFFFFFE nogil:
        """A template as the form is. It takes the place of the form's tokens, which nobody looks at any more."""
        cdef Template* template
        cdef uint32_t place
        if self.count == self.held:
            self.held = 2 * self.held + 64
            self.templates = <Template*> _grown(self.templates, self.held * sizeof(Template))
        template = &self.templates[self.count]
        template.at, template.length, template.wilds, template.next = form.at, form.length, 0, NONE
        template.example, template.example_length = form.example, form.example_length
        template.count, template.first, template.last = form.count, form.first, form.last
        for place in range(form.length):
            template.wilds += self.forms.places[form.at + place] == self.wild
        self.count += 1
        return self.count - 1

    cdef int _generalise(self, uint32_t number, const Form* form) except -1 nogil:
        """Joins a form to a template, which from now on covers it."""
        cdef Template* template = &self.templates[number]
        cdef uint32_t place
        cdef uint32_t* its = self.forms.places + template.at
        cdef const uint32_t* row = self.forms.places + form.at
        template.wilds = 0
        for place in range(form.length):
            if its[place] != row[place]:
                its[place] = self._merged(its[place], row[place])
            template.wilds += its[place] == self.wild
        template.count += form.count
        if form.first < template.first:
            template.first = form.first
        if form.last > template.last or (
            form.last == template.last
            and _compared(form.example, form.example_length, template.example, template.example_length) < 0
        ):
            template.last = form.last
            template.example, template.example_length = form.example, form.example_length
        return 0

    cdef uint32_t _merged(self, uint32_t one, uint32_t other) except? 0xFFFFFFFE nogil:
        """What two different tokens have in common."""
        cdef Token mine = self.tokens.tokens[one]
        cdef Token its = self.tokens.tokens[other]
        cdef const uint8_t* text = self.tokens.text
        cdef size_t made
        if one == self.rest or other == self.rest:
            return self.rest
        if self.scratch_room < 2 * (<size_t> mine.length + its.length + 2):
            self.scratch_room = 4 * (<size_t> mine.length + its.length + 2)
            self.scratch = <uint8_t*> _grown(self.scratch, self.scratch_room)
        made = _word_by_word(text + mine.at, mine.length, text + its.at, its.length, self.scratch)
        if made == 0:
            made = _from_both_ends(text + mine.at, mine.length, text + its.at, its.length, self.scratch)
        return _intern(&self.tokens, self.scratch, <uint32_t> made)
