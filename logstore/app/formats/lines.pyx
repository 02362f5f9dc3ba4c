# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Rows of a record batch as JSON lines, compiled; `jsonl` writes the same without it, whole columns at a time.

The columns are read where Arrow has them (see `query.pages.arrow`).

Memory: what is read of a column lies within what its buffers must hold by its length and offsets. All output goes
through `room_for`, which makes room before a byte is written.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.math cimport fabs, rint
from libc.stdint cimport INT64_MIN, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memchr, memcmp, memcpy, strlen, strncmp

from ingest.decode.plain_words cimport plain_words
from query.pages.arrow cimport ArrowArray, ArrowSchema

cdef extern from "Python.h":
    char *PyOS_double_to_string(double value, char form, int precision, int flags, int *kind)
    int Py_DTSF_ADD_DOT_0

cdef enum:
    FEW_ROWS = 512  # Whoever gives the GIL away may wait for it longer than so few rows take.
    FIRST_BYTES = 1 << 14
    DATE_BYTES = 19  # Of a second.
    LONGEST = 64  # Bytes of any value that is no text.

cdef:
    # Doubles from the one and below the other are written by everybody without an exponent, in the fewest digits.
    double LEAST_PLAIN = 1e-4
    double MOST_PLAIN = 1e10
    # So many digits behind the point: then no more than 15 digits in all, of which no two numbers are the same double.
    double DECIMALS = 1e5
    int64_t NS_PER_SECOND = 1_000_000_000
    int64_t SECONDS_PER_DAY = 86_400

cdef struct Column:
    # A column, and how its values are written: by the letter of its form (see `lines`), or `r`: they are JSON.
    char form
    const uint8_t *name
    Py_ssize_t name_bytes
    const uint8_t *valid
    const int32_t *offsets
    const void *values
    int64_t first

cdef struct Output:
    uint8_t *start
    Py_ssize_t used
    Py_ssize_t size
    int64_t second
    uint8_t date[DATE_BYTES]


def lines(batch, names, bytes forms, rendered):
    """The rows, an object and an end of line each; a value that is missing is left out.

    Args:
        batch: a record batch.
        names: what stands before the values of each of its first columns, as bytes, a comma first.
        forms: a letter for each of these: `t`: text; `d`: JSON; `i`, `u`: signed and unsigned integers of 64 bits; `f`:
            doubles; `b`: truth values; `n`: times in nanoseconds; anything else: to be rendered.
        rendered: is asked for a column by its number where it has other values than its form can have here; gives it as
            an array of texts that are JSON.

    Raises:
        TypeError, ValueError: what was rendered is no array of texts, or has another length; the names are not bytes.
    """
    cdef:
        object held = []
        object schema_held, array_held
        ArrowSchema *schema
        ArrowArray *array
        ArrowArray *child
        Py_ssize_t place, count = 0, many = len(forms)
        int64_t rows
        bint is_written
        Output out
        Column *columns = NULL
    schema_held, array_held = batch.__arrow_c_array__()
    schema = <ArrowSchema *>PyCapsule_GetPointer(schema_held, "arrow_schema")
    array = <ArrowArray *>PyCapsule_GetPointer(array_held, "arrow_array")
    rows = array.length
    if many > len(names) or many > array.n_children or array.n_children != schema.n_children:
        raise ValueError("there are fewer columns than forms")
    out.start, out.used, out.size, out.second = NULL, 0, 0, INT64_MIN
    try:
        columns = <Column *>calloc(max(many, 1), sizeof(Column))
        if columns is NULL:
            raise MemoryError
        for place in range(many):
            child = array.children[place]
            if child.null_count == rows and rows:
                continue
            _named(&columns[count], names[place])
            if not _is_read(&columns[count], PyBytes_AS_STRING(forms)[place], schema.children[place], child, array):
                held.append(_read_rendered(&columns[count], rendered(place), rows))
            count += 1
        if rows <= FEW_ROWS:
            is_written = _write(&out, columns, count, rows)
        else:
            with nogil:
                is_written = _write(&out, columns, count, rows)
        if not is_written:
            raise MemoryError
        return PyBytes_FromStringAndSize(<char *>out.start, out.used)
    finally:
        free(out.start)
        free(columns)


