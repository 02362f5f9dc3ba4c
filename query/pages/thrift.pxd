# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Thrift's compact protocol, as far as Parquet's footer and the headers of its pages need it.

Every length is held against the bytes that are there: what does not fit is a ValueError. Format:
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t

cdef enum:
    MOST_DEPTH = 32

cdef enum Wire:
    TRUE = 1
    FALSE = 2
    BYTE = 3
    I16 = 4
    I32 = 5
    I64 = 6
    DOUBLE = 7
    BINARY = 8
    LIST = 9
    SET = 10
    MAP = 11
    STRUCT = 12

cdef struct Cursor:
    const uint8_t* at
    const uint8_t* end

cdef struct Field:
    int number
    int wire

cdef struct PageHeader:
    int64_t kind
    int64_t full  # bytes before it was compressed
    int64_t size
    int64_t values
    int64_t encoding
    int64_t levels  # encoding of them


cdef inline int _short() except -1:
    raise ValueError("it ends too soon, or is no Parquet")


cdef inline uint64_t _varint(Cursor* c) except? 0xDEAD:
    cdef uint64_t value = 0
    cdef int shift = 0
    cdef uint8_t byte
    while True:
        if c.at >= c.end or shift > 63:
            _short()
        byte = c.at[0]
        c.at += 1
        value |= <uint64_t>(byte & 127) << shift
        if byte < 128:
            return value
        shift += 7


cdef inline int64_t _integer(Cursor* c) except? -0xDEAD:
    cdef uint64_t value = _varint(c)
    return <int64_t>(value >> 1) ^ -<int64_t>(value & 1)


cdef inline int _pass(Cursor* c, uint64_t count) except -1:
    if count > <uint64_t>(c.end - c.at):
        _short()
    c.at += count
    return 0


cdef inline int _next(Cursor* c, Field* field) except -1:
    """Goes on to the next field of a struct; 0 at its end."""
    cdef uint8_t header
    if c.at >= c.end:
        _short()
    header = c.at[0]
    c.at += 1
    if header == 0:
        return 0
    if header >> 4:
        field.number += header >> 4
    else:
        field.number = <int>_integer(c)
    field.wire = header & 15
    return 1


cdef inline uint64_t _elements(Cursor* c, int* wire) except? 0xDEAD:
    cdef uint8_t header
    if c.at >= c.end:
        _short()
    header = c.at[0]
    c.at += 1
    wire[0] = header & 15
    return _varint(c) if header >> 4 == 15 else header >> 4


cdef inline int _skip(Cursor* c, int wire, bint inside, int depth) except -1:
    """Passes over a value; booleans have a byte inside lists only."""
    cdef Field field
    cdef uint64_t count
    cdef int each
    if depth > MOST_DEPTH:
        _short()
    if wire == TRUE or wire == FALSE:
        return _pass(c, 1) if inside else 0
    if wire == BYTE:
        return _pass(c, 1)
    if wire == I16 or wire == I32 or wire == I64:
        _varint(c)
        return 0
    if wire == DOUBLE:
        return _pass(c, 8)
    if wire == BINARY:
        return _pass(c, _varint(c))
    if wire == LIST or wire == SET:
        count = _elements(c, &each)
        while count:
            _skip(c, each, True, depth + 1)
            count -= 1
        return 0
    if wire == STRUCT:
        field.number = 0
        while _next(c, &field):
            _skip(c, field.wire, False, depth + 1)
        return 0
    _short()


cdef inline int _page_header(Cursor* c, PageHeader* page) except -1:
    """What is not said is -1; levels are in runs then, as all writers write them."""
    cdef Field field, inner
    page.kind = page.full = page.size = page.values = page.encoding = -1
    page.levels = 3
    field.number = 0
    while _next(c, &field):
        if field.number == 1 and field.wire == I32:
            page.kind = _integer(c)
        elif field.number == 2 and field.wire == I32:
            page.full = _integer(c)
        elif field.number == 3 and field.wire == I32:
            page.size = _integer(c)
        elif (field.number == 5 or field.number == 7) and field.wire == STRUCT:
            inner.number = 0
            while _next(c, &inner):
                if inner.number == 1 and inner.wire == I32:
                    page.values = _integer(c)
                elif inner.number == 2 and inner.wire == I32:
                    page.encoding = _integer(c)
                elif inner.number == 3 and inner.wire == I32:
                    page.levels = _integer(c)
                else:
                    _skip(c, inner.wire, False, 0)
        else:
            _skip(c, field.wire, False, 0)
    return 0
