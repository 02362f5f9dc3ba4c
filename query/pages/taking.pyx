# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Values of single rows out of Parquet's pages and out of Arrow's arrays, and tests of all of them.

A run of rows, which is a page or an array, is opened once: then the value of any of its rows is at hand, and it never
changes again. What is in pages is believed of nobody: every length, code and count is held against the bytes that are
there before anything is read by it, and what does not fit is a ValueError. Arrow's arrays are believed to be what Arrow
says they are; only their ends are held against their buffers. Formats:
https://parquet.apache.org/docs/file-format/data-pages/encodings/, https://arrow.apache.org/docs/format/Columnar.html.

Nothing here holds the interpreter while it opens or tests. A run is given to the others only when it is whole, by a
thread that holds the interpreter.
"""

from cpython.buffer cimport (
    PyBUF_C_CONTIGUOUS,
    PyBUF_FORMAT,
    PyBUF_SIMPLE,
    PyBUF_WRITABLE,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.pycapsule cimport PyCapsule_Destructor, PyCapsule_GetPointer, PyCapsule_New
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memchr, memcmp, memcpy, memset

import numpy as _np

from query.pages.arrow cimport ARROW_FLAG_NULLABLE, ArrowArray, ArrowSchema
from query.pages.thrift cimport Cursor, PageHeader, _page_header, _pass, _short

cdef extern from "Python.h":
    object PyMemoryView_FromObject(object)
    Py_buffer* PyMemoryView_GET_BUFFER(object)
    int PyBuffer_IsContiguous(const Py_buffer*, char)

cdef extern from *:
    int _trailing_zeros "__builtin_ctzll" (unsigned long long) noexcept nogil
    void _prefetch "__builtin_prefetch" (const void*) noexcept nogil

cdef enum:
    MOST_ROWS = 0x7FFFFFFF
    MOST_BYTES = 0x7FFFFFFF  # of a page, and of the texts of an Arrow array: what either can say
    LEAST_VALUE_BYTES = 4  # of a value in a dictionary: the length of a text
    SPARSE = 64  # where fewer than one row in so many has a mark, rows are tested one by one
    ZONE = 64  # numbers of which the least and the most are known: more are passed over in fewer zones, fewer at a time
    BLOCK = 64  # bytes that are looked at together for the rarest characters of a text
    TAIL_BITS = 10

cdef enum Physical:
    BOOLEAN = 0
    INT64 = 2
    DOUBLE = 5
    BYTE_ARRAY = 6

cdef enum Encoding:
    PLAIN = 0
    PLAIN_DICTIONARY = 2
    DELTA_BINARY_PACKED = 5
    DELTA_LENGTH_BYTE_ARRAY = 6
    RLE_DICTIONARY = 8

cdef enum Form:
    NUMBERS = 1
    BITS = 2
    TEXTS = 3
    CODES = 4

cdef enum Presence:
    ALL = 0
    NONE = 1
    RANKS = 2  # values stand one after the other, and each row knows the place of its own
    SLOTS = 3  # as in Arrow: a missing value has a place too, and a bit says that it is missing

cdef enum Kind:
    NOTHING = 0
    IS_ANY = 1
    HAS = 2
    BETWEEN = 3
    BETWEEN_FLOATS = 4
    IS_TRUTH = 5
    IS_PRESENT = 6

cdef enum Status:
    FINE = 0
    DAMAGED = -1
    NO_MEMORY = -2

cdef struct Bytes:
    const uint8_t* at
    Py_ssize_t size

cdef struct Span:
    # Of some numbers, with a sign.
    int64_t least
    int64_t most

cdef struct Run:
    int form
    int presence
    Py_ssize_t rows
    Py_ssize_t values  # places of values
    const int32_t* ranks  # by row, -1: missing
    const uint8_t* valid  # bits by row, from `first`
    Py_ssize_t first  # of the bits, also of the form BITS
    const uint8_t* data  # numbers of 8 bytes (not aligned), bits, bytes of texts, codes
    const uint32_t* starts  # of the texts in `data`, and one more; NULL: each has `length` bytes
    Py_ssize_t length
    uint32_t gap  # bytes between a text and the next one
    int width  # bytes of a code
    const Span* spans  # of each ZONE numbers of an INT64 page that every row has one of; NULL: not known
    const Run* dictionary
    void* own_ranks
    void* own_values
    void* own_spans
    Py_ssize_t held  # bytes of these
    bint points  # whether `data` is in the content, which has to be kept then

cdef struct Trial:
    int kind
    # HAS: characters with capitals made small, what makes them so (0x20 of a letter), and the places of the rarest two.
    const uint8_t* small
    const uint8_t* folds
    Py_ssize_t size
    Py_ssize_t rarest
    Py_ssize_t rare
    bint before
    bint after
    # IS_ANY: sorted by length first; bits of the lengths (63: that or more), and of the hashes of last eight bytes.
    const Bytes* texts
    Py_ssize_t count
    uint64_t lengths
    uint64_t[16] tails
    # BETWEEN: of numbers modulo 2**64, signed or not, those from `least` on, `span` at most above it.
    uint64_t least
    uint64_t span
    double least_float
    double most_float
    bint truth
    bint is_vain  # nothing passes

cdef uint8_t EMPTY = 0
"""What stands in where there are no bytes to point to."""

cdef str COMMONEST_FIRST = " etaoinrs0d1lc2um3pg5h48y96.7f:/-_bwvk\"',=xjqz()[]{}<>&;+*#?!@%$\\|`~^"
"""Characters of lines of logs, capitals as small ones; all others are rarer."""

cdef uint8_t[256] COMMON
for _at in range(256):
    COMMON[_at] = 0
for _at, _char in enumerate(COMMONEST_FIRST):
    COMMON[ord(_char)] = 200 - _at


# Bytes

cdef inline uint64_t _word(const uint8_t* at) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, at, 8)
    return word


cdef inline double _float(const uint8_t* at) noexcept nogil:
    cdef double number
    memcpy(&number, at, 8)
    return number


cdef inline bint _bit(const uint8_t* bits, Py_ssize_t at) noexcept nogil:
    return bits[at >> 3] >> (at & 7) & 1


cdef inline bint _read(Cursor* c, uint64_t* value) noexcept nogil:
    """Reads a number of seven bits a byte; whether there is one."""
    cdef int shift = 0
    cdef uint8_t byte
    value[0] = 0
    while c.at < c.end and shift < 64:
        byte = c.at[0]
        c.at += 1
        value[0] |= <uint64_t>(byte & 127) << shift
        if byte < 128:
            return True
        shift += 7
    return False


cdef inline uint64_t _signed(uint64_t value) noexcept nogil:
    """Of a number in zigzag."""
    return (value >> 1) ^ (0 - (value & 1))


cdef inline uint64_t _mask(int width) noexcept nogil:
    return 0xFFFFFFFFFFFFFFFFULL if width == 64 else (<uint64_t>1 << width) - 1


cdef uint64_t _packed(const uint8_t* at, const uint8_t* end, Py_ssize_t place, int width) noexcept nogil:
    """A number among others of so many bits, which is within the bytes; no others are read."""
    cdef uint64_t bit = <uint64_t>place * width, value = 0
    cdef int got = 0
    cdef int skipped = bit & 7
    at += bit >> 3
    while got < width and at < end:
        value |= <uint64_t>(at[0] >> skipped) << got
        got += 8 - skipped
        skipped = 0
        at += 1
    return value & _mask(width)


cdef inline Py_ssize_t _swift(const uint8_t* at, const uint8_t* end, Py_ssize_t count, int width) noexcept nogil:
    """How many of the first numbers of so many bits may be read by eight bytes at once."""
    cdef Py_ssize_t room = end - at - 8
    if width > 56 or room < 0:
        return 0
    return count if width == 0 else min(count, room * 8 // width + 1)


# Opening pages

cdef int _levels(Run* run, Cursor* c) noexcept nogil:
    """Reads which rows have a value: runs and bits after the number of bytes of both."""
    cdef uint32_t length
    cdef uint64_t header, count
    cdef Py_ssize_t row = 0, each, many
    cdef int32_t value = 0
    cdef int32_t* ranks
    cdef uint8_t bits
    cdef Cursor levels
    if c.end - c.at < 4:
        return DAMAGED
    memcpy(&length, c.at, 4)
    c.at += 4
    if length > <uint64_t>(c.end - c.at):
        return DAMAGED
    levels.at, levels.end = c.at, c.at + length
    c.at += length
    ranks = <int32_t*>malloc(run.rows * sizeof(int32_t))
    if ranks == NULL:
        return NO_MEMORY
    run.own_ranks = ranks
    while row < run.rows:
        if not _read(&levels, &header):
            return DAMAGED
        count = header >> 1
        if count == 0:
            return DAMAGED
        if header & 1 == 0:
            if count > <uint64_t>(run.rows - row) or levels.at == levels.end or levels.at[0] > 1:
                return DAMAGED
            many = <Py_ssize_t>count
            if many == run.rows:
                value = <int32_t>many if levels.at[0] else 0
            elif levels.at[0]:
                for each in range(many):
                    ranks[row + each] = value + <int32_t>each
                value += <int32_t>many
            else:
                memset(ranks + row, 255, many * sizeof(int32_t))
            levels.at += 1
            row += many
            continue
        if count > <uint64_t>(levels.end - levels.at):
            return DAMAGED
        many = min(<Py_ssize_t>count * 8, run.rows - row)
        for each in range(many):
            bits = levels.at[each >> 3] >> (each & 7) & 1
            ranks[row + each] = value if bits else -1
            value += bits
        levels.at += count
        row += many
    run.values = value
    if value == 0 or value == run.rows:
        run.presence = NONE if value == 0 else ALL
        free(ranks)
        run.own_ranks = NULL
        return FINE
    run.presence = RANKS
    run.ranks = ranks
    run.held += run.rows * sizeof(int32_t)
    return FINE


cdef int _plain_texts(Run* run, Cursor* c) noexcept nogil:
    cdef Py_ssize_t at
    cdef uint32_t length
    cdef const uint8_t* start = c.at
    cdef uint32_t* starts
    if run.values > (c.end - c.at) // 4:
        return DAMAGED
    starts = <uint32_t*>malloc((run.values + 1) * sizeof(uint32_t))
    if starts == NULL:
        return NO_MEMORY
    run.own_values = starts
    for at in range(run.values):
        if c.end - c.at < 4:
            return DAMAGED
        memcpy(&length, c.at, 4)
        c.at += 4
        if length > <uint64_t>(c.end - c.at):
            return DAMAGED
        starts[at] = <uint32_t>(c.at - start)
        c.at += length
    starts[run.values] = <uint32_t>(c.at - start) + 4
    run.form, run.gap, run.points = TEXTS, 4, True
    run.data, run.starts = start, starts
    run.held += (run.values + 1) * sizeof(uint32_t)
    return FINE


cdef int _plain(Run* run, Cursor* c, int physical) noexcept nogil:
    if physical == BYTE_ARRAY:
        return _plain_texts(run, c)
    if physical == BOOLEAN:
        if (run.values + 7) >> 3 > c.end - c.at:
            return DAMAGED
        run.form = BITS
    else:
        if run.values > (c.end - c.at) // 8:
            return DAMAGED
        run.form = NUMBERS
    run.data, run.points = c.at, True
    return FINE


cdef uint64_t _sum_up(uint64_t* sums, const uint8_t* at, const uint8_t* end, Py_ssize_t count, int width,
                      uint64_t least, uint64_t value) noexcept nogil:
    """Adds the differences to the value before, modulo 2**64."""
    cdef Py_ssize_t place, swift = _swift(at, end, count, width)
    cdef uint64_t bit = 0, mask = _mask(width)
    if width == 0:
        for place in range(count):
            value += least
            sums[place] = value
        return value
    for place in range(swift):
        value += least + ((_word(at + (bit >> 3)) >> (bit & 7)) & mask)
        sums[place] = value
        bit += width
    for place in range(swift, count):
        value += least + _packed(at, end, place, width)
        sums[place] = value
    return value


cdef int _deltas(Cursor* c, Py_ssize_t count, uint64_t* sums) noexcept nogil:
    """Reads as many numbers, at least one, and passes over all that belongs to them."""
    cdef uint64_t block, portions, total, value, least, portion, bits
    cdef Py_ssize_t at = 1, many
    cdef const uint8_t* widths
    cdef uint64_t place
    if not (_read(c, &block) and _read(c, &portions) and _read(c, &total) and _read(c, &value)):
        return DAMAGED
    if portions == 0 or block > MOST_ROWS or block % portions or total != <uint64_t>count:
        return DAMAGED
    portion = block // portions
    if portion == 0 or portion % 32:
        return DAMAGED
    sums[0] = value = _signed(value)
    while at < count:
        if not _read(c, &least) or portions > <uint64_t>(c.end - c.at):
            return DAMAGED
        least = _signed(least)
        widths = c.at
        c.at += portions
        for place in range(portions):
            # Those that no value is left for have a width, which means nothing, and no bytes.
            if at == count:
                break
            if widths[place] > 64:
                return DAMAGED
            many = min(<Py_ssize_t>portion, count - at)
            if (<uint64_t>many * widths[place] + 7) >> 3 > <uint64_t>(c.end - c.at):
                return DAMAGED
            value = _sum_up(sums + at, c.at, c.end, many, widths[place], least, value)
            bits = portion * widths[place]
            c.at += min(bits >> 3, <uint64_t>(c.end - c.at))
            at += many
    return FINE


cdef int _delta_numbers(Run* run, Cursor* c) noexcept nogil:
    cdef uint64_t* numbers = <uint64_t*>malloc(run.values * sizeof(uint64_t))
    if numbers == NULL:
        return NO_MEMORY
    run.own_values = numbers
    run.form, run.data = NUMBERS, <const uint8_t*>numbers
    run.held += run.values * sizeof(uint64_t)
    return _deltas(c, run.values, numbers)


cdef int _starts_of(Run* run, const uint64_t* lengths, uint64_t room) noexcept nogil:
    """Where texts of so many bytes begin that stand one after the other in so much room."""
    cdef Py_ssize_t at
    cdef uint32_t length, first = <uint32_t>lengths[0]
    cdef uint64_t sum = 0
    cdef uint32_t differ = 0
    cdef uint32_t* starts
    for at in range(run.values):
        # A length has 32 bits, and so have its differences, but some writers make 64 of them.
        length = <uint32_t>lengths[at]
        sum += length
        differ |= length ^ first
        if length > MOST_BYTES:
            return DAMAGED
    if sum > room:
        return DAMAGED
    if differ == 0:
        run.length = first
        return FINE
    starts = <uint32_t*>malloc((run.values + 1) * sizeof(uint32_t))
    if starts == NULL:
        return NO_MEMORY
    run.own_values = starts
    sum = 0
    for at in range(run.values):
        starts[at] = <uint32_t>sum
        sum += <uint32_t>lengths[at]
    starts[run.values] = <uint32_t>sum
    run.starts = starts
    run.held += (run.values + 1) * sizeof(uint32_t)
    return FINE


cdef int _delta_texts(Run* run, Cursor* c) noexcept nogil:
    cdef int status
    cdef uint64_t* lengths = <uint64_t*>malloc(run.values * sizeof(uint64_t))
    if lengths == NULL:
        return NO_MEMORY
    status = _deltas(c, run.values, lengths)
    if status == FINE:
        status = _starts_of(run, lengths, c.end - c.at)
    free(lengths)
    run.form, run.points = TEXTS, True
    run.data = c.at
    return status


ctypedef fused Code:
    uint8_t
    uint16_t
    uint32_t


cdef uint32_t _unpack(Code* codes, const uint8_t* at, const uint8_t* end, Py_ssize_t count, int width) noexcept nogil:
    """Reads numbers of at most 32 bits; the largest, or one with all of its bits and more."""
    cdef Py_ssize_t place, swift = _swift(at, end, count, width)
    cdef Py_ssize_t eights = swift & ~7 if width <= 8 else 0
    cdef uint64_t bit, mask = _mask(width), word
    cdef uint32_t code, seen = 0
    cdef int each
    for place from 0 <= place < eights by 8:
        word = _word(at + (place >> 3) * width)
        for each in range(8):
            codes[place + each] = <Code>(word & mask)
            word >>= width
    for place in range(eights):
        seen = max(seen, <uint32_t>codes[place])
    bit = <uint64_t>eights * width
    for place in range(eights, swift):
        code = <uint32_t>((_word(at + (bit >> 3)) >> (bit & 7)) & mask)
        seen = max(seen, code)
        codes[place] = <Code>code
        bit += width
    for place in range(swift, count):
        code = <uint32_t>_packed(at, end, place, width)
        seen = max(seen, code)
        codes[place] = <Code>code
    return seen


cdef int _read_codes(Code* codes, Cursor* c, Py_ssize_t count, uint64_t most) noexcept nogil:
    """Reads so many codes smaller than `most`: after their number of bits, runs of one and packed ones."""
    cdef uint64_t header, length, code
    cdef Py_ssize_t at = 0, many, each
    cdef int width, octets, octet
    if c.at == c.end or c.at[0] > 32:
        return DAMAGED
    width = c.at[0]
    octets = (width + 7) >> 3
    c.at += 1
    while at < count:
        if not _read(c, &header):
            return DAMAGED
        length = header >> 1
        if length == 0 or length > <uint64_t>count:
            return DAMAGED
        if header & 1:
            if length * width > <uint64_t>(c.end - c.at):
                return DAMAGED
            many = min(<Py_ssize_t>length * 8, count - at)
            if _unpack(codes + at, c.at, c.end, many, width) >= most:
                return DAMAGED
            c.at += length * width
            at += many
            continue
        if octets > c.end - c.at or length > <uint64_t>(count - at):
            return DAMAGED
        code = 0
        for octet in range(octets):
            code |= <uint64_t>c.at[octet] << (8 * octet)
        c.at += octets
        if code >= most:
            return DAMAGED
        for each in range(<Py_ssize_t>length):
            codes[at + each] = <Code>code
        at += <Py_ssize_t>length
    return FINE


cdef int _coded(Run* run, Cursor* c, const Run* dictionary) noexcept nogil:
    cdef uint64_t most = dictionary.values
    run.form, run.dictionary = CODES, dictionary
    run.width = 1 if most <= 1 << 8 else 2 if most <= 1 << 16 else 4
    run.own_values = malloc(run.values * run.width)
    if run.own_values == NULL:
        return NO_MEMORY
    run.data = <const uint8_t*>run.own_values
    run.held += run.values * run.width
    if run.width == 1:
        return _read_codes(<uint8_t*>run.own_values, c, run.values, most)
    if run.width == 2:
        return _read_codes(<uint16_t*>run.own_values, c, run.values, most)
    return _read_codes(<uint32_t*>run.own_values, c, run.values, most)


cdef int _open(Run* run, Cursor* c, Py_ssize_t rows, int physical, int encoding, bint optional,
               const Run* dictionary) noexcept nogil:
    """Opens a page of so many rows, into what is all zeros yet."""
    cdef int status
    run.rows = run.values = rows
    run.form = TEXTS if physical == BYTE_ARRAY else BITS if physical == BOOLEAN else NUMBERS
    if optional and rows:
        status = _levels(run, c)
        if status != FINE:
            return status
    if run.values == 0:
        run.presence = NONE
        return FINE
    if encoding == PLAIN:
        status = _plain(run, c, physical)
    elif encoding == DELTA_BINARY_PACKED:
        status = _delta_numbers(run, c)
    elif encoding == DELTA_LENGTH_BYTE_ARRAY:
        status = _delta_texts(run, c)
    else:
        status = _coded(run, c, dictionary)
    if status == FINE and physical == INT64 and run.form == NUMBERS and run.presence == ALL:
        status = _find_spans(run)
    return status


cdef int _find_spans(Run* run) noexcept nogil:
    cdef Py_ssize_t zones = (run.values + ZONE - 1) // ZONE, zone, at
    cdef int64_t number, least, most
    cdef Span* spans = <Span*>malloc(zones * sizeof(Span))
    if spans == NULL:
        return NO_MEMORY
    run.own_spans = spans
    for zone in range(zones):
        least = most = <int64_t>_word(run.data + zone * ZONE * 8)
        for at in range(zone * ZONE, min((zone + 1) * ZONE, run.values)):
            number = <int64_t>_word(run.data + at * 8)
            least = number if number < least else least
            most = number if number > most else most
        spans[zone].least, spans[zone].most = least, most
    run.spans = spans
    run.held += zones * sizeof(Span)
    return FINE


cdef void _let_go(Run* run) noexcept nogil:
    if run != NULL:
        free(run.own_ranks)
        free(run.own_values)
        free(run.own_spans)
        free(run)


# Values

cdef inline Py_ssize_t _index(const Run* run, Py_ssize_t row) noexcept nogil:
    """The place of the value of a row, -1: it is missing."""
    if run.presence == ALL:
        return row
    if run.presence == RANKS:
        return run.ranks[row]
    if run.presence == SLOTS and _bit(run.valid, run.first + row):
        return row
    return -1


cdef inline Py_ssize_t _code(const Run* run, Py_ssize_t at) noexcept nogil:
    if run.width == 1:
        return run.data[at]
    if run.width == 2:
        return (<const uint16_t*>run.data)[at]
    return (<const uint32_t*>run.data)[at]


cdef inline const Run* _decoded(const Run* run, Py_ssize_t* at) noexcept nogil:
    """Where the value at a place stands, which is changed to be its place there; -1: it is missing."""
    cdef Py_ssize_t code
    if run.form != CODES or at[0] < 0:
        return run
    code = _code(run, at[0])
    at[0] = _index(run.dictionary, code) if code < run.dictionary.values else -1
    return run.dictionary


cdef inline Bytes _text(const Run* run, Py_ssize_t at) noexcept nogil:
    cdef Bytes text
    if run.starts == NULL:
        text.at, text.size = run.data + at * run.length, run.length
    else:
        text.at, text.size = run.data + run.starts[at], run.starts[at + 1] - run.gap - run.starts[at]
    return text


# Texts that occur

cdef inline uint64_t _others(const uint8_t* at, uint8_t fold, uint8_t small) noexcept nogil:
    """Eight bytes, of which those are 0 that are this character in either case."""
    cdef uint64_t ones = 0x0101010101010101ULL
    return (_word(at) | ones * fold) ^ ones * small


cdef inline uint64_t _here(const Trial* trial, const uint8_t* at) noexcept nogil:
    """Of the eight places from here on, those where the rarest two characters are: the highest bit of their bytes."""
    cdef uint64_t low = 0x7F7F7F7F7F7F7F7FULL
    cdef uint64_t other = _others(at + trial.rarest, trial.folds[trial.rarest], trial.small[trial.rarest])
    other |= _others(at + trial.rare, trial.folds[trial.rare], trial.small[trial.rare])
    return ~(((other & low) + low) | other | low)


cdef inline bint _near(const uint8_t* rarest, const uint8_t* rare, uint8_t fold, uint8_t small, uint8_t other_fold,
                       uint8_t other_small) noexcept nogil:
    """Whether there is such a place among those of a block."""
    cdef uint8_t found = 0
    cdef int each
    for each in range(BLOCK):
        found |= <uint8_t>((rarest[each] | fold) == small) & <uint8_t>((rare[each] | other_fold) == other_small)
    return found


cdef inline bint _same(const Trial* trial, const uint8_t* at) noexcept nogil:
    cdef Py_ssize_t each
    for each in range(trial.size):
        if (at[each] | trial.folds[each]) != trial.small[each]:
            return False
    return True


cdef const uint8_t* _seek(const Trial* trial, const uint8_t* at, const uint8_t* end) noexcept nogil:
    """The first place from here on where the text is, whatever stands around it; NULL: none."""
    cdef const uint8_t* last
    cdef const uint8_t* until
    cdef Py_ssize_t rarest = trial.rarest, rare = trial.rare
    cdef uint8_t fold = trial.folds[rarest], small = trial.small[rarest]
    cdef uint8_t other_fold = trial.folds[rare], other_small = trial.small[rare]
    cdef uint64_t found
    cdef const uint8_t* place
    if end - at < trial.size:
        return NULL
    last = end - trial.size
    while last - at >= 7:
        until = at + 8
        if last - at >= BLOCK - 1:
            until = at + BLOCK
            if not _near(at + rarest, at + rare, fold, small, other_fold, other_small):
                at = until
        while at < until:
            found = _here(trial, at)
            while found:
                place = at + (_trailing_zeros(found) >> 3)
                if _same(trial, place):
                    return place
                found &= found - 1
            at += 8
    while at <= last:
        if (at[rarest] | fold) == small and _same(trial, at):
            return at
        at += 1
    return NULL


cdef inline bint _is_word(uint8_t byte) noexcept nogil:
    return byte >= 128 or 97 <= byte | 32 <= 122 or 48 <= byte <= 57 or byte == 95


cdef inline bint _is_apart(const Trial* trial, Bytes text, const uint8_t* at) noexcept nogil:
    """Whether what was found in a text has the borders that it should have."""
    cdef const uint8_t* end = at + trial.size
    if trial.before and at > text.at and _is_word((at - 1)[0]):
        return False
    return not (trial.after and end < text.at + text.size and _is_word(end[0]))


cdef bint _occurs(const Trial* trial, Bytes text) noexcept nogil:
    cdef const uint8_t* at = text.at
    while True:
        at = _seek(trial, at, text.at + text.size)
        if at == NULL:
            return False
        if _is_apart(trial, text, at):
            return True
        at += 1


cdef Py_ssize_t _text_of(const Run* run, Py_ssize_t first, Py_ssize_t last, uint32_t position) noexcept nogil:
    """Which of some texts begins last at or before a position, which is not before the first."""
    cdef Py_ssize_t step = 1, middle
    if run.starts == NULL:
        return position // run.length
    while first + step <= last and run.starts[first + step] <= position:
        first += step
        step *= 2
    last = min(last, first + step)
    while first < last:
        middle = (first + last + 1) >> 1
        if run.starts[middle] <= position:
            first = middle
        else:
            last = middle - 1
    return first


cdef void _have(const Trial* trial, const Run* run, Py_ssize_t first, Py_ssize_t last, uint8_t* passed) noexcept nogil:
    """Which of the texts from the first to the last one have that of the test; they are looked through as one."""
    cdef Py_ssize_t place = first
    cdef Bytes text = _text(run, last)
    cdef const uint8_t* end = text.at + text.size
    cdef const uint8_t* at = _text(run, first).at
    memset(passed, 0, last - first + 1)
    while True:
        at = _seek(trial, at, end)
        if at == NULL:
            return
        place = _text_of(run, place, last, <uint32_t>(at - run.data))
        text = _text(run, place)
        if at + trial.size <= text.at + text.size:
            if not _is_apart(trial, text, at):
                at += 1
                continue
            passed[place - first] = 1
        if place == last:
            return
        place += 1
        at = _text(run, place).at


# Texts that are among others

cdef inline uint32_t _tail(const uint8_t* end) noexcept nogil:
    return <uint32_t>((_word(end - 8) * 0x9E3779B97F4A7C15ULL) >> (64 - TAIL_BITS))


cdef inline bint _is_any(const Trial* trial, Bytes text) noexcept nogil:
    cdef Py_ssize_t low = 0, high = trial.count, middle
    cdef uint32_t tail
    cdef int order
    if not trial.lengths >> min(text.size, 63) & 1:
        return False
    if text.size >= 8:
        tail = _tail(text.at + text.size)
        if not trial.tails[tail >> 6] >> (tail & 63) & 1:
            return False
    while low < high:
        middle = (low + high) >> 1
        if trial.texts[middle].size != text.size:
            order = -1 if trial.texts[middle].size < text.size else 1
        else:
            order = memcmp(trial.texts[middle].at, text.at, text.size)
        if order == 0:
            return True
        if order < 0:
            low = middle + 1
        else:
            high = middle
    return False


cdef void _are_any(const Trial* trial, const Run* run, Py_ssize_t first,
                   Py_ssize_t last, uint8_t* passed) noexcept nogil:
    cdef Py_ssize_t at
    if run.starts == NULL and not trial.lengths >> min(run.length, 63) & 1:
        memset(passed, 0, last - first + 1)
        return
    for at in range(first, last + 1):
        passed[at - first] = _is_any(trial, _text(run, at))


# Tests

cdef bint _passes(const Trial* trial, const Run* run, Py_ssize_t at) noexcept nogil:
    """Whether the value at a place passes."""
    run = _decoded(run, &at)
    if at < 0:
        return False
    if trial.kind == IS_ANY:
        return _is_any(trial, _text(run, at))
    if trial.kind == HAS:
        return _occurs(trial, _text(run, at))
    if trial.kind == BETWEEN:
        return _word(run.data + at * 8) - trial.least <= trial.span
    if trial.kind == BETWEEN_FLOATS:
        return trial.least_float <= _float(run.data + at * 8) <= trial.most_float
    if trial.kind == IS_TRUTH:
        return _bit(run.data, run.first + at) == trial.truth
    return True


cdef void _numbers_pass(const Trial* trial, const uint8_t* numbers, Py_ssize_t count, uint8_t* passed) noexcept nogil:
    cdef Py_ssize_t at
    cdef uint64_t least = trial.least, span = trial.span
    for at in range(count):
        passed[at] = _word(numbers + at * 8) - least <= span


cdef void _floats_pass(const Trial* trial, const uint8_t* numbers, Py_ssize_t count, uint8_t* passed) noexcept nogil:
    cdef Py_ssize_t at
    cdef double least = trial.least_float, most = trial.most_float, number
    for at in range(count):
        number = _float(numbers + at * 8)
        passed[at] = <uint8_t>(number >= least) & <uint8_t>(number <= most)


cdef void _all_pass(const Trial* trial, const Run* run, Py_ssize_t first,
                    Py_ssize_t last, uint8_t* passed) noexcept nogil:
    """Which of the values from the first to the last one pass, but for codes; those of missing rows mean nothing."""
    cdef Py_ssize_t at
    if trial.kind == HAS:
        _have(trial, run, first, last, passed)
    elif trial.kind == IS_ANY:
        _are_any(trial, run, first, last, passed)
    elif trial.kind == BETWEEN:
        _numbers_pass(trial, run.data + first * 8, last - first + 1, passed)
    elif trial.kind == BETWEEN_FLOATS:
        _floats_pass(trial, run.data + first * 8, last - first + 1, passed)
    elif trial.kind == IS_TRUTH:
        for at in range(first, last + 1):
            passed[at - first] = _bit(run.data, run.first + at) == trial.truth
    else:
        memset(passed, 1, last - first + 1)


cdef struct Verdicts:
    const Run* dictionary
    uint8_t* passed  # by code


cdef int _judge(Verdicts* verdicts, const Trial* trial, const Run* dictionary) noexcept nogil:
    cdef Py_ssize_t at
    free(verdicts.passed)
    verdicts.dictionary = NULL
    verdicts.passed = <uint8_t*>malloc(dictionary.values + 1)
    if verdicts.passed == NULL:
        return NO_MEMORY
    if dictionary.values and dictionary.presence != NONE:
        _all_pass(trial, dictionary, 0, dictionary.values - 1, verdicts.passed)
    for at in range(dictionary.values):
        if _index(dictionary, at) < 0:
            verdicts.passed[at] = 0
    verdicts.dictionary = dictionary
    return FINE


cdef void _codes_pass(const Code* codes, const Verdicts* verdicts, Py_ssize_t count, uint8_t* passed) noexcept nogil:
    cdef Py_ssize_t at
    cdef uint64_t most = verdicts.dictionary.values
    cdef const uint8_t* by_code = verdicts.passed
    for at in range(count):
        # Arrow may have anything where a value is missing; what is of pages has been looked at.
        if Code is uint32_t:
            passed[at] = by_code[codes[at]] if codes[at] < most else 0
        else:
            passed[at] = by_code[codes[at]]


cdef void _coded_pass(const Run* run, const Verdicts* verdicts, Py_ssize_t first, Py_ssize_t last,
                      uint8_t* passed) noexcept nogil:
    if run.width == 1:
        _codes_pass(run.data + first, verdicts, last - first + 1, passed)
    elif run.width == 2:
        _codes_pass(<const uint16_t*>run.data + first, verdicts, last - first + 1, passed)
    else:
        _codes_pass(<const uint32_t*>run.data + first, verdicts, last - first + 1, passed)


cdef Py_ssize_t _sum(const uint8_t* marks, Py_ssize_t count) noexcept nogil:
    """How many marks there are, eight bytes at a time, each of which can count to 255."""
    cdef Py_ssize_t at = 0, sum = 0, until
    cdef uint64_t sums, odd = 0x00FF00FF00FF00FFULL
    while count - at >= 8:
        until = at + min((count - at) >> 3, 255) * 8
        sums = 0
        while at < until:
            sums += _word(marks + at)
            at += 8
        sum += (((sums & odd) + (sums >> 8 & odd)) * 0x0001000100010001ULL) >> 48
    while at < count:
        sum += marks[at]
        at += 1
    return sum


cdef Py_ssize_t _first_mark(const uint8_t* marks, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """The first row with a mark from one to another one, or the one behind those."""
    cdef const uint8_t* found = <const uint8_t*>memchr(marks + first, 1, last - first + 1) if first <= last else NULL
    return last + 1 if found == NULL else found - marks


cdef Py_ssize_t _last_mark(const uint8_t* marks, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """The last such row, or the one before them."""
    while last - first >= 7 and _word(marks + last - 7) == 0:
        last -= 8
    while last >= first and marks[last] == 0:
        last -= 1
    return last


cdef void _mark_each(const Trial* trial, const Run* run, uint8_t* marks,
                     Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Tests the rows with a mark, one by one."""
    cdef Py_ssize_t row = _first_mark(marks, first, last), at
    while row <= last:
        at = _index(run, row)
        if at < 0 or not _passes(trial, run, at):
            marks[row] = 0
        row = _first_mark(marks, row + 1, last)