cdef int _named(Column *column, bytes name) except -1:
    column.name = <const uint8_t *>PyBytes_AS_STRING(name)
    column.name_bytes = PyBytes_GET_SIZE(name)
    return 0


cdef bint _is_read(Column *column, char form, ArrowSchema *schema, ArrowArray *child, ArrowArray *batch) noexcept:
    """Takes a column as it is; whether it has what its form asks for, and nothing that is written in another way."""
    cdef const char *wanted
    if schema.dictionary is not NULL:
        return False
    if form == c't' or form == c'd':
        wanted = "u"
    elif form == c'i':
        wanted = "l"
    elif form == c'u':
        wanted = "L"
    elif form == c'f':
        wanted = "g"
    elif form == c'b':
        wanted = "b"
    elif form == c'n':
        wanted = "l" if schema.format[0] == c'l' else "tsn:"
    else:
        return False
    if strncmp(schema.format, wanted, 4 if wanted[0] == c't' else 2):
        return False
    column.form = form
    _take(column, child, batch.offset, is_text=wanted[0] == c'u')
    if form == c'f':
        return _are_plain(column, batch.length)
    if form == c'd':
        column.form = c'r'
        return _are_finite(column, batch.length)
    return True


cdef object _read_rendered(Column *column, object texts, int64_t rows):
    """Takes a column that was rendered; what must be kept as long as it is read."""
    cdef ArrowSchema *schema
    cdef ArrowArray *array
    schema_held, array_held = texts.__arrow_c_array__()
    schema = <ArrowSchema *>PyCapsule_GetPointer(schema_held, "arrow_schema")
    array = <ArrowArray *>PyCapsule_GetPointer(array_held, "arrow_array")
    if strncmp(schema.format, "u", 2) or schema.dictionary is not NULL:
        raise TypeError("what is rendered must be texts")
    if array.length != rows:
        raise ValueError("what is rendered must have a text for each row")
    column.form = c'r'
    _take(column, array, 0, is_text=True)
    return schema_held, array_held


cdef void _take(Column *column, ArrowArray *array, int64_t offset, bint is_text) noexcept:
    column.first = array.offset + offset
    column.valid = NULL if array.null_count == 0 else <const uint8_t *>array.buffers[0]
    column.offsets = <const int32_t *>array.buffers[1] if is_text else NULL
    column.values = array.buffers[2 if is_text else 1]


cdef inline bint _is_there(const Column *column, int64_t row) noexcept nogil:
    cdef int64_t place = column.first + row
    return column.valid is NULL or column.valid[place >> 3] >> (place & 7) & 1


cdef bint _are_plain(const Column *column, int64_t rows) noexcept nogil:
    """Whether all of these doubles are written by everybody in the same way."""
    cdef const double *values = <const double *>column.values + column.first
    cdef double size
    cdef int64_t row
    for row in range(rows):
        size = fabs(values[row])
        # Neither is true of NaN.
        if not (size == 0 or LEAST_PLAIN <= size < MOST_PLAIN) and _is_there(column, row):
            return False
    return True


cdef bint _are_finite(const Column *column, int64_t rows) noexcept nogil:
    """Whether none of these documents may have NaN or an infinity in it, for which JSON has no words."""
    cdef const uint8_t *text
    cdef int64_t row
    cdef Py_ssize_t size
    for row in range(rows):
        if _is_there(column, row):
            size = _text_of(column, row, &text)
            if _has(text, size, "NaN", 3) or _has(text, size, "Infinity", 8):
                return False
    return True


cdef bint _has(const uint8_t *text, Py_ssize_t size, const char *word, Py_ssize_t word_bytes) noexcept nogil:
    cdef const uint8_t *found
    while size >= word_bytes:
        found = <const uint8_t *>memchr(text, word[0], size - word_bytes + 1)
        if found is NULL:
            return False
        if not memcmp(found, word, word_bytes):
            return True
        size -= found + 1 - text
        text = found + 1
    return False


cdef inline Py_ssize_t _text_of(const Column *column, int64_t row, const uint8_t **text) noexcept nogil:
    cdef const int32_t *offsets = column.offsets + column.first + row
    text[0] = <const uint8_t *>column.values + offsets[0]
    return offsets[1] - offsets[0]


