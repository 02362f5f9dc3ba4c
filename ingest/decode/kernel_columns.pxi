# Columns under construction, in Arrow's layout: a bitmap of which rows have a value, the values, and for text their
# ends.
#
# A column is as long as the last row that has a value of it; the rows that it skipped are filled with nulls when the
# next value comes, so a record costs nothing for columns that it does not have. Every function that may need memory
# returns False when there is none, the column as it was but for what `column_truncate` takes back.

cdef enum ColumnKind:
    C_BOOL, C_INT, C_UINT, C_FLOAT, C_TIME, C_TEXT, C_JSON

_KINDS = (Kind.BOOL, Kind.INT, Kind.UINT, Kind.FLOAT, Kind.TIME, Kind.TEXT, Kind.JSON)
_KIND_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}

# Ends of texts are 32 bits; what would come near to 2^31 is left to Python.
cdef int64_t MAX_TEXT = 2000000000


cdef struct Column:
    int kind
    int64_t rows
    int64_t nulls
    # The blocks, and how many bytes each has. Of text, `values` are the bytes, `used` of them, and `ends` their ends.
    uint8_t *validity
    int64_t validity_size
    uint8_t *values
    int64_t values_size
    int64_t used
    int32_t *ends
    int64_t ends_size
    # Of a text that is coded, `values` and `ends` are those of its dictionary; see kernel_dictionary.pxi.
    bint is_coded
    int32_t *codes
    int64_t codes_size
    int32_t *slots
    int64_t slots_size
    int32_t distinct
    int32_t last_code
    int32_t plain_pieces
    int32_t next_plain_pieces
    # What it had in the piece before: rows, and bytes of texts. Blocks begin as large, so that they need not grow; all
    # of them together are no more than that piece took.
    int64_t expected_rows
    int64_t expected_bytes


cdef bint grow(void **block, int64_t *size, int64_t wanted) noexcept nogil:
    """Makes a block at least `wanted` bytes long; by doubling, so that growing costs the same for each byte."""
    cdef int64_t target = max(max(size[0] * 2, wanted), 4096)
    cdef void *larger
    if wanted <= size[0]:
        return True
    larger = realloc(block[0], target)
    if larger == NULL:
        return False
    block[0] = larger
    size[0] = target
    return True