cdef int _mark_all(const Trial* trial, const Run* run, uint8_t* marks, Py_ssize_t first, Py_ssize_t last,
                   Verdicts* verdicts) noexcept nogil:
    """Tests all values of the rows from the first to the last one, which both have one."""
    cdef Py_ssize_t row, low = _index(run, first), high = _index(run, last)
    cdef uint8_t* held = <uint8_t*>malloc(high - low + 2)
    cdef uint8_t* passed = held + 1
    if held == NULL:
        return NO_MEMORY
    # What stands before all values is what becomes of missing ones.
    held[0] = 0
    if run.form == CODES:
        _coded_pass(run, verdicts, low, high, passed)
    else:
        _all_pass(trial, run, low, high, passed)
    if run.presence == ALL:
        for row in range(first, last + 1):
            marks[row] &= passed[row - first]
    elif run.presence == RANKS:
        for row in range(first, last + 1):
            marks[row] &= passed[max(run.ranks[row] - low, -1)]
    else:
        for row in range(first, last + 1):
            marks[row] &= passed[row - first] & <uint8_t>_bit(run.valid, run.first + row)
    free(held)
    return FINE


cdef bint _has_ends(const Trial* trial) noexcept nogil:
    """Whether what passes is all that is between two numbers with a sign, as both kinds of numbers mostly have it."""
    return trial.kind == BETWEEN and <int64_t>trial.least <= <int64_t>(trial.least + trial.span)