cdef bint _write(Output *out, const Column *columns, Py_ssize_t count, int64_t rows) noexcept nogil:
    """All rows; False: out of memory."""
    cdef int64_t row
    cdef Py_ssize_t place, start
    cdef const Column *column
    for row in range(rows):
        if not room_for(out, 1):
            return False
        out.start[out.used] = c'{'
        out.used += 1
        start = out.used
        for place in range(count):
            column = &columns[place]
            if not _is_there(column, row):
                continue
            if not room_for(out, column.name_bytes + LONGEST):
                return False
            memcpy(out.start + out.used, column.name, column.name_bytes)
            out.used += column.name_bytes
            if out.used - column.name_bytes == start:
                # No comma before the first.
                out.used -= 1
                memcpy(out.start + start, column.name + 1, column.name_bytes - 1)
            if not _write_value(out, column, row):
                return False
        if not room_for(out, 2):
            return False
        out.start[out.used] = c'}'
        out.start[out.used + 1] = c'\n'
        out.used += 2
    return True


cdef inline bint _write_value(Output *out, const Column *column, int64_t row) noexcept nogil:
    """A value that is there, where there is room for all but texts; False: out of memory."""
    cdef const uint8_t *text
    cdef Py_ssize_t size
    cdef int64_t place = column.first + row, signed
    cdef char form = column.form
    if form == c't':
        size = _text_of(column, row, &text)
        return _write_text(out, text, size)
    if form == c'r':
        size = _text_of(column, row, &text)
        if not room_for(out, size):
            return False
        memcpy(out.start + out.used, text, size)
        out.used += size
        return True
    if form == c'n':
        _write_time(out, (<const int64_t *>column.values)[place])
    elif form == c'i':
        signed = (<const int64_t *>column.values)[place]
        if signed < 0:
            out.start[out.used] = c'-'
            out.used += 1
            # As an unsigned number also the least has an opposite.
            _write_integer(out, 0 - <uint64_t>signed)
        else:
            _write_integer(out, signed)
    elif form == c'u':
        _write_integer(out, (<const uint64_t *>column.values)[place])
    elif form == c'b':
        if (<const uint8_t *>column.values)[place >> 3] >> (place & 7) & 1:
            memcpy(out.start + out.used, b"true", 4)
            out.used += 4
        else:
            memcpy(out.start + out.used, b"false", 5)
            out.used += 5
    else:
        return _write_double(out, (<const double *>column.values)[place])
    return True


cdef bint _write_text(Output *out, const uint8_t *text, Py_ssize_t size) noexcept nogil:
    cdef const uint8_t *end = text + size
    cdef const uint8_t *run
    cdef Py_ssize_t plain
    if not room_for(out, size + 2):
        return False
    out.start[out.used] = c'"'
    out.used += 1
    while text < end:
        run = text
        text += plain_words(text, end)
        while text < end and text[0] >= 0x20 and text[0] != c'"' and text[0] != c'\\':
            text += 1
        plain = text - run
        memcpy(out.start + out.used, run, plain)
        out.used += plain
        if text < end:
            # There was room for this byte as it is, but it becomes up to six.
            if not room_for(out, end - text + 7):
                return False
            _escape(out, text[0])
            text += 1
    out.start[out.used] = c'"'
    out.used += 1
    return True


cdef void _escape(Output *out, uint8_t byte) noexcept nogil:
    cdef const char *digits = "0123456789abcdef"
    cdef uint8_t *to = out.start + out.used
    cdef char short = 0
    if byte == c'"' or byte == c'\\':
        short = byte
    elif byte == c'\n':
        short = c'n'
    elif byte == c'\t':
        short = c't'
    elif byte == c'\r':
        short = c'r'
    elif byte == 0x08:
        short = c'b'
    elif byte == 0x0C:
        short = c'f'
    to[0] = c'\\'
    if short:
        to[1] = short
        out.used += 2
        return
    memcpy(to + 1, b"u00", 3)
    to[4] = digits[byte >> 4]
    to[5] = digits[byte & 15]
    out.used += 6


cdef void _write_integer(Output *out, uint64_t number) noexcept nogil:
    cdef uint8_t digits[20]
    cdef int place = 20
    while True:
        place -= 1
        digits[place] = c'0' + <uint8_t>(number % 10)
        number //= 10
        if not number:
            break
    memcpy(out.start + out.used, &digits[place], 20 - place)
    out.used += 20 - place


