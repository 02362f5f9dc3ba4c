# Reading msgpack: the part of the kernel that touches a sender's bytes.
#
# Contract: nothing is read at or past `Reader.end`; nothing is allocated; every function returns False (0) for what is
# cut short or none of ours (extension values, the byte c1), and the caller then leaves the event, or the chunk. A length that is
# claimed is compared with what is left before it is used.

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>
    static inline uint16_t be16(const uint8_t *p) { uint16_t v; memcpy(&v, p, 2); return __builtin_bswap16(v); }
    static inline uint32_t be32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return __builtin_bswap32(v); }
    static inline uint64_t be64(const uint8_t *p) { uint64_t v; memcpy(&v, p, 8); return __builtin_bswap64(v); }
    static inline double be_float(const uint8_t *p) { uint32_t v = be32(p); float f; memcpy(&f, &v, 4); return f; }
    static inline double be_double(const uint8_t *p) { uint64_t v = be64(p); double d; memcpy(&d, &v, 8); return d; }

    /* Whether no byte has its highest bit set; by words that overlap, for most texts are short. */
    static inline int is_ascii(const uint8_t *p, int64_t n) {
        uint64_t all = 0, word;
        if (n >= 8) {
            for (int64_t i = 0; i + 8 <= n; i += 8) { memcpy(&word, p + i, 8); all |= word; }
            memcpy(&word, p + n - 8, 8);
            return !((all | word) & 0x8080808080808080ULL);
        }
        if (n >= 4) {
            uint32_t first, last;
            memcpy(&first, p, 4); memcpy(&last, p + n - 4, 4);
            return !((first | last) & 0x80808080U);
        }
        for (int64_t i = 0; i < n; i++) all |= p[i];
        return !(all & 0x80);
    }

    /* memcpy for bytes that are few, most of the time. */
    static inline void copy_bytes(uint8_t *to, const uint8_t *from, int64_t n) {
        uint64_t first, last;
        if (n > 16) { memcpy(to, from, n); return; }
        if (n >= 8) {
            memcpy(&first, from, 8); memcpy(&last, from + n - 8, 8);
            memcpy(to, &first, 8); memcpy(to + n - 8, &last, 8);
            return;
        }
        if (n >= 4) {
            uint32_t head, tail;
            memcpy(&head, from, 4); memcpy(&tail, from + n - 4, 4);
            memcpy(to, &head, 4); memcpy(to + n - 4, &tail, 4);
            return;
        }
        for (int64_t i = 0; i < n; i++) to[i] = from[i];
    }

    /* Strict UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing past U+10FFFF. */
    static int valid_beyond_ascii(const uint8_t *p, int64_t n) {
        const uint64_t high = 0x8080808080808080ULL;
        int64_t i = 0;
        while (i < n) {
            if (i + 8 <= n) {
                uint64_t word;
                memcpy(&word, p + i, 8);
                if (!(word & high)) { i += 8; continue; }
            }
            uint8_t c = p[i];
            if (c < 0x80) { i++; continue; }
            int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
            if (c < 0xC2 || c > 0xF4 || i + more >= n) return 0;
            uint8_t d = p[i + 1];
            if ((d & 0xC0) != 0x80) return 0;
            if ((c == 0xE0 && d < 0xA0) || (c == 0xED && d > 0x9F)) return 0;
            if ((c == 0xF0 && d < 0x90) || (c == 0xF4 && d > 0x8F)) return 0;
            for (int k = 2; k <= more; k++) if ((p[i + k] & 0xC0) != 0x80) return 0;
            i += more + 1;
        }
        return 1;
    }

    static inline int valid_utf8(const uint8_t *p, int64_t n) { return is_ascii(p, n) || valid_beyond_ascii(p, n); }

    /* Whether two keys of `n` bytes are the same; keys are short, and a call of memcmp costs more than they do. */
    static inline int same_bytes(const uint8_t *a, const uint8_t *b, int64_t n) {
        uint64_t x, y;
        if (n < 8) {
            uint32_t v, w;
            if (n >= 4) {
                memcpy(&v, a, 4); memcpy(&w, b, 4);
                if (v != w) return 0;
                memcpy(&v, a + n - 4, 4); memcpy(&w, b + n - 4, 4);
                return v == w;
            }
            for (int64_t i = 0; i < n; i++) if (a[i] != b[i]) return 0;
            return 1;
        }
        for (int64_t i = 0; i + 8 <= n; i += 8) {
            memcpy(&x, a + i, 8); memcpy(&y, b + i, 8);
            if (x != y) return 0;
        }
        memcpy(&x, a + n - 8, 8); memcpy(&y, b + n - 8, 8);
        return x == y;
    }
    """
    uint32_t be16(const uint8_t *p) noexcept nogil
    uint32_t be32(const uint8_t *p) noexcept nogil
    uint64_t be64(const uint8_t *p) noexcept nogil
    double be_float(const uint8_t *p) noexcept nogil
    double be_double(const uint8_t *p) noexcept nogil
    bint valid_utf8(const uint8_t *p, int64_t n) noexcept nogil
    void copy_bytes(uint8_t *to, const uint8_t *source, int64_t n) noexcept nogil
    bint same_bytes(const uint8_t *a, const uint8_t *b, int64_t n) noexcept nogil


cdef enum Type:
    # Type of a value; INNER is that of a map with members, in symbols (see kernel_shapes.pxi).
    NIL, BOOL, INT, FLOAT, STR, BIN, ARRAY, MAP, INNER

cdef struct Leaf:
    # A value, or the head of a container.
    int32_t type
    # An INT of 2^63 or more, its bits in `number`.
    int32_t is_large
    # The INT, the BOOL as 0 or 1, how many items an ARRAY has and how many members a MAP.
    int64_t number
    double real
    # The bytes of a text; those of a whole array's items once they were skipped.
    const uint8_t *data
    int64_t size

cdef struct Reader:
    const uint8_t *p
    const uint8_t *end


cdef inline bint read_leaf(Reader *reader, Leaf *leaf) noexcept nogil:
    """The value at the reader: scalars whole; of containers the head only."""
    cdef uint8_t byte
    cdef int64_t size
    if reader.p >= reader.end:
        return False
    byte = reader.p[0]
    reader.p += 1
    if 0xA0 <= byte < 0xC0:
        size = byte & 0x1F
    elif byte < 0x80:
        leaf.type = INT
        leaf.is_large = 0
        leaf.number = byte
        return True
    elif byte < 0x90:
        leaf.type = MAP
        leaf.number = byte & 0x0F
        return True
    elif byte < 0xA0:
        leaf.type = ARRAY
        leaf.number = byte & 0x0F
        return True
    elif byte == 0xD9 or byte == 0xC4:
        if reader.end - reader.p < 1:
            return False
        size = reader.p[0]
        reader.p += 1
    elif byte == 0xDA or byte == 0xC5:
        if reader.end - reader.p < 2:
            return False
        size = be16(reader.p)
        reader.p += 2
    elif byte == 0xDB or byte == 0xC6:
        if reader.end - reader.p < 4:
            return False
        size = be32(reader.p)
        reader.p += 4
    elif byte >= 0xE0:
        leaf.type = INT
        leaf.is_large = 0
        leaf.number = <int64_t> byte - 256
        return True
    elif byte == 0xC0:
        leaf.type = NIL
        return True
    elif byte == 0xC2 or byte == 0xC3:
        leaf.type = BOOL
        leaf.number = byte & 1
        return True
    else:
        return read_wide(reader, leaf, byte)
    if reader.end - reader.p < size:
        return False
    leaf.type = BIN if 0xC4 <= byte <= 0xC6 else STR
    leaf.data = reader.p
    leaf.size = size
    reader.p += size
    return True


cdef bint read_wide(Reader *reader, Leaf *leaf, uint8_t byte) noexcept nogil:
    """Numbers and containers with a longer head, which `byte` began."""
    cdef int64_t left = reader.end - reader.p
    cdef int width = 0
    leaf.type = INT
    leaf.is_large = 0
    if byte == 0xCC or byte == 0xD0:
        width = 1
    elif byte == 0xCD or byte == 0xD1 or byte == 0xDC or byte == 0xDE:
        width = 2
    elif byte == 0xCE or byte == 0xD2 or byte == 0xCA or byte == 0xDD or byte == 0xDF:
        width = 4
    elif byte == 0xCF or byte == 0xD3 or byte == 0xCB:
        width = 8
    if width == 0 or left < width:
        return False
    if byte == 0xCC:
        leaf.number = reader.p[0]
    elif byte == 0xCD:
        leaf.number = be16(reader.p)
    elif byte == 0xCE:
        leaf.number = be32(reader.p)
    elif byte == 0xCF:
        leaf.number = <int64_t> be64(reader.p)
        leaf.is_large = leaf.number < 0
    elif byte == 0xD0:
        leaf.number = <int8_t> reader.p[0]
    elif byte == 0xD1:
        leaf.number = <int16_t> be16(reader.p)
    elif byte == 0xD2:
        leaf.number = <int32_t> be32(reader.p)
    elif byte == 0xD3:
        leaf.number = <int64_t> be64(reader.p)
    elif byte == 0xCA:
        leaf.type = FLOAT
        leaf.real = be_float(reader.p)
    elif byte == 0xCB:
        leaf.type = FLOAT
        leaf.real = be_double(reader.p)
    elif byte == 0xDC or byte == 0xDD:
        leaf.type = ARRAY
        leaf.number = be16(reader.p) if byte == 0xDC else be32(reader.p)
    else:
        leaf.type = MAP
        leaf.number = be16(reader.p) if byte == 0xDE else be32(reader.p)
    reader.p += width
    return True


cdef bint skip_extension(Reader *reader) noexcept nogil:
    """Past the extension value at the reader. False when there is none."""
    cdef const uint8_t *p = reader.p
    cdef int64_t left = reader.end - p
    cdef int64_t size
    if left >= 1 and 0xD4 <= p[0] <= 0xD8:
        size = 2 + (1 << (p[0] - 0xD4))
    elif left >= 2 and p[0] == 0xC7:
        size = 3 + <int64_t> p[1]
    elif left >= 3 and p[0] == 0xC8:
        size = 4 + <int64_t> be16(p + 1)
    elif left >= 5 and p[0] == 0xC9:
        size = 6 + <int64_t> be32(p + 1)
    else:
        return False
    if size > left:
        return False
    reader.p += size
    return True


cdef bint skip_items(Reader *reader, int64_t count, int room) noexcept nogil:
    """Past `count` values of any kind, containers in them at most `room` within each other; recursion is as deep."""
    cdef Leaf leaf
    cdef int64_t i
    if count > reader.end - reader.p:
        return False
    for i in range(count):
        if skip_extension(reader):
            continue
        if not read_leaf(reader, &leaf):
            return False
        if leaf.type == ARRAY or leaf.type == MAP:
            if room <= 0 or not skip_items(reader, leaf.number if leaf.type == ARRAY else 2 * leaf.number, room - 1):
                return False
    return True