cdef void _mark_by_spans(const Trial* trial, const Run* run, uint8_t* marks) noexcept nogil:
    """Looks at the numbers only where some may pass and others may not."""
    cdef int64_t least = <int64_t>trial.least, most = <int64_t>(trial.least + trial.span)
    cdef Py_ssize_t zone, first, many, at
    cdef uint8_t[ZONE] passed
    for zone in range((run.rows + ZONE - 1) // ZONE):
        first = zone * ZONE
        many = min(<Py_ssize_t>ZONE, run.rows - first)
        if run.spans[zone].most < least or run.spans[zone].least > most:
            memset(marks + first, 0, many)
        elif run.spans[zone].least < least or run.spans[zone].most > most:
            _numbers_pass(trial, run.data + first * 8, many, passed)
            for at in range(many):
                marks[first + at] &= passed[at]


cdef int _mark(const Trial* trial, const Run* run, uint8_t* marks, Verdicts* verdicts) noexcept nogil:
    """Takes the marks of rows whose values do not pass."""
    cdef Py_ssize_t first = 0, last = run.rows - 1, count = _sum(marks, run.rows)
    if count == 0:
        return FINE
    if run.presence == NONE or trial.is_vain:
        memset(marks, 0, run.rows)
        return FINE
    # Only what lies between a row with a mark and a value and the last such row is looked at.
    first = _first_mark(marks, first, last)
    while first <= last and _index(run, first) < 0:
        marks[first] = 0
        first = _first_mark(marks, first + 1, last)
    last = _last_mark(marks, first, last)
    while first <= last and _index(run, last) < 0:
        marks[last] = 0
        last = _last_mark(marks, first, last - 1)
    if first > last:
        return FINE
    if count * SPARSE < last - first + 1:
        _mark_each(trial, run, marks, first, last)
        return FINE
    if run.spans != NULL and _has_ends(trial):
        _mark_by_spans(trial, run, marks)
        return FINE
    if run.form == CODES and verdicts.dictionary != run.dictionary:
        if count * 8 < run.dictionary.values:
            _mark_each(trial, run, marks, first, last)
            return FINE
        if _judge(verdicts, trial, run.dictionary) != FINE:
            return NO_MEMORY
    return _mark_all(trial, run, marks, first, last, verdicts)


cdef int _raise(int status) except -1:
    if status == NO_MEMORY:
        raise MemoryError
    if status == DAMAGED:
        raise ValueError("a page is not what it is said to be")
    return 0


cdef Test _between(uint64_t least, uint64_t span, bint is_empty):
    cdef Test test = Test.__new__(Test)
    test.trial.kind, test.trial.least, test.trial.span, test.trial.is_vain = BETWEEN, least, span, is_empty
    return test


cdef class Test:
    """A test of single values. A missing value never passes. It never changes, and several threads may use it."""
    cdef Trial trial
    cdef Bytes* texts
    cdef list kept

    def __dealloc__(self):
        free(self.texts)

    @staticmethod
    def is_any(texts):
        """The text is one of these."""
        cdef Test test = Test.__new__(Test)
        cdef Trial* trial = &test.trial
        cdef Py_ssize_t at
        cdef uint32_t tail
        cdef bytes text
        test.kept = sorted(set(texts), key=lambda text: (len(text), text))
        test.texts = <Bytes*>malloc((len(test.kept) + 1) * sizeof(Bytes))
        if test.texts == NULL:
            raise MemoryError
        trial.kind, trial.texts, trial.count = IS_ANY, test.texts, len(test.kept)
        for at in range(trial.count):
            text = test.kept[at]
            test.texts[at].at, test.texts[at].size = <const uint8_t*>PyBytes_AS_STRING(text), len(text)
            trial.lengths |= <uint64_t>1 << min(len(text), 63)
            if len(text) >= 8:
                tail = _tail(test.texts[at].at + len(text))
                trial.tails[tail >> 6] |= <uint64_t>1 << (tail & 63)
        return test

    @staticmethod
    def has(bytes text not None, bint before, bint after):
        """The text occurs, case of ASCII letters ignored.

        Args:
            text: not empty (ValueError).
            before: whether no character of words may stand right before it: an ASCII letter, digit, _, any byte from
                0x80 on.
            after: likewise, right after it.
        """
        cdef Test test = Test.__new__(Test)
        cdef Trial* trial = &test.trial
        cdef bytes small, folds
        if not text:
            raise ValueError("an empty text occurs everywhere")
        small = text.lower()
        folds = bytes([32 if 97 <= byte <= 122 else 0 for byte in small])
        test.kept = [small, folds]
        order = sorted(range(len(small)), key=lambda at: COMMON[<uint8_t>small[at]])
        trial.kind, trial.size, trial.before, trial.after = HAS, len(small), before, after
        trial.small, trial.folds = <const uint8_t*>PyBytes_AS_STRING(small), <const uint8_t*>PyBytes_AS_STRING(folds)
        trial.rarest, trial.rare = order[0], order[1 if len(order) > 1 else 0]
        return test

    @staticmethod
    def between(int64_t least, int64_t most):
        """Numbers with a sign from `least` to `most`, both inclusive; none where `least` is larger."""
        return _between(<uint64_t>least, <uint64_t>most - <uint64_t>least, least > most)

    @staticmethod
    def between_unsigned(uint64_t least, uint64_t most):
        """Likewise of numbers without a sign."""
        return _between(least, most - least, least > most)

    @staticmethod
    def between_floats(double least, double most):
        """Likewise of floats; NaN never passes."""
        cdef Test test = Test.__new__(Test)
        test.trial.kind, test.trial.least_float, test.trial.most_float = BETWEEN_FLOATS, least, most
        return test

    @staticmethod
    def is_truth(bint truth):
        """The truth is this one."""
        cdef Test test = Test.__new__(Test)
        test.trial.kind, test.trial.truth = IS_TRUTH, truth
        return test

    @staticmethod
    def is_present():
        """There is a value, of whatever type."""
        cdef Test test = Test.__new__(Test)
        test.trial.kind = IS_PRESENT
        return test


def pages(const uint8_t[::1] chunk not None, int64_t rows):
    """What the pages are of a column of a row group of so many rows.

    Returns:
        (is dictionary, first byte, bytes, bytes when decompressed, values, Parquet's number of the encoding) of each;
        the values of all but the dictionary are as many as there are rows. None: some page is of a sort that `Values`
        does not know (of the second version, levels other than runs).

    Raises:
        ValueError: damaged.
    """
    cdef Cursor c
    cdef PageHeader page
    cdef const uint8_t* start
    cdef list found = []
    cdef int64_t values = 0
    start = &chunk[0] if len(chunk) else &EMPTY
    c.at, c.end = start, start + len(chunk)
    while c.at < c.end:
        _page_header(&c, &page)
        if (page.kind != 0 and page.kind != 2) or page.levels != 3:
            return None
        if page.kind == 2 and page.encoding != PLAIN and page.encoding != PLAIN_DICTIONARY:
            return None
        if page.size < 0 or page.full < 0 or page.full > MOST_BYTES or page.values < 0:
            _short()
        if page.kind == 2:
            if found or page.values > page.full // LEAST_VALUE_BYTES:
                _short()
        elif page.values > rows - values:
            _short()
        else:
            values += page.values
        found.append((page.kind == 2, c.at - start, page.size, page.full, page.values, page.encoding))
        _pass(&c, page.size)
    if values != rows:
        _short()
    return found


# Buffers

cdef Bytes _bytes_of(view) except *:
    """Of a memoryview, which has to be kept."""
    cdef Py_buffer* buffer = PyMemoryView_GET_BUFFER(view)
    cdef Bytes found
    if not PyBuffer_IsContiguous(buffer, b"C"):
        raise TypeError("bytes must stand one after the other")
    found.at = <const uint8_t*>buffer.buf if buffer.len else &EMPTY
    found.size = buffer.len
    return found


cdef int _hold(array, Py_buffer* buffer, char kind, int flags) except -1:
    """Of an array of one dimension, of numbers of a kind as `struct` names it; to be released."""
    PyObject_GetBuffer(array, buffer, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | flags)
    if buffer.ndim != 1 or buffer.format == NULL or buffer.format[0] != kind or buffer.format[1] != 0:
        PyBuffer_Release(buffer)
        raise TypeError("an array of other numbers is wanted")
    return 0


cdef bint _is_known(int physical, int encoding):
    if encoding == PLAIN:
        return physical == BOOLEAN or physical == INT64 or physical == DOUBLE or physical == BYTE_ARRAY
    if encoding == PLAIN_DICTIONARY or encoding == RLE_DICTIONARY:
        return physical == INT64 or physical == DOUBLE or physical == BYTE_ARRAY
    return (physical == INT64 and encoding == DELTA_BINARY_PACKED) or (
        physical == BYTE_ARRAY and encoding == DELTA_LENGTH_BYTE_ARRAY
    )


cdef class Values:
    """A column of a row group or of a batch: runs of rows, which are pages or arrays, one after the other.

    A page is opened, so that the value of any row is at hand, when it is needed. What is open never changes. Several
    threads may do anything with it at once: of those that open the same page the first one counts.

    Attributes:
        rows: how many.
        nbytes: of memory that it holds now, with the contents of pages, as they were given, and Arrow's buffers.
    """
    cdef readonly Py_ssize_t rows
    cdef readonly Py_ssize_t nbytes
    cdef int physical
    cdef bint optional
    cdef Py_ssize_t count
    cdef Run** runs  # NULL: not open
    cdef Py_ssize_t* firsts  # rows of the runs, and how many rows there are
    cdef int* encodings
    cdef Py_ssize_t dictionary_count
    cdef Run** dictionaries
    cdef list kept  # what the bytes are in that runs point to
    cdef set addresses  # of Arrow's buffers, for several arrays may be of one

    def __dealloc__(self):
        cdef Py_ssize_t place
        for place in range(self.count):
            _let_go(self.runs[place])
        for place in range(self.dictionary_count):
            _let_go(self.dictionaries[place])
        free(self.runs)
        free(self.firsts)
        free(self.encodings)
        free(self.dictionaries)

    cdef int _begin(self, int physical, Py_ssize_t count, Py_ssize_t dictionary_count) except -1:
        self.physical, self.kept, self.addresses = physical, [], set()
        self.runs = <Run**>calloc(count + 1, sizeof(Run*))
        self.dictionaries = <Run**>calloc(dictionary_count + 1, sizeof(Run*))
        self.firsts = <Py_ssize_t*>calloc(count + 1, sizeof(Py_ssize_t))
        self.encodings = <int*>calloc(count + 1, sizeof(int))
        if self.runs == NULL or self.firsts == NULL or self.encodings == NULL or self.dictionaries == NULL:
            raise MemoryError
        self.count, self.dictionary_count = count, dictionary_count
        return 0

    cdef int _follow(self, Py_ssize_t place, Py_ssize_t rows) except -1:
        """The run at a place, the next one, has so many rows."""
        if rows < 0 or rows > MOST_ROWS - self.rows:
            raise ValueError("a column has not so many rows")
        self.rows += rows
        self.firsts[place + 1] = self.rows
        return 0

    @staticmethod
    def of_pages(int physical, bint optional, pages, dictionary):
        """Of pages, none of which is open.

        Args:
            physical: Parquet's number of the type: 0 BOOLEAN, 2 INT64, 5 DOUBLE, 6 BYTE_ARRAY.
            optional: whether rows may have no value.
            pages: (values, with those that are missing, and Parquet's number of the encoding) of each but the
                dictionary.
            dictionary: (content, decompressed, and number of values); None: there is none.

        Returns:
            None where type or encodings are others than: plain; of all but BOOLEAN with a dictionary; INT64
            DELTA_BINARY_PACKED; BYTE_ARRAY DELTA_LENGTH_BYTE_ARRAY.

        Raises:
            ValueError: damaged dictionary, or more than 2**31 - 1 rows.
        """
        cdef Values values = Values.__new__(Values)
        cdef Py_ssize_t place, rows
        cdef int encoding
        cdef list listed = list(pages)
        if not _is_known(physical, PLAIN) or (dictionary is not None and physical == BOOLEAN):
            return None
        values._begin(physical, len(listed), 1)
        values.optional = optional
        for place, (rows, encoding) in enumerate(listed):
            if not _is_known(physical, encoding):
                return None
            values.encodings[place] = encoding
            values._follow(place, rows)
        # Where no row has a value there may be no dictionary.
        content, rows = (b"", 0) if dictionary is None else dictionary
        if rows < 0 or rows > MOST_ROWS:
            raise ValueError("a dictionary has not so many values")
        view = PyMemoryView_FromObject(content)
        values.dictionaries[0] = values._opened(view, rows, PLAIN, False)
        values._keep(values.dictionaries[0], view)
        return values

    @staticmethod
    def of_arrays(int physical, arrays):
        """Of Arrow arrays, whose buffers are kept and never copied; all of it is open.

        Args:
            physical: 0 of bool; 2 of int64, uint64 and timestamps; 5 of double; 6 of string, with offsets of 32 bits.
            arrays: (length, offset, buffers, as `pyarrow.Array.buffers()` has them) of each.

        Raises:
            ValueError: an array is longer than its buffers, or `physical` is another one.
        """
        cdef Values values = Values.__new__(Values)
        cdef Py_ssize_t place
        cdef list listed = list(arrays)
        if not _is_known(physical, PLAIN):
            raise ValueError("values of this physical type are not known")
        values._begin(physical, len(listed), 0)
        for place, (rows, offset, buffers) in enumerate(listed):
            values._follow(place, rows)
            values.runs[place] = values._array(physical, rows, offset, buffers)
        return values

    @staticmethod
    def of_dictionaries(arrays):
        """Likewise of arrays of dictionary<int32, string>.

        Args:
            arrays: (length, offset, buffers of the indices, dictionary as (length, offset, buffers)) of each.
        """
        cdef Values values = Values.__new__(Values)
        cdef Py_ssize_t place
        cdef list listed = list(arrays)
        values._begin(BYTE_ARRAY, len(listed), len(listed))
        for place, (rows, offset, buffers, dictionary) in enumerate(listed):
            values._follow(place, rows)
            values.dictionaries[place] = values._array(BYTE_ARRAY, dictionary[0], dictionary[1], dictionary[2])
            values.runs[place] = values._indices(rows, offset, buffers, values.dictionaries[place])
        return values

    cdef Bytes _buffer(self, buffer, Py_ssize_t least) except *:
        """Of Arrow, None: empty; it has at least so many bytes."""
        cdef Bytes found
        found.at, found.size = &EMPTY, 0
        if buffer is not None:
            view = PyMemoryView_FromObject(buffer)
            found = _bytes_of(view)
            self.kept.append(view)
            if <size_t>found.at not in self.addresses:
                self.addresses.add(<size_t>found.at)
                self.nbytes += found.size
        if found.size < least:
            raise ValueError("an array is longer than its buffers")
        return found

    cdef Run* _slots(self, Py_ssize_t rows, Py_ssize_t offset, buffers) except NULL:
        """An array of which nothing but what is missing is known."""
        cdef Run* run
        cdef Bytes valid
        if not (0 <= rows <= MOST_ROWS and 0 <= offset <= MOST_ROWS):
            raise ValueError("an array has not so many rows")
        valid = self._buffer(buffers[0], 0 if buffers[0] is None else (offset + rows + 7) >> 3)
        run = <Run*>calloc(1, sizeof(Run))
        if run == NULL:
            raise MemoryError
        run.rows = run.values = rows
        run.valid, run.first = valid.at, offset
        run.presence = ALL if buffers[0] is None else SLOTS
        return run

    cdef Run* _array(self, int physical, Py_ssize_t rows, Py_ssize_t offset, buffers) except NULL:
        cdef Run* run = self._slots(rows, offset, buffers)
        cdef Bytes data
        try:
            if rows == 0:
                return run
            if physical == BOOLEAN:
                run.form, run.data = BITS, self._buffer(buffers[1], (offset + rows + 7) >> 3).at
            elif physical != BYTE_ARRAY:
                run.form, run.data = NUMBERS, self._buffer(buffers[1], (offset + rows) * 8).at + offset * 8
            else:
                data = self._buffer(buffers[2], 0)
                run.form, run.data = TEXTS, data.at
                run.starts = <const uint32_t*>self._buffer(buffers[1], (offset + rows + 1) * 4).at + offset
                if run.starts[0] > run.starts[rows] or run.starts[rows] > <uint64_t>data.size:
                    raise ValueError("an array is longer than its buffers")
        except:
            _let_go(run)
            raise
        return run

    cdef Run* _indices(self, Py_ssize_t rows, Py_ssize_t offset, buffers, const Run* dictionary) except NULL:
        cdef Run* run = self._slots(rows, offset, buffers)
        try:
            run.form, run.width, run.dictionary = CODES, 4, dictionary
            run.data = self._buffer(buffers[1], (offset + rows) * 4).at + offset * 4
        except:
            _let_go(run)
            raise
        return run

    cdef Run* _opened(self, view, Py_ssize_t rows, int encoding, bint optional) except NULL:
        """A page whose content a memoryview has; what is to become of both is up to the caller."""
        cdef int status
        cdef int physical = self.physical
        cdef const Run* dictionary = self.dictionaries[0]
        cdef Bytes found = _bytes_of(view)
        cdef Cursor c
        cdef Run* run
        if found.size > MOST_BYTES:
            raise ValueError("a page has not so many bytes")
        run = <Run*>calloc(1, sizeof(Run))
        if run == NULL:
            raise MemoryError
        c.at, c.end = found.at, found.at + found.size
        with nogil:
            status = _open(run, &c, rows, physical, encoding, optional, dictionary)
            if status != FINE:
                _let_go(run)
        _raise(status)
        return run

    cdef int _keep(self, const Run* run, view) except -1:
        """Counts a page in that was opened, and keeps what it points to."""
        if run.points:
            self.kept.append(view)
            self.nbytes += _bytes_of(view).size
        self.nbytes += run.held
        return 0

    def closed(self, rows):
        """Places of the pages that are not open and hold any of these rows, which ascend; None: any row at all."""
        cdef Py_ssize_t place = -1, count = -1
        cdef Py_buffer buffer
        cdef const int32_t* wanted = NULL
        cdef list found = []
        if rows is not None:
            _hold(rows, &buffer, b"i", PyBUF_SIMPLE)
            wanted, count = <const int32_t*>buffer.buf, buffer.shape[0]
        try:
            while True:
                place = self._next_closed(place + 1, wanted, count)
                if place < 0:
                    return found
                found.append(place)
        finally:
            if rows is not None:
                PyBuffer_Release(&buffer)

    cdef Py_ssize_t _next_closed(self, Py_ssize_t place, const int32_t* rows, Py_ssize_t count) noexcept:
        """Likewise the first one from a place on, -1: there is none; the count is less than 0 where any row will do."""
        cdef Py_ssize_t at
        for place in range(place, self.count):
            if self.runs[place] != NULL:
                continue
            if count < 0:
                if self.firsts[place] < self.firsts[place + 1]:
                    return place
                continue
            at = _first_from(rows, 0, count, self.firsts[place])
            if at < count and rows[at] < self.firsts[place + 1]:
                return place
        return -1

    def open(self, Py_ssize_t place, content):
        """Opens the page at a place.

        Args:
            place: of the page among those that are no dictionary (IndexError).
            content: decompressed; never changes. It is kept where values are left in it.

        Raises:
            ValueError: damaged.
        """
        cdef Run* run
        if place < 0 or place >= self.count:
            raise IndexError("there is no such page")
        if self.runs[place] != NULL:
            return
        view = PyMemoryView_FromObject(content)
        run = self._opened(view, self.firsts[place + 1] - self.firsts[place], self.encodings[place], self.optional)
        # Another thread may have opened it meanwhile, and what it made may be in use.
        if self.runs[place] != NULL:
            _let_go(run)
            return
        # Once it is here, anybody may read what it points to.
        try:
            self._keep(run, view)
        except:
            _let_go(run)
            raise
        self.runs[place] = run

    def mark(self, Test test not None, marks):
        """Makes those marks 0 that are 1 and whose rows do not pass; how many are left.

        Args:
            marks: 0 or 1 for each row.

        Raises:
            RuntimeError: a page that has marks is not open; no mark has changed.
            TypeError: the test is not for values of this type.
        """
        cdef Py_buffer buffer
        cdef Py_ssize_t place, left = 0
        cdef Verdicts verdicts
        cdef const Trial* trial = &test.trial
        cdef const Run** runs
        cdef uint8_t* at
        cdef int status = FINE
        cdef bint is_open = True
        if not _is_for(trial.kind, self.physical):
            raise TypeError("the test is not for values of this type")
        _hold(marks, &buffer, b"B", PyBUF_WRITABLE)
        if buffer.shape[0] != self.rows:
            PyBuffer_Release(&buffer)
            raise ValueError("there is not one mark for each row")
        at = <uint8_t*>buffer.buf
        # Others may open pages meanwhile, so what is open now is what counts.
        runs = <const Run**>malloc((self.count + 1) * sizeof(Run*))
        if runs == NULL:
            PyBuffer_Release(&buffer)
            raise MemoryError
        memcpy(runs, self.runs, self.count * sizeof(Run*))
        verdicts.dictionary, verdicts.passed = NULL, NULL
        with nogil:
            for place in range(self.count):
                if runs[place] == NULL and _sum(at + self.firsts[place], self.firsts[place + 1] - self.firsts[place]):
                    is_open = False
            if is_open:
                for place in range(self.count):
                    if runs[place] != NULL and status == FINE:
                        status = _mark(trial, runs[place], at + self.firsts[place], &verdicts)
                left = _sum(at, self.rows)
        free(verdicts.passed)
        free(runs)
        PyBuffer_Release(&buffer)
        _raise(status)
        if not is_open:
            raise RuntimeError("a page is not open")
        return left

    cdef const Run* _run_of(self, Py_ssize_t row, Py_ssize_t* place) except NULL:
        """The run that a row is in, most likely that at the place of the one before."""
        cdef Py_ssize_t low = 0, high = self.count, middle
        if row < 0 or row >= self.rows:
            raise IndexError("there is no such row")
        if not self.firsts[place[0]] <= row < self.firsts[place[0] + 1]:
            while high - low > 1:
                middle = (low + high) >> 1
                if self.firsts[middle] <= row:
                    low = middle
                else:
                    high = middle
            place[0] = low
        if self.runs[place[0]] == NULL:
            raise RuntimeError("a page is not open")
        return self.runs[place[0]]

    def numbers(self, rows=None):
        """The numbers of these rows (in any order), or of all.

        Raises:
            RuntimeError: a page of theirs is not open.
            TypeError: the column is not of INT64.
            ValueError: one is missing.
            IndexError: there is no such row.
        """
        cdef Py_buffer wanted, filled
        cdef Py_ssize_t place
        if self.physical != INT64:
            raise TypeError("these are not numbers with a sign")
        if rows is not None:
            _hold(rows, &wanted, b"i", PyBUF_SIMPLE)
        try:
            found = _np.empty(self.rows if rows is None else wanted.shape[0], _np.int64)
            PyObject_GetBuffer(found, &filled, PyBUF_WRITABLE)
            try:
                if rows is None:
                    for place in range(self.count):
                        self._all_numbers(place, <int64_t*>filled.buf)
                else:
                    self._some_numbers(<const int32_t*>wanted.buf, wanted.shape[0], <int64_t*>filled.buf)
            finally:
                PyBuffer_Release(&filled)
        finally:
            if rows is not None:
                PyBuffer_Release(&wanted)
        return found

    cdef int _all_numbers(self, Py_ssize_t place, int64_t* numbers) except -1:
        cdef Py_ssize_t first = self.firsts[place], rows = self.firsts[place + 1] - first, row
        cdef const Run* run = self.runs[place]
        if rows == 0:
            return 0
        if run == NULL:
            raise RuntimeError("a page is not open")
        if run.form == NUMBERS and run.presence == ALL:
            memcpy(numbers + first, run.data, rows * 8)
            return 0
        for row in range(rows):
            numbers[first + row] = _number(run, row)
        return 0

    cdef int _some_numbers(self, const int32_t* rows, Py_ssize_t count, int64_t* numbers) except -1:
        cdef Py_ssize_t at, place = 0
        cdef const Run* run
        for at in range(count):
            run = self._run_of(rows[at], &place)
            numbers[at] = _number(run, rows[at] - self.firsts[place])
        return 0


def marked(marks):
    """The rows that have a mark, which ascend, as int32.

    Args:
        marks: 0 or 1 for each row.
    """
    cdef Py_buffer buffer, filled
    _hold(marks, &buffer, b"B", PyBUF_SIMPLE)
    try:
        found = _np.empty(_sum(<const uint8_t*>buffer.buf, buffer.shape[0]), _np.int32)
        PyObject_GetBuffer(found, &filled, PyBUF_WRITABLE)
        _list_marks(<const uint8_t*>buffer.buf, buffer.shape[0], <int32_t*>filled.buf, filled.len >> 2)
        PyBuffer_Release(&filled)
    finally:
        PyBuffer_Release(&buffer)
    return found


cdef void _list_marks(const uint8_t* marks, Py_ssize_t rows, int32_t* found, Py_ssize_t room) noexcept:
    cdef Py_ssize_t row = 0, at = 0
    while row < rows and at < room:
        if rows - row >= 8 and _word(marks + row) == 0:
            row += 8
            continue
        if marks[row]:
            found[at] = <int32_t>row
            at += 1
        row += 1


def lacking(columns, rows):
    """The numbers of those of some columns that have pages that are not open and hold any of these rows.

    Args:
        columns: `Values` of each.
        rows: which ascend; None: any row at all.
    """
    cdef Py_buffer buffer
    cdef Py_ssize_t number, count = -1
    cdef const int32_t* wanted = NULL
    cdef list listed = list(columns), found = []
    if rows is not None:
        _hold(rows, &buffer, b"i", PyBUF_SIMPLE)
        wanted, count = <const int32_t*>buffer.buf, buffer.shape[0]
    try:
        for number in range(len(listed)):
            if (<Values?>listed[number])._next_closed(0, wanted, count) >= 0:
                found.append(number)
    finally:
        if rows is not None:
            PyBuffer_Release(&buffer)
    return found


cdef Py_ssize_t _first_from(const int32_t* rows, Py_ssize_t low, Py_ssize_t high, Py_ssize_t row) noexcept:
    """Where the first one that is not before a row is, of rows that ascend."""
    cdef Py_ssize_t middle
    while low < high:
        middle = (low + high) >> 1
        if rows[middle] < row:
            low = middle + 1
        else:
            high = middle
    return low


cdef bint _is_for(int kind, int physical) noexcept:
    if kind == IS_ANY or kind == HAS:
        return physical == BYTE_ARRAY
    if kind == BETWEEN:
        return physical == INT64
    if kind == BETWEEN_FLOATS:
        return physical == DOUBLE
    if kind == IS_TRUTH:
        return physical == BOOLEAN
    return kind == IS_PRESENT


cdef int64_t _number(const Run* run, Py_ssize_t row) except? -0xDEAD:
    cdef Py_ssize_t at = _index(run, row)
    run = _decoded(run, &at)
    if at < 0:
        raise ValueError("a number is missing")
    return <int64_t>_word(run.data + at * 8)


include "taking_gathered.pxi"