cdef inline void _write_digits(uint8_t *to, uint64_t number, int count) noexcept nogil:
    """The last so many digits."""
    while count:
        count -= 1
        to[count] = c'0' + <uint8_t>(number % 10)
        number //= 10


cdef bint _write_double(Output *out, double number) noexcept nogil:
    """A plain one, in the fewest digits that read back the same, of which at least one is behind the point."""
    cdef double size = fabs(number), scaled = rint(size * DECIMALS)
    cdef uint64_t whole
    cdef int decimals = 5
    cdef char *text
    cdef Py_ssize_t text_bytes
    # A division of two doubles that are exact gives the double nearest to the decimal number.
    if scaled and scaled / DECIMALS == size:
        if number < 0:
            out.start[out.used] = c'-'
            out.used += 1
        whole = <uint64_t>scaled
        while decimals > 1 and whole % 10 == 0:
            whole //= 10
            decimals -= 1
        _write_integer(out, whole // _power(decimals))
        out.start[out.used] = c'.'
        _write_digits(out.start + out.used + 1, whole, decimals)
        out.used += 1 + decimals
        return True
    with gil:
        text = PyOS_double_to_string(number, c'r', 0, Py_DTSF_ADD_DOT_0, NULL)
        if text is NULL:
            return False
        text_bytes = strlen(text)
        memcpy(out.start + out.used, text, min(text_bytes, <Py_ssize_t>LONGEST))
        out.used += text_bytes
        PyMem_Free(text)
    return True


cdef inline uint64_t _power(int exponent) noexcept nogil:
    cdef uint64_t power = 1
    while exponent:
        power *= 10
        exponent -= 1
    return power


cdef void _write_time(Output *out, int64_t time_ns) noexcept nogil:
    """An instant in UTC, as `instants` has it."""
    cdef int64_t second = time_ns // NS_PER_SECOND, fraction = time_ns % NS_PER_SECOND
    cdef uint8_t *to = out.start + out.used
    if fraction < 0:
        second -= 1
        fraction += NS_PER_SECOND
    if second != out.second:
        _write_second(out.date, second)
        out.second = second
    to[0] = c'"'
    memcpy(to + 1, out.date, DATE_BYTES)
    to[1 + DATE_BYTES] = c'.'
    _write_digits(to + 2 + DATE_BYTES, fraction, 9)
    to[11 + DATE_BYTES] = c'Z'
    to[12 + DATE_BYTES] = c'"'
    out.used += 13 + DATE_BYTES


cdef void _write_second(uint8_t *to, int64_t second) noexcept nogil:
    """`2026-11-22T10:00:00`. The date: https://howardhinnant.github.io/date_algorithms.html#civil_from_days."""
    cdef int64_t days = second // SECONDS_PER_DAY, rest = second % SECONDS_PER_DAY, era, year
    cdef uint32_t of_era, year_of_era, of_year, month
    if rest < 0:
        days -= 1
        rest += SECONDS_PER_DAY
    # An era has 400 years, of which each begins in March: the day of a leap year is its last. No time of 64 bits in
    # nanoseconds is before the year 0.
    days += 719_468
    era = days // 146_097
    of_era = <uint32_t>(days - era * 146_097)
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month = (5 * of_year + 2) // 153
    year = era * 400 + year_of_era
    _write_digits(to + 8, of_year - (153 * month + 2) // 5 + 1, 2)
    month = month + 3 if month < 10 else month - 9
    _write_digits(to, year + 1 if month <= 2 else year, 4)
    _write_digits(to + 5, month, 2)
    _write_digits(to + 11, rest // 3600, 2)
    _write_digits(to + 14, rest // 60 % 60, 2)
    _write_digits(to + 17, rest % 60, 2)
    to[4] = c'-'
    to[7] = c'-'
    to[10] = c'T'
    to[13] = c':'
    to[16] = c':'


cdef inline bint room_for(Output *out, Py_ssize_t wanted) noexcept nogil:
    """Whether there is room for so many bytes more, if need be by taking memory."""
    cdef uint8_t *moved
    cdef Py_ssize_t size
    if out.size - out.used >= wanted:
        return True
    size = max(out.used + wanted, 2 * out.size, <Py_ssize_t>FIRST_BYTES)
    moved = <uint8_t *>realloc(out.start, size)
    if moved is NULL:
        return False
    out.start, out.size = moved, size
    return True