cdef inline bint grow_to(void **block, int64_t *size, int64_t wanted, int64_t expected) noexcept nogil:
    """As `grow`; a new block is made as large as is expected, and an eighth more."""
    return wanted <= size[0] or grow(block, size, wanted if size[0] else max(wanted, expected + expected // 8))


cdef inline bint is_text(Column *column) noexcept nogil:
    return column.kind >= C_TEXT


cdef inline void mark_present(Column *column, int64_t row) noexcept nogil:
    column.validity[row >> 3] |= <uint8_t> (1 << (row & 7))


cdef bint column_pad(Column *column, int64_t row) noexcept nogil:
    """Nulls from the column's end up to, not including, `row`; room for `row`, whose bits are clear."""
    cdef int64_t old = column.rows, i
    cdef int64_t first = (old + 7) >> 3, behind = (row >> 3) + 1
    cdef int64_t expected = column.expected_rows + 2
    if not grow_to(<void **> &column.validity, &column.validity_size, behind + 8, expected // 8 + 8):
        return False
    if column.is_coded:
        if not grow_to(<void **> &column.codes, &column.codes_size, (row + 1) * 4, expected * 4):
            return False
        if row > old:
            memset(column.codes + old, 0, (row - old) * 4)
    elif is_text(column):
        if not grow_to(<void **> &column.ends, &column.ends_size, (row + 2) * 4, expected * 4):
            return False
        if old == 0:
            column.ends[0] = 0
        for i in range(old, row):
            column.ends[i + 1] = <int32_t> column.used
    elif column.kind == C_BOOL:
        if not grow_to(<void **> &column.values, &column.values_size, behind + 8, expected // 8 + 8):
            return False
        if behind > first:
            memset(column.values + first, 0, behind - first)
    else:
        if not grow_to(<void **> &column.values, &column.values_size, (row + 1) * 8, expected * 8):
            return False
        if row > old:
            memset(column.values + old * 8, 0, (row - old) * 8)
    # Bits behind the last row are clear already in the byte that it shares with them.
    if behind > first:
        memset(column.validity + first, 0, behind - first)
    column.nulls += row - old
    column.rows = row
    return True


cdef bint column_start(Column *column, int64_t row) noexcept nogil:
    """Room for the value of `row`, marked present."""
    if not column_pad(column, row):
        return False
    mark_present(column, row)
    column.rows = row + 1
    return True


cdef inline bint column_word(Column *column, int64_t row, int64_t value) noexcept nogil:
    # The common case is a dense column whose byte of the bitmap exists.
    if column.rows == row and (row & 7) and (row + 1) * 8 <= column.values_size:
        mark_present(column, row)
        column.rows = row + 1
    elif not column_start(column, row):
        return False
    (<int64_t *> column.values)[row] = value
    return True


cdef inline bint column_real(Column *column, int64_t row, double value) noexcept nogil:
    cdef int64_t bits
    memcpy(&bits, &value, 8)
    return column_word(column, row, bits)


cdef inline bint column_text(Column *column, int64_t row, const uint8_t *data, int64_t size) noexcept nogil:
    cdef int64_t behind
    if column.is_coded:
        return column_code(column, row, data, size)
    behind = column.used + size
    # A byte more, so that there is a block even if all that is in it is an empty text.
    if behind >= column.values_size and not grow_to(
        <void **> &column.values, &column.values_size, behind + 1, column.expected_bytes + 1
    ):
        return False
    if column.rows == row and (row & 7) and (row + 2) * 4 <= column.ends_size:
        mark_present(column, row)
        column.rows = row + 1
    elif not column_start(column, row):
        return False
    copy_bytes(column.values + column.used, data, size)
    column.used = behind
    column.ends[row + 1] = <int32_t> behind
    return True


cdef bint column_append(Column *column, const char *data, int64_t size) noexcept nogil:
    """Bytes of a text that is not whole yet; its end is set by whoever writes the last of them."""
    if not grow(<void **> &column.values, &column.values_size, column.used + size):
        return False
    memcpy(column.values + column.used, data, size)
    column.used += size
    return True


cdef void column_truncate(Column *column, int64_t rows) noexcept nogil:
    """Takes back every row from `rows` on, and the bytes of a text that was not finished."""
    cdef int64_t row
    cdef uint8_t kept = <uint8_t> ((1 << (rows & 7)) - 1)
    if column.rows > rows:
        for row in range(rows, column.rows):
            if not (column.validity[row >> 3] >> (row & 7)) & 1:
                column.nulls -= 1
        if rows & 7:
            column.validity[rows >> 3] &= kept
            if column.kind == C_BOOL:
                column.values[rows >> 3] &= kept
        column.rows = rows
    # The dictionary may keep values that no row has any more.
    if is_text(column) and not column.is_coded:
        column.used = column.ends[column.rows] if column.rows else 0


cdef class Block:
    """A block of a finished column, freed with the Arrow array that looks at it."""

    cdef void *data

    def __dealloc__(self):
        free(self.data)


cdef object arrow_buffer(void **block, int64_t used):
    """A block as an Arrow buffer of `used` bytes, handed over; what is allocated past them goes back."""
    cdef Block owner = Block.__new__(Block)
    cdef void *smaller = realloc(block[0], max(used, 1))
    owner.data = block[0] if smaller == NULL else smaller
    block[0] = NULL
    if owner.data == NULL:
        raise MemoryError
    return pa.foreign_buffer(<size_t> owner.data, used, owner)


cdef object column_array(Column *column, int64_t rows, kind):
    """The column as an Arrow array of so many rows; the column is empty after it."""
    cdef int64_t bits = (rows + 7) >> 3
    cdef int64_t nulls
    if column.is_coded and not is_worth_coding(column) and not column_expand(column):
        raise MemoryError
    # One row past the end, so that the end of the last text is written too.
    if column.rows < rows and not column_pad(column, rows):
        raise MemoryError
    nulls = column.nulls
    validity = arrow_buffer(<void **> &column.validity, bits) if nulls else None
    if column.is_coded:
        array = coded_array(column, rows, validity, nulls)
        column_clear(column)
        return array
    if is_text(column):
        ends = arrow_buffer(<void **> &column.ends, (rows + 1) * 4)
        buffers = [validity, ends, arrow_buffer(<void **> &column.values, column.used)]
    elif column.kind == C_BOOL:
        buffers = [validity, arrow_buffer(<void **> &column.values, bits)]
    else:
        buffers = [validity, arrow_buffer(<void **> &column.values, rows * 8)]
    column_clear(column)
    return pa.Array.from_buffers(ARROW_TYPES[kind], rows, buffers, null_count=nulls)


cdef void column_clear(Column *column) noexcept:
    """Frees what the column holds; it is ready for the next rows."""
    cdef int kind = column.kind
    cdef int32_t plain_pieces = column.plain_pieces, next_plain_pieces = column.next_plain_pieces
    cdef int64_t rows = column.rows, used = column.used
    free(column.validity)
    free(column.values)
    free(column.ends)
    free(column.codes)
    free(column.slots)
    memset(column, 0, sizeof(Column))
    column.kind = kind
    column_begin(column, plain_pieces, next_plain_pieces)
    column.expected_rows = rows
    column.expected_bytes = used
