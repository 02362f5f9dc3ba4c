# Texts that repeat, each held once: a row has the number of its text, its code, in a dictionary.
#
# All but a few columns of logs repeat few values. Coded they take a fraction of the memory, and whoever sorts, joins or
# writes them moves numbers. A column begins coded, and becomes plain as soon as too many of its values are new; then it
# also begins the next pieces plain, twice as many each time that coding it has failed.

cdef enum:
    # So many values may be new before their share is looked at: of values that come at random most are new at first.
    FEW_DISTINCT = 1024
    # At least so many rows for each distinct value; with fewer, codes and dictionary are hardly smaller than the texts.
    MIN_ROWS_PER_DISTINCT = 4
    # Larger dictionaries no longer fit the caches of the processor.
    MAX_DISTINCT = 65536
    FIRST_SLOTS = 256
    MAX_PLAIN_PIECES = 64
    NO_CODE = -1

cdef extern from *:
    """
    static inline uint64_t fold_word(uint64_t x) {
        __uint128_t product = (__uint128_t) x * 0x9E3779B97F4A7C15ULL;
        return (uint64_t) product ^ (uint64_t) (product >> 64);
    }
    """
    uint64_t fold_word(uint64_t x) noexcept nogil

# Strangers choose the texts; they must not choose the slots too.
cdef uint64_t HASH_SEED = int.from_bytes(os.urandom(8), "little")


cdef void column_begin(Column *column, int32_t plain_pieces, int32_t next_plain_pieces) noexcept nogil:
    """Decides, for an empty column, whether its texts are coded."""
    column.is_coded = column.kind == C_TEXT and plain_pieces == 0
    column.plain_pieces = max(plain_pieces - 1, 0)
    column.next_plain_pieces = max(next_plain_pieces, 1)
    column.last_code = NO_CODE


cdef inline bint is_worth_coding(Column *column) noexcept nogil:
    return <int64_t> column.distinct * MIN_ROWS_PER_DISTINCT <= column.rows - column.nulls


cdef inline uint64_t text_hash(const uint8_t *data, int64_t size) noexcept nogil:
    """Multiply and fold, eight bytes at a time (after wyhash by Wang Yi)."""
    cdef uint64_t word, state = HASH_SEED ^ <uint64_t> size
    while size >= 8:
        memcpy(&word, data, 8)
        state = fold_word(state ^ word)
        data += 8
        size -= 8
    if size:
        word = 0
        memcpy(&word, data, size)
        state = fold_word(state ^ word)
    return state


cdef inline bint has_code(Column *column, int32_t code, const uint8_t *data, int64_t size) noexcept nogil:
    cdef int32_t start = column.ends[code]
    return column.ends[code + 1] - start == size and memcmp(column.values + start, data, size) == 0


cdef bint column_code(Column *column, int64_t row, const uint8_t *data, int64_t size) noexcept nogil:
    """Adds a text to a coded column, which may make it plain."""
    cdef int32_t code = column.last_code
    if code == NO_CODE or not has_code(column, code, data, size):
        code = find_code(column, data, size)
        if code == NO_CODE:
            if column.distinct >= MAX_DISTINCT or (column.distinct >= FEW_DISTINCT and not is_worth_coding(column)):
                if not column_expand(column) or column.used + size > MAX_TEXT:
                    return False
                return column_text(column, row, data, size)
            code = add_code(column, data, size)
            if code == NO_CODE:
                return False
        column.last_code = code
    if column.rows == row and (row & 7) and (row + 1) * 4 <= column.codes_size:
        mark_present(column, row)
        column.rows = row + 1
    elif not column_start(column, row):
        return False
    column.codes[row] = code
    return True


cdef int32_t find_code(Column *column, const uint8_t *data, int64_t size) noexcept nogil:
    cdef int64_t mask = column.slots_size // 4 - 1, at
    if column.distinct == 0:
        return NO_CODE
    at = <int64_t> (text_hash(data, size) & <uint64_t> mask)
    while column.slots[at] != NO_CODE:
        if has_code(column, column.slots[at], data, size):
            return column.slots[at]
        at = (at + 1) & mask
    return NO_CODE


