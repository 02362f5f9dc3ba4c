# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What Parquet's footer and pages say, as far as values are to be counted, and no further.

Every length is held against the bytes that are there: what does not fit is a ValueError. Format:
https://parquet.apache.org/docs/file-format/, in Thrift's compact protocol.
"""

from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from query.pages.thrift cimport (
    BINARY,
    I32,
    I64,
    LIST,
    STRUCT,
    Cursor,
    Field,
    PageHeader,
    _elements,
    _integer,
    _next,
    _page_header,
    _pass,
    _short,
    _skip,
    _varint,
)

cdef int64_t MOST_BYTES = 2**31 - 1
"""Of a page: what Parquet can say."""
cdef int64_t LEAST_VALUE_BYTES = 4
"""Of a value in a dictionary: the length of a text."""


cdef bytes _binary(Cursor* c):
    cdef uint64_t count = _varint(c)
    cdef const uint8_t* start = c.at
    _pass(c, count)
    return start[:count]


cdef list _names(Cursor* c):
    cdef int wire
    cdef uint64_t count = _elements(c, &wire)
    cdef list found = []
    if wire != BINARY:
        _short()
    while count:
        found.append(_binary(c))
        count -= 1
    return found


cdef tuple _schema_element(Cursor* c):
    """(name, whether each row has a value, number of children)."""
    cdef Field field
    cdef bytes name = b""
    cdef int64_t repetition = 0
    cdef int64_t children = 0
    field.number = 0
    while _next(c, &field):
        if field.number == 3 and field.wire == I32:
            repetition = _integer(c)
        elif field.number == 4 and field.wire == BINARY:
            name = _binary(c)
        elif field.number == 5 and field.wire == I32:
            children = _integer(c)
        else:
            _skip(c, field.wire, False, 0)
    return name, repetition, children


cdef bint _are_of_dictionary(Cursor* c) except -1:
    """Whether the encodings of pages say that all values are in the dictionary."""
    cdef int wire
    cdef uint64_t count = _elements(c, &wire)
    cdef Field field
    cdef int64_t page, encoding
    cdef bint all_are = True
    if wire != STRUCT:
        _short()
    while count:
        page = encoding = 0
        field.number = 0
        while _next(c, &field):
            if field.number == 1 and field.wire == I32:
                page = _integer(c)
            elif field.number == 2 and field.wire == I32:
                encoding = _integer(c)
            else:
                _skip(c, field.wire, False, 0)
        if page != 2 and encoding != 8 and encoding != 2:
            all_are = False
        count -= 1
    return all_are


cdef int64_t _nulls_of_statistics(Cursor* c) except? -0xDEAD:
    cdef Field field
    cdef int64_t nulls = -1
    field.number = 0
    while _next(c, &field):
        if field.number == 3 and field.wire == I64:
            nulls = _integer(c)
        else:
            _skip(c, field.wire, False, 0)
    return nulls


cdef int64_t _nulls_of_sizes(Cursor* c) except? -0xDEAD:
    """The first of the histogram of definition levels, of a column that has two of them."""
    cdef Field field
    cdef int wire
    cdef uint64_t count
    cdef int64_t nulls = -1
    field.number = 0
    while _next(c, &field):
        if field.number == 3 and field.wire == LIST:
            count = _elements(c, &wire)
            if count == 2 and wire == I64:
                nulls = _integer(c)
                count = 1
            while count:
                _skip(c, wire, True, 0)
                count -= 1
        else:
            _skip(c, field.wire, False, 0)
    return nulls


cdef tuple _column(Cursor* c):
    """(name, physical type, codec, values, nulls, first byte, bytes, whether all are of a dictionary)."""
    cdef Field field
    cdef list path = []
    cdef int64_t kind = -1, codec = -1, values = -1, nulls = -1, size = -1, data = -1, dictionary = -1, found
    cdef bint of_dictionary = False
    field.number = 0
    while _next(c, &field):
        if field.number == 1 and field.wire == I32:
            kind = _integer(c)
        elif field.number == 3 and field.wire == LIST:
            path = _names(c)
        elif field.number == 4 and field.wire == I32:
            codec = _integer(c)
        elif field.number == 5 and field.wire == I64:
            values = _integer(c)
        elif field.number == 7 and field.wire == I64:
            size = _integer(c)
        elif field.number == 9 and field.wire == I64:
            data = _integer(c)
        elif field.number == 11 and field.wire == I64:
            dictionary = _integer(c)
        elif field.number == 12 and field.wire == STRUCT:
            found = _nulls_of_statistics(c)
            nulls = found if found >= 0 else nulls
        elif field.number == 13 and field.wire == LIST:
            of_dictionary = _are_of_dictionary(c)
        elif field.number == 16 and field.wire == STRUCT:
            found = _nulls_of_sizes(c)
            nulls = found if nulls < 0 else nulls
        else:
            _skip(c, field.wire, False, 0)
    if len(path) != 1:
        return None
    if dictionary < 0 or dictionary > data:
        of_dictionary, dictionary = False, data
    return path[0], kind, codec, values, nulls, dictionary, size, of_dictionary


cdef list _row_group(Cursor* c):
    cdef Field field, inner
    cdef int wire
    cdef uint64_t count
    cdef list found = []
    field.number = 0
    while _next(c, &field):
        if field.number != 1 or field.wire != LIST:
            _skip(c, field.wire, False, 0)
            continue
        count = _elements(c, &wire)
        if wire != STRUCT:
            _short()
        while count:
            inner.number = 0
            while _next(c, &inner):
                if inner.number == 3 and inner.wire == STRUCT:
                    column = _column(c)
                    if column is not None:
                        found.append(column)
                else:
                    _skip(c, inner.wire, False, 0)
            count -= 1
    return found


def footer(const uint8_t[::1] content not None, row_groups not None):
    """(schema, columns by row group) of what stands before the length of the footer, for some of the row groups."""
    cdef Cursor c
    cdef Field field
    cdef int wire
    cdef uint64_t count, place
    cdef list schema = []
    cdef dict groups = {}
    wanted = set(row_groups)
    if len(content) == 0:
        _short()
    c.at, c.end = &content[0], &content[0] + len(content)
    field.number = 0
    while _next(&c, &field):
        if field.number == 2 and field.wire == LIST:
            count = _elements(&c, &wire)
            if wire != STRUCT:
                _short()
            while count:
                schema.append(_schema_element(&c))
                count -= 1
        elif field.number == 4 and field.wire == LIST:
            count = _elements(&c, &wire)
            if wire != STRUCT:
                _short()
            for place in range(count):
                if place in wanted:
                    groups[place] = _row_group(&c)
                else:
                    _skip(&c, STRUCT, True, 0)
        else:
            _skip(&c, field.wire, False, 0)
    return schema, groups


def pages(const uint8_t[::1] chunk not None, int64_t rows):
    """(type, first byte, bytes, bytes when decompressed, values) of each page of a column in a row group of so many rows.

    A dictionary may have more values than there are rows: some of them occur in other row groups only. None: there are
    others than those of the first version, with levels as all writers write them.
    """
    cdef Cursor c
    cdef const uint8_t* start
    cdef PageHeader page
    cdef list found = []
    if len(chunk) == 0:
        return found
    start = &chunk[0]
    c.at, c.end = start, start + len(chunk)
    while c.at < c.end:
        _page_header(&c, &page)
        if (page.kind != 0 and page.kind != 2) or page.levels != 3:
            return None
        if page.size < 0 or page.full < 0 or page.full > MOST_BYTES or page.values < 0:
            _short()
        if page.values > (page.full // LEAST_VALUE_BYTES if page.kind == 2 else rows):
            _short()
        found.append((page.kind, c.at - start, page.size, page.full, page.values))
        _pass(&c, page.size)
    return found


cdef int _levels(Cursor* c, uint8_t* defined, Py_ssize_t rows, Py_ssize_t* count) except -1:
    """Fills in which rows have a value; 1 if it is the same for all of them, and `defined` has the first only."""
    cdef uint64_t header, length
    cdef uint8_t value
    cdef Py_ssize_t row = 0, each
    cdef const uint8_t* start = c.at
    count[0] = 0
    while row < rows:
        header = _varint(c)
        if header & 1:
            length = header >> 1
            if length == 0 or length > <uint64_t>(c.end - c.at):
                _short()
            for each in range(min(<Py_ssize_t>length * 8, rows - row)):
                value = c.at[each >> 3] >> (each & 7) & 1
                defined[row + each] = value
                count[0] += value
            row += min(<Py_ssize_t>length * 8, rows - row)
            c.at += length
        else:
            if c.at >= c.end or header >> 1 == 0 or header >> 1 > <uint64_t>(rows - row):
                _short()
            value = c.at[0] & 1
            c.at += 1
            length = header >> 1
            if row == 0 and <Py_ssize_t>length == rows:
                defined[0] = value
                count[0] = rows if value else 0
                return 1
            memset(defined + row, value, length)
            count[0] += length if value else 0
            row += length
    return 0


cdef int64_t _codes(Cursor* c, Py_ssize_t values, const int32_t* kept, int64_t* counts, uint64_t most) except -1:
    """Adds up how often each code occurs; `kept`: how many of the values before each place count, NULL: all."""
    cdef uint64_t header, length, code, bits = 0
    cdef int width, held, octets, each
    cdef Py_ssize_t at = 0, until
    if values == 0:
        return 0
    if c.at >= c.end:
        _short()
    width = c.at[0]
    c.at += 1
    if width > 32:
        _short()
    octets = (width + 7) >> 3
    while at < values:
        header = _varint(c)
        length = header >> 1
        if length == 0 or length > <uint64_t>values:
            _short()
        if header & 1 == 0:
            if octets > c.end - c.at or length > <uint64_t>(values - at):
                _short()
            code = 0
            for each in range(octets):
                code |= <uint64_t>c.at[each] << (8 * each)
            c.at += octets
            if code >= most:
                _short()
            until = at + <Py_ssize_t>length
            counts[code] += until - at if kept == NULL else kept[until] - kept[at]
            at = until
            continue
        if length * width > <uint64_t>(c.end - c.at):
            _short()
        until = min(values, at + <Py_ssize_t>length * 8)
        start = c.at
        held = 0
        bits = 0
        while at < until:
            while held < width:
                bits |= <uint64_t>c.at[0] << held
                c.at += 1
                held += 8
            code = bits & ((<uint64_t>1 << width) - 1)
            bits >>= width
            held -= width
            if code >= most:
                _short()
            counts[code] += 1 if kept == NULL else kept[at + 1] - kept[at]
            at += 1
        c.at = start + length * width
    return 0


def count(const uint8_t[::1] page not None, Py_ssize_t rows, bint optional, const int32_t[::1] kept, Py_ssize_t first,
          int64_t[::1] counts):
    """How many of the rows that count have a value; adds up how often each code of the dictionary occurs in them.

    Args:
        page: decompressed.
        rows: of the page.
        optional: whether there are rows without a value.
        kept: how many of the rows of the row group before each one count, and of all; None: all of them do.
        first: the page's first row in the row group.
        counts: by code; None: they are not looked at.
    """
    cdef Cursor c
    cdef uint32_t length
    cdef uint8_t* defined = NULL
    cdef int32_t* of_values = NULL
    cdef const int32_t* before = NULL
    cdef Py_ssize_t values = rows, row, value = 0
    cdef bint alike = True
    cdef uint8_t nothing = 0
    if kept is not None:
        if first + rows >= len(kept):
            _short()
        before = &kept[first]
    if len(page) == 0:
        c.at = c.end = &nothing
    else:
        c.at, c.end = &page[0], &page[0] + len(page)
    try:
        if optional and rows:
            if c.end - c.at < 4:
                _short()
            memcpy(&length, c.at, 4)
            c.at += 4
            if length > <uint64_t>(c.end - c.at):
                _short()
            defined = <uint8_t*>PyMem_Malloc(rows)
            if defined == NULL:
                raise MemoryError
            levels = Cursor(c.at, c.at + length)
            alike = _levels(&levels, defined, rows, &values)
            c.at += length
            if values and not alike and kept is not None:
                of_values = <int32_t*>PyMem_Malloc((values + 1) * sizeof(int32_t))
                if of_values == NULL:
                    raise MemoryError
                of_values[0] = 0
                for row in range(rows):
                    if defined[row]:
                        of_values[value + 1] = of_values[value] + before[row + 1] - before[row]
                        value += 1
                before = of_values
        if values and counts is not None:
            _codes(&c, values, before, &counts[0] if len(counts) else NULL, len(counts))
        if before == NULL or values == 0:
            return values
        return before[values] - before[0]
    finally:
        PyMem_Free(defined)
        PyMem_Free(of_values)


def texts(const uint8_t[::1] content not None, const int64_t[::1] counts not None):
    """The texts of a dictionary that occur, and how often."""
    cdef Py_ssize_t place
    cdef uint32_t length
    cdef Cursor c
    cdef list values = [], numbers = []
    if len(content) == 0:
        return values, numbers
    c.at, c.end = &content[0], &content[0] + len(content)
    for place in range(len(counts)):
        if c.end - c.at < 4:
            _short()
        memcpy(&length, c.at, 4)
        c.at += 4
        if length > <uint64_t>(c.end - c.at):
            _short()
        if counts[place]:
            values.append(PyUnicode_DecodeUTF8(<const char*>c.at, length, NULL))
            numbers.append(counts[place])
        c.at += length
    return values, numbers
