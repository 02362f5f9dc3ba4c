# cython: language_level=3
"""How much of a string stands in JSON as it is, which both who read JSON and who write it ask."""

from libc.stdint cimport uint8_t

cdef extern from *:
    """
    #include <stdint.h>
    #include <string.h>

    /* How many bytes of a string, in steps of 8, hold neither a quote, nor a backslash, nor a control character. */
    static inline size_t plain_words(const uint8_t *p, const uint8_t *end) {
        const uint64_t ones = 0x0101010101010101ULL, tops = 0x8080808080808080ULL;
        const uint8_t *start = p;
        while (end - p >= 8) {
            uint64_t word, quote, slash;
            memcpy(&word, p, 8);
            quote = word ^ (ones * 0x22);
            slash = word ^ (ones * 0x5C);
            if (((word - ones * 0x20) & ~word & tops) | ((quote - ones) & ~quote & tops)
                | ((slash - ones) & ~slash & tops)) break;
            p += 8;
        }
        return p - start;
    }
    """
    size_t plain_words(const uint8_t *p, const uint8_t *end) noexcept nogil