cdef int32_t add_code(Column *column, const uint8_t *data, int64_t size) noexcept nogil:
    """Adds a text that has no code; NO_CODE for want of memory."""
    cdef int32_t code = column.distinct
    cdef int64_t behind = column.used + size
    if <int64_t> code * 8 >= column.slots_size and not more_slots(column):
        return NO_CODE
    if not grow(<void **> &column.ends, &column.ends_size, (<int64_t> code + 2) * 4):
        return NO_CODE
    # Not zero, so that the address is one even if all that there is is an empty text.
    if not grow(<void **> &column.values, &column.values_size, max(behind, 1)):
        return NO_CODE
    if code == 0:
        column.ends[0] = 0
    memcpy(column.values + column.used, data, size)
    column.used = behind
    column.ends[code + 1] = <int32_t> behind
    column.distinct = code + 1
    occupy(column, code)
    return code


cdef void occupy(Column *column, int32_t code) noexcept nogil:
    """Puts a code into the first free slot from where its text belongs."""
    cdef int64_t mask = column.slots_size // 4 - 1, at
    cdef int32_t start = column.ends[code]
    at = <int64_t> (text_hash(column.values + start, column.ends[code + 1] - start) & <uint64_t> mask)
    while column.slots[at] != NO_CODE:
        at = (at + 1) & mask
    column.slots[at] = code


cdef bint more_slots(Column *column) noexcept nogil:
    """Twice as many slots, so that at most half of them are taken."""
    cdef int64_t size = max(2 * column.slots_size, FIRST_SLOTS * 4)
    cdef int32_t code
    cdef void *larger = realloc(column.slots, size)
    if larger == NULL:
        return False
    column.slots = <int32_t *> larger
    column.slots_size = size
    memset(column.slots, 0xFF, size)
    for code in range(column.distinct):
        occupy(column, code)
    return True


cdef bint column_expand(Column *column) noexcept nogil:
    """Makes a coded column plain. False, and the column as it was, for want of memory or room for its ends."""
    cdef int64_t row, total = 0, at = 0, behind = max(column.rows, 1)
    cdef int32_t code, size
    cdef int32_t *ends
    cdef uint8_t *values
    for row in range(column.rows):
        if (column.validity[row >> 3] >> (row & 7)) & 1:
            code = column.codes[row]
            total += column.ends[code + 1] - column.ends[code]
    if total > MAX_TEXT:
        return False
    ends = <int32_t *> malloc((behind + 1) * 4)
    values = <uint8_t *> malloc(max(total, 1))
    if ends == NULL or values == NULL:
        free(ends)
        free(values)
        return False
    ends[0] = 0
    for row in range(column.rows):
        if (column.validity[row >> 3] >> (row & 7)) & 1:
            code = column.codes[row]
            size = column.ends[code + 1] - column.ends[code]
            memcpy(values + at, column.values + column.ends[code], size)
            at += size
        ends[row + 1] = <int32_t> at
    column_drop_codes(column)
    column.ends = ends
    column.ends_size = (behind + 1) * 4
    column.values = values
    column.values_size = max(total, 1)
    column.used = total
    column.plain_pieces = column.next_plain_pieces
    column.next_plain_pieces = min(2 * column.next_plain_pieces, MAX_PLAIN_PIECES)
    return True


cdef void column_drop_codes(Column *column) noexcept nogil:
    free(column.codes)
    free(column.slots)
    free(column.ends)
    free(column.values)
    column.codes = NULL
    column.slots = NULL
    column.codes_size = column.slots_size = 0
    column.distinct = 0
    column.last_code = NO_CODE
    column.is_coded = False


cdef object coded_array(Column *column, int64_t rows, validity, int64_t nulls):
    """A coded column as an Arrow dictionary array, its blocks handed over."""
    cdef int32_t distinct = column.distinct
    column.next_plain_pieces = 1
    codes = pa.Array.from_buffers(
        pa.int32(), rows, [validity, arrow_buffer(<void **> &column.codes, rows * 4)], null_count=nulls
    )
    ends = arrow_buffer(<void **> &column.ends, (<int64_t> distinct + 1) * 4)
    texts = pa.Array.from_buffers(
        pa.string(), distinct, [None, ends, arrow_buffer(<void **> &column.values, column.used)], null_count=0
    )
    return pa.DictionaryArray.from_arrays(codes, texts, safe=False)
