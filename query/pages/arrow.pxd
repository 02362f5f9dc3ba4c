# cython: language_level=3
"""How a batch is handed over between those who know Arrow, without a copy and without a library of Arrow's.

Whoever hands over fills in `release`, which gives back what the struct owns and sets itself to NULL, and may be called by
any thread. Children are given back by their parents, unless somebody has taken them out, whose `release` is NULL then.
Format: https://arrow.apache.org/docs/format/CDataInterface.html.
"""

from libc.stdint cimport int64_t

cdef enum:
    ARROW_FLAG_NULLABLE = 2

cdef struct ArrowSchema:
    const char* format
    const char* name
    const char* metadata
    int64_t flags
    int64_t n_children
    ArrowSchema** children
    ArrowSchema* dictionary
    void (*release)(ArrowSchema*) noexcept nogil
    void* private_data

cdef struct ArrowArray:
    int64_t length
    int64_t null_count
    int64_t offset
    int64_t n_buffers
    int64_t n_children
    const void** buffers
    ArrowArray** children
    ArrowArray* dictionary
    void (*release)(ArrowArray*) noexcept nogil
    void* private_data
