# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Collecting, encoding and finding keys, compiled. `plain` says what all of this means, and gives the same bytes.

Texts are looked at eight bytes at a time. Nothing here is reached on a big-endian machine.
"""

cimport cython
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcpy, memset

cdef extern from *:
    """
    #if defined(__GNUC__) || defined(__clang__)
    #define lowest_bit(x) __builtin_ctzll(x)
    #define bit_width(x) (64 - __builtin_clzll(x))
    #define fetch(x) __builtin_prefetch(x)
    #else
    #define fetch(x)
    static inline int lowest_bit(unsigned long long x) { int n = 0; while (!(x & 1)) { x >>= 1; n++; } return n; }
    static inline int bit_width(unsigned long long x) { int n = 0; while (x) { x >>= 1; n++; } return n; }
    #endif
    """
    int lowest_bit(uint64_t) nogil
    int bit_width(uint64_t) nogil
    void fetch(const void*) nogil

cdef uint64_t K1 = 0x9E3779B97F4A7C15ULL
cdef uint64_t K2 = 0xD6E8FEB86659FD93ULL
cdef uint64_t HIGH = 0x8080808080808080ULL
cdef uint64_t ONES = 0x0101010101010101ULL
cdef uint64_t GATHER = 0x0102040810204080ULL

# Loads of eight bytes may reach so far past the end of a text.
cdef size_t PADDING = 72
cdef size_t FIRST_SLOTS = 1 << 12


# Keys

cdef inline uint64_t _load(const uint8_t* at) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, at, 8)
    return word


cdef inline uint64_t _mixed(const uint8_t* text, size_t length, uint64_t seed) noexcept nogil:
    """The state after all of a text, of which eight bytes past the end can be read."""
    cdef uint64_t state = seed ^ (length * K1)
    while length > 8:
        state = (state ^ _load(text)) * K2
        state ^= state >> 32
        text += 8
        length -= 8
    if length:
        state = (state ^ (_load(text) & (0xFFFFFFFFFFFFFFFFULL >> (64 - 8 * length)))) * K2
        state ^= state >> 32
    return state


cdef inline uint32_t _key(uint64_t state) noexcept nogil:
    return <uint32_t>((state * K1) >> 32)


# A set of keys for the block at hand, and sorted lists of them for the blocks before

@cython.final
cdef class Collector:
    """Gathers the keys of one block after the other. See `plain.Collector`."""

    cdef uint32_t* slots
    cdef size_t mask
    cdef uint32_t* keys
    cdef size_t count
    cdef size_t room
    cdef size_t block_start
    cdef bint has_zero
    cdef list ends
    cdef uint32_t waiting[64]
    cdef size_t waiting_count

    def __cinit__(self):
        self.ends = []
        self.mask = FIRST_SLOTS - 1
        self.slots = <uint32_t*>calloc(FIRST_SLOTS, sizeof(uint32_t))
        self.room = FIRST_SLOTS
        self.keys = <uint32_t*>malloc(self.room * sizeof(uint32_t))
        if self.slots == NULL or self.keys == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.slots)
        free(self.keys)

    @property
    def blocks(self):
        """How many blocks are ended."""
        return len(self.ends)

    @property
    def entries(self):
        """How many pairs of a key and a block there are."""
        return self.count

    cdef inline int add(self, uint32_t key) except -1 nogil:
        """Adds a key to the block at hand: some time later, when its slot has arrived from memory."""
        fetch(self.slots + ((key * <uint64_t>0x9E3779B1) & self.mask))
        self.waiting[self.waiting_count] = key
        self.waiting_count += 1
        if self.waiting_count == 64:
            return self.settle()
        return 0

    cdef int settle(self) except -1 nogil:
        """Adds the keys that wait."""
        cdef size_t place
        for place in range(self.waiting_count):
            self._insert(self.waiting[place])
        self.waiting_count = 0
        return 0

    cdef int _insert(self, uint32_t key) except -1 nogil:
        """Adds a key to the block at hand. 0 marks a free slot, so that key is remembered apart."""
        cdef size_t slot
        cdef uint32_t there
        if key == 0:
            if self.has_zero:
                return 0
            self.has_zero = True
        else:
            slot = (key * <uint64_t>0x9E3779B1) & self.mask
            while True:
                there = self.slots[slot]
                if there == key:
                    return 0
                if there == 0:
                    break
                slot = (slot + 1) & self.mask
            self.slots[slot] = key
        if self.count == self.room:
            self._make_room()
        self.keys[self.count] = key
        self.count += 1
        if (self.count - self.block_start) * 2 > self.mask:
            self._widen()
        return 0

    cdef int _make_room(self) except -1 nogil:
        cdef uint32_t* wider = <uint32_t*>realloc(self.keys, self.room * 2 * sizeof(uint32_t))
        if wider == NULL:
            with gil:
                raise MemoryError
        self.keys = wider
        self.room *= 2
        return 0

    cdef int _widen(self) except -1 nogil:
        cdef size_t place, slot
        cdef size_t mask = self.mask * 2 + 1
        cdef uint32_t* slots = <uint32_t*>calloc(mask + 1, sizeof(uint32_t))
        if slots == NULL:
            with gil:
                raise MemoryError
        for place in range(self.block_start, self.count):
            if self.keys[place] == 0:
                continue
            slot = (self.keys[place] * <uint64_t>0x9E3779B1) & mask
            while slots[slot] != 0:
                slot = (slot + 1) & mask
            slots[slot] = self.keys[place]
        free(self.slots)
        self.slots = slots
        self.mask = mask
        return 0

    def end_block(self):
        """The keys added since the last call are those of one block."""
        cdef size_t length
        cdef uint32_t* scratch
        length = self.count - self.block_start
        if length:
            scratch = <uint32_t*>malloc(length * sizeof(uint32_t))
            if scratch == NULL:
                raise MemoryError
            with nogil:
                _sort(self.keys + self.block_start, scratch, length)
            free(scratch)
        self.ends.append(self.count)
        self.block_start = self.count
        self.has_zero = False
        with nogil:
            memset(self.slots, 0, (self.mask + 1) * sizeof(uint32_t))

    def encode(self, uint64_t universe, uint64_t width):
        """The pages. See `plain.Collector.encode`."""
        cdef size_t blocks = len(self.ends)
        cdef size_t* at = <size_t*>malloc((blocks + 1) * 2 * sizeof(size_t))
        cdef size_t* ends = at + blocks + 1
        cdef size_t block
        cdef uint64_t page, pages = (universe + width - 1) // width
        cdef _Writer writer = _Writer()
        cdef list ends_of_pages = []
        if at == NULL:
            raise MemoryError
        try:
            for block in range(blocks):
                at[block] = self.ends[block - 1] if block else 0
                ends[block] = self.ends[block]
            for page in range(pages):
                with nogil:
                    writer.write_page(self.keys, at, ends, blocks, universe, page * width, width)
                ends_of_pages.append(writer.length)
            return writer.taken(), ends_of_pages
        finally:
            free(at)


cdef void _sort(uint32_t* keys, uint32_t* scratch, size_t length) noexcept nogil:
    """Ascending; by radix, in three passes of 11, 11 and 10 bits."""
    cdef size_t counts[3][2048]
    cdef size_t place, total, each
    cdef uint32_t key
    cdef int step
    cdef uint32_t* source = keys
    cdef uint32_t* target = scratch
    cdef uint32_t* other
    memset(counts, 0, sizeof(counts))
    for place in range(length):
        key = keys[place]
        counts[0][key & 2047] += 1
        counts[1][(key >> 11) & 2047] += 1
        counts[2][key >> 22] += 1
    for step in range(3):
        total = 0
        for place in range(2048):
            each = counts[step][place]
            counts[step][place] = total
            total += each
        for place in range(length):
            key = source[place]
            each = (key >> (11 * step)) & 2047
            target[counts[step][each]] = key
            counts[step][each] += 1
        other = source
        source = target
        target = other
    memcpy(keys, scratch, length * sizeof(uint32_t))


# Pages

@cython.final
cdef class _Writer:
    """Bits of pages, one after the other; each page begins with a whole byte."""

    cdef uint8_t* bytes
    cdef size_t length
    cdef size_t room
    cdef uint64_t pending
    cdef int bits
    cdef uint64_t* found
    cdef uint64_t* sorted
    cdef size_t found_room

    def __cinit__(self):
        self.room = 1 << 16
        self.found_room = 1 << 10
        self.bytes = <uint8_t*>malloc(self.room)
        self.found = <uint64_t*>malloc(self.found_room * sizeof(uint64_t))
        self.sorted = <uint64_t*>malloc(self.found_room * sizeof(uint64_t))
        if self.bytes == NULL or self.found == NULL or self.sorted == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.bytes)
        free(self.found)
        free(self.sorted)

    cdef bytes taken(self):
        return PyBytes_FromStringAndSize(<char*>self.bytes, self.length)

    cdef int _reserve(self, size_t more) except -1 nogil:
        cdef size_t wanted = self.length + more
        cdef uint8_t* wider
        if wanted <= self.room:
            return 0
        while self.room < wanted:
            self.room *= 2
        wider = <uint8_t*>realloc(self.bytes, self.room)
        if wider == NULL:
            with gil:
                raise MemoryError
        self.bytes = wider
        return 0

    cdef int _reserve_found(self, size_t wanted) except -1 nogil:
        cdef uint64_t* wider
        if wanted <= self.found_room:
            return 0
        while self.found_room < wanted:
            self.found_room *= 2
        wider = <uint64_t*>realloc(self.found, self.found_room * sizeof(uint64_t))
        if wider != NULL:
            self.found = wider
            wider = <uint64_t*>realloc(self.sorted, self.found_room * sizeof(uint64_t))
        if wider == NULL:
            with gil:
                raise MemoryError
        self.sorted = wider
        return 0

    cdef inline void _put(self, uint64_t value, int width) noexcept nogil:
        """The lowest `width` bits, at most 32, of a value that has no others."""
        self.pending |= value << self.bits
        self.bits += width
        if self.bits >= 32:
            memcpy(self.bytes + self.length, &self.pending, 4)
            self.length += 4
            self.pending >>= 32
            self.bits -= 32

    cdef void _put_unary(self, uint64_t value) noexcept nogil:
        while value >= 32:
            self._put(0, 32)
            value -= 32
        self._put(<uint64_t>1 << value, <int>value + 1)

    cdef void _put_gamma(self, uint64_t value) noexcept nogil:
        cdef int width = bit_width(value)
        self._put_unary(width - 1)
        self._put(value & ((<uint64_t>1 << (width - 1)) - 1), width - 1)

    cdef void _flush(self) noexcept nogil:
        while self.bits > 0:
            self.bytes[self.length] = <uint8_t>self.pending
            self.length += 1
            self.pending >>= 8
            self.bits -= 8
        self.bits = 0
        self.pending = 0

    cdef int write_page(
        self, const uint32_t* keys, size_t* at, const size_t* ends, size_t blocks, uint64_t universe, uint64_t base,
        uint64_t width,
    ) except -1 nogil:
        """Gathers the keys of a page from all blocks, whose places it moves on, and writes them."""
        cdef size_t block, place, count = 0
        cdef uint64_t value
        for block in range(blocks):
            place = at[block]
            while place < ends[block]:
                value = (keys[place] * universe) >> 32
                if value >= base + width:
                    break
                if count == self.found_room:
                    self._reserve_found(count + 1)
                self.found[count] = ((value - base) << 24) | block
                count += 1
                place += 1
            at[block] = place
        if blocks > 1:
            _sort_page(self.found, self.sorted, count, width)
        self._write(self.found, count, blocks, width)
        return 0

    cdef int _write(self, const uint64_t* found, size_t count, size_t blocks, uint64_t width) except -1 nogil:
        cdef size_t place, following, distinct = 0, unique
        cdef uint64_t value, expected = 0
        cdef int rice = 0, block_bits = bit_width(blocks - 1) if blocks > 1 else 0
        for place in range(count):
            if place == 0 or found[place] >> 24 != found[place - 1] >> 24:
                distinct += 1
        # Gaps add up to the width, so that their unary parts have at most twice as many bits as there are values.
        self._reserve(64 + distinct * (20 + blocks // 8) + count * 8)
        self._put_gamma(distinct + 1)
        if distinct and width // distinct > 1:
            rice = bit_width(width // distinct) - 1
        place = 0
        while place < count:
            value = found[place] >> 24
            self._put_unary((value - expected) >> rice)
            self._put((value - expected) & ((<uint64_t>1 << rice) - 1), rice)
            expected = value + 1
            following = place
            unique = 0
            while following < count and found[following] >> 24 == value:
                if following == place or found[following] != found[following - 1]:
                    unique += 1
                following += 1
            if blocks > 1:
                self._put_blocks(found + place, following - place, unique, blocks, block_bits)
            place = following
        self._flush()
        return 0

    cdef void _put_blocks(
        self, const uint64_t* found, size_t count, size_t unique, size_t blocks, int block_bits
    ) noexcept nogil:
        """The blocks of one value, which ascend; the same one may stand there twice."""
        cdef size_t place, block = 0, next_block
        self._put_gamma(unique)
        if unique * block_bits < blocks:
            for place in range(count):
                if place == 0 or found[place] != found[place - 1]:
                    self._put(found[place] & 0xFFFFFF, block_bits)
            return
        for place in range(count):
            next_block = found[place] & 0xFFFFFF
            if place and found[place] == found[place - 1]:
                continue
            while block < next_block:
                self._put(0, 1)
                block += 1
            self._put(1, 1)
            block += 1
        while block < blocks:
            self._put(0, 1)
            block += 1


cdef void _sort_page(uint64_t* found, uint64_t* scratch, size_t count, uint64_t width) noexcept nogil:
    """By value, then by block: into 256 buckets, which nearly does it, then by insertion."""
    cdef size_t counts[256]
    cdef size_t place, total = 0, each, hole
    cdef uint64_t one
    cdef int shift = bit_width(width) - 8 + 24 if width >= 256 else 24
    memset(counts, 0, sizeof(counts))
    for place in range(count):
        counts[found[place] >> shift] += 1
    for place in range(256):
        each = counts[place]
        counts[place] = total
        total += each
    for place in range(count):
        one = found[place]
        scratch[counts[one >> shift]] = one
        counts[one >> shift] += 1
    for place in range(count):
        one = scratch[place]
        hole = place
        while hole and found[hole - 1] > one:
            found[hole] = found[hole - 1]
            hole -= 1
        found[hole] = one


cdef uint32_t CRC_STEPS[8][256]


cdef void _prepare_crc() noexcept nogil:
    """What each byte, with up to seven zeros after it, adds to a CRC-32C."""
    cdef uint32_t each
    cdef int place, step
    for place in range(256):
        each = place
        for step in range(8):
            each = (each >> 1) ^ (<uint32_t>0x82F63B78U * (each & 1))
        CRC_STEPS[0][place] = each
    for place in range(256):
        for step in range(1, 8):
            each = CRC_STEPS[step - 1][place]
            CRC_STEPS[step][place] = (each >> 8) ^ CRC_STEPS[0][each & 255]


_prepare_crc()


cdef uint32_t _crc32c(const uint8_t* data, size_t length, uint32_t crc) noexcept nogil:
    """CRC-32C, eight bytes at a time (Kounavis, Berry: slicing-by-8, 2005)."""
    cdef uint64_t word
    crc = ~crc
    while length >= 8:
        word = _load(data) ^ crc
        crc = (
            CRC_STEPS[7][word & 255] ^ CRC_STEPS[6][(word >> 8) & 255]
            ^ CRC_STEPS[5][(word >> 16) & 255] ^ CRC_STEPS[4][(word >> 24) & 255]
            ^ CRC_STEPS[3][(word >> 32) & 255] ^ CRC_STEPS[2][(word >> 40) & 255]
            ^ CRC_STEPS[1][(word >> 48) & 255] ^ CRC_STEPS[0][word >> 56]
        )
        data += 8
        length -= 8
    while length:
        crc = (crc >> 8) ^ CRC_STEPS[0][(crc ^ data[0]) & 255]
        data += 1
        length -= 1
    return ~crc


def section(const uint8_t[::1] bits, list ends, uint8_t mark):
    """The directory and the pages. See `plain.section`."""
    cdef size_t pages = len(ends), number, first = 0, end, head = 4 * (pages + 1)
    cdef bytes made = PyBytes_FromStringAndSize(NULL, head + 4 * pages + bits.shape[0])
    cdef uint8_t* target = <uint8_t*><char*>made
    cdef uint32_t offset = 0, crc
    cdef uint8_t named[5]
    named[0] = mark
    memcpy(target, &offset, 4)
    for number in range(pages):
        end = ends[number]
        crc = <uint32_t>number
        memcpy(named + 1, &crc, 4)
        crc = _crc32c(named, 5, 0)
        if end > first:
            crc = _crc32c(&bits[0] + first, end - first, crc)
            memcpy(target + head + offset + 4, &bits[0] + first, end - first)
        memcpy(target + head + offset, &crc, 4)
        offset += <uint32_t>(4 + end - first)
        memcpy(target + 4 * (number + 1), &offset, 4)
        first = end
    return made


@cython.final
cdef class _Bits:
    """Reads the bits of a page; past its end there are zeros, and `is_over` tells."""

    cdef const uint8_t* bytes
    cdef size_t length
    cdef size_t place

    cdef inline int _bit(self) noexcept nogil:
        cdef int bit = 0
        if self.place >> 3 < self.length:
            bit = (self.bytes[self.place >> 3] >> (self.place & 7)) & 1
        self.place += 1
        return bit

    cdef inline uint64_t take(self, int width) noexcept nogil:
        """The next bits, at most 56 of them."""
        cdef uint64_t value = 0
        cdef size_t first = self.place >> 3
        if first + 8 <= self.length:
            memcpy(&value, self.bytes + first, 8)
        elif first < self.length:
            memcpy(&value, self.bytes + first, self.length - first)
        value >>= self.place & 7
        self.place += width
        return value & ((<uint64_t>1 << width) - 1)

    cdef inline uint64_t unary(self) noexcept nogil:
        cdef uint64_t value = 0
        while not self._bit():
            value += 1
            if self.is_over():
                break
        return value

    cdef inline uint64_t gamma(self) noexcept nogil:
        cdef uint64_t width = self.unary()
        if width > 31:
            self.place = self.length * 8 + 1
            return 1
        return self.take(<int>width) | (<uint64_t>1 << width)

    cdef inline bint is_over(self) noexcept nogil:
        return self.place > self.length * 8


def find(const uint8_t[::1] page, uint64_t wanted, uint64_t width, size_t blocks):
    """The blocks of a value of a page. See `plain.find`."""
    cdef _Bits bits = _Bits()
    cdef uint64_t distinct, value = 0, expected = 0, each
    cdef uint64_t count, block
    cdef int rice = 0, block_bits = bit_width(blocks - 1) if blocks > 1 else 0
    cdef bint is_wanted
    bits.length = page.shape[0]
    if bits.length:
        bits.bytes = &page[0]
    distinct = bits.gamma() - 1
    if distinct and width // distinct > 1:
        rice = bit_width(width // distinct) - 1
    while distinct and not bits.is_over():
        distinct -= 1
        value = expected + (bits.unary() << rice)
        value += bits.take(rice)
        if value > wanted:
            break
        expected = value + 1
        is_wanted = value == wanted
        if blocks == 1:
            if is_wanted and not bits.is_over():
                return [0]
            continue
        count = bits.gamma()
        if is_wanted:
            return _blocks(bits, count, blocks, block_bits)
        bits.place += count * block_bits if count * block_bits < blocks else blocks
    if bits.is_over():
        raise ValueError("a page ends early")
    return []


cdef list _blocks(_Bits bits, uint64_t count, size_t blocks, int block_bits):
    cdef list found = []
    cdef size_t each
    if count * block_bits < blocks:
        for each in range(count):
            found.append(bits.take(block_bits))
    else:
        for each in range(blocks):
            if bits.take(1):
                found.append(each)
    if bits.is_over() or len(found) != count:
        raise ValueError("a page ends early")
    return found


# Texts

@cython.final
cdef class Folded:
    """Texts with small letters, and a bit for each byte that belongs to a word."""

    cdef uint8_t* text
    cdef uint64_t* words
    cdef size_t length

    def __cinit__(self, const uint8_t[::1] data):
        self.length = data.shape[0]
        self.text = <uint8_t*>malloc(self.length + PADDING)
        self.words = <uint64_t*>malloc((self.length // 64 + 2) * sizeof(uint64_t))
        if self.text == NULL or self.words == NULL:
            raise MemoryError
        if self.length:
            with nogil:
                _fold(&data[0], self.length, self.text, self.words)
        self.words[(self.length + 63) // 64] = 0

    def __dealloc__(self):
        free(self.text)
        free(self.words)


cdef void _fold(const uint8_t* data, size_t length, uint8_t* text, uint64_t* words) noexcept nogil:
    cdef size_t place = 0
    cdef uint8_t rest[64]
    while place + 64 <= length:
        words[place >> 6] = _fold_64(data + place, text + place)
        place += 64
    if place < length:
        memset(rest, 0, 64)
        memcpy(rest, data + place, length - place)
        words[place >> 6] = _fold_64(rest, text + place)


cdef inline uint64_t _fold_64(const uint8_t* data, uint8_t* text) noexcept nogil:
    cdef uint64_t found = 0, each, low, capital, member
    cdef int place
    for place in range(8):
        each = _load(data + 8 * place)
        low = each & ~HIGH
        capital = _from(low, 65) & ~_from(low, 91) & ~each & HIGH
        member = (_from(low, 48) & ~_from(low, 58)) | (_from(low, 97) & ~_from(low, 123))
        member |= (_from(low, 95) & ~_from(low, 96)) | capital | each
        member = (member & HIGH) >> 7
        found |= ((member * GATHER) >> 56) << (8 * place)
        each |= capital >> 2
        memcpy(text + 8 * place, &each, 8)
    return found


cdef inline uint64_t _from(uint64_t low, uint64_t first) noexcept nogil:
    """The highest bit of each byte tells whether that of `low`, of seven bits, is at least `first`."""
    return low + ONES * (128 - first)


def add_words(Collector collector, Folded folded, const int32_t[::1] offsets, const uint8_t[::1] valid, uint64_t seed):
    """Adds the words of texts. See `plain.add_words`."""
    cdef size_t count = offsets.shape[0] - 1 if offsets.shape[0] else 0
    cdef size_t place
    cdef int32_t first = offsets[0] if count else 0
    with nogil:
        for place in range(count):
            if valid.shape[0] == 0 or valid[place]:
                _words_of(collector, folded, offsets[place] - first, offsets[place + 1] - first, seed)
        collector.settle()


cdef inline uint64_t _window(const uint64_t* words, size_t at) noexcept nogil:
    """The 64 bits from one on."""
    cdef size_t shift = at & 63
    if shift == 0:
        return words[at >> 6]
    return (words[at >> 6] >> shift) | (words[(at >> 6) + 1] << (64 - shift))


cdef int _words_of(Collector collector, Folded folded, size_t at, size_t end, uint64_t seed) except -1 nogil:
    cdef uint64_t bits
    cdef size_t start
    while at < end:
        bits = _window(folded.words, at)
        if bits == 0:
            at += 64
            continue
        at += lowest_bit(bits)
        if at >= end:
            break
        start = at
        bits = ~_window(folded.words, at)
        while bits == 0:
            at += 64
            if at >= end:
                break
            bits = ~_window(folded.words, at)
        if bits != 0:
            at += lowest_bit(bits)
        if at > end:
            at = end
        collector.add(_key(_mixed(folded.text + start, at - start, seed)))
    return 0


def add_values(
    Collector collector, const uint8_t[::1] data, const int32_t[::1] offsets, const uint8_t[::1] valid, uint64_t seed
):
    """Adds whole texts. See `plain.add_values`."""
    cdef size_t count = offsets.shape[0] - 1 if offsets.shape[0] else 0
    cdef size_t place, length, total = data.shape[0]
    cdef const uint8_t* text
    cdef int32_t first = offsets[0] if count else 0
    cdef uint8_t empty[8]
    cdef uint8_t* last = NULL
    if total == 0:
        memset(empty, 0, 8)
    with nogil:
        for place in range(count):
            if valid.shape[0] and not valid[place]:
                continue
            length = offsets[place + 1] - offsets[place]
            text = &data[0] + (offsets[place] - first) if total else empty
            if <size_t>(offsets[place + 1] - first) + 8 <= total or length == 0:
                collector.add(_key(_mixed(text, length, seed)))
                continue
            # Close to the end of the data nothing past it may be read.
            last = <uint8_t*>malloc(length + 8)
            if last == NULL:
                with gil:
                    raise MemoryError
            memcpy(last, text, length)
            collector.add(_key(_mixed(last, length, seed)))
            free(last)
        collector.settle()


def add_grams(
    Collector collector, Folded folded, const int32_t[::1] offsets, const uint8_t[::1] valid, uint64_t seed,
    size_t gram, size_t window,
):
    """Adds sampled pieces of texts. See `plain.add_grams`."""
    cdef size_t count = offsets.shape[0] - 1 if offsets.shape[0] else 0
    cdef size_t place, start, longest = 1
    cdef int32_t first = offsets[0] if count else 0
    cdef uint64_t* states
    cdef uint64_t* orders
    if not 0 < gram <= 8 or window < 2:
        raise ValueError("pieces of at most eight bytes, the least of two at least")
    for place in range(count):
        if <size_t>(offsets[place + 1] - offsets[place]) > longest:
            longest = offsets[place + 1] - offsets[place]
    states = <uint64_t*>malloc(2 * longest * sizeof(uint64_t))
    orders = states + longest
    if states == NULL:
        raise MemoryError
    try:
        with nogil:
            for place in range(count):
                if valid.shape[0] == 0 or valid[place]:
                    start = offsets[place] - first
                    _grams_of(
                        collector, folded.text + start, offsets[place + 1] - first - start, seed, gram, window,
                        states, orders,
                    )
            collector.settle()
    finally:
        free(states)


cdef inline uint64_t _state(
    const uint8_t* text, size_t place, uint64_t start, uint64_t keep, uint64_t* states
) noexcept nogil:
    """The piece at a place, so that the least is the least by hash, and the first of equals."""
    cdef uint64_t state = (start ^ (_load(text + place) & keep)) * K2
    state ^= state >> 32
    states[place] = state
    # Texts are shorter than 2^31 bytes.
    return (state << 32) | place


cdef size_t _least_of_three(
    const uint8_t* text, size_t grams, uint64_t start, uint64_t keep, uint64_t* states, uint64_t* chosen
) noexcept nogil:
    """Chooses pieces where windows have three: the usual ones, in one pass. How many are chosen."""
    cdef size_t place, count = 0
    cdef uint64_t before = _state(text, 0, start, keep, states)
    cdef uint64_t here = _state(text, 1, start, keep, states)
    cdef uint64_t least = before if before < here else here
    cdef uint64_t best, last = 0xFFFFFFFFFFFFFFFFULL
    for place in range(2, grams):
        before = here
        here = _state(text, place, start, keep, states)
        best = here if here < least else least
        least = here if here < before else before
        # No branch: nobody can guess which it is.
        chosen[count] = best
        count += best != last
        last = best
    return count


cdef size_t _least_of_many(
    const uint8_t* text, size_t grams, uint64_t start, uint64_t keep, size_t window, uint64_t* states, uint64_t* orders
) noexcept nogil:
    """Chooses pieces where windows have two or more; they are in `orders`. How many are chosen."""
    cdef size_t place, each, count = 0
    cdef uint64_t best, last = 0xFFFFFFFFFFFFFFFFULL
    for place in range(grams):
        orders[place] = _state(text, place, start, keep, states)
    for place in range(grams - window + 1):
        best = orders[place]
        for each in range(1, window):
            best = orders[place + each] if orders[place + each] < best else best
        # What is chosen is written over what no window begins with any more.
        orders[count] = best
        count += best != last
        last = best
    return count


cdef int _grams_of(
    Collector collector, const uint8_t* text, size_t length, uint64_t seed, size_t gram, size_t window, uint64_t* states,
    uint64_t* orders,
) except -1 nogil:
    cdef size_t place, chosen, grams
    cdef uint64_t keep = 0xFFFFFFFFFFFFFFFFULL >> (64 - 8 * gram)
    cdef uint64_t start = seed ^ (gram * K1)
    if length < gram + window - 1:
        return 0
    grams = length - gram + 1
    if window == 3:
        chosen = _least_of_three(text, grams, start, keep, states, orders)
    else:
        chosen = _least_of_many(text, grams, start, keep, window, states, orders)
    for place in range(chosen):
        collector.add(_key(states[<uint32_t>orders[place]]))
    return 0
