# Arrays as JSON text, byte for byte what `texts.json_text` writes.
#
# Left to Python, because its rules for them are not repeated here: floats (their shortest digits), maps of two members or
# more (a key may stand twice), bytes, extension values, invalid UTF-8. All of them are rare within arrays.

cdef bint json_string(Column *column, const uint8_t *data, int64_t size) noexcept nogil:
    """A JSON string, escaped as Python's `json` does it with `ensure_ascii=False`."""
    cdef int64_t i
    cdef uint8_t c
    cdef uint8_t *out
    cdef const char *digits = b"0123456789abcdef"
    if not grow(<void **> &column.values, &column.values_size, column.used + 6 * size + 2):
        return False
    out = column.values + column.used
    out[0] = b'"'
    out += 1
    for i in range(size):
        c = data[i]
        if c >= 0x20 and c != 0x22 and c != 0x5C:
            out[0] = c
            out += 1
            continue
        out[0] = 0x5C
        if c == 0x22 or c == 0x5C:
            out[1] = c
        elif c == 10:
            out[1] = b'n'
        elif c == 13:
            out[1] = b'r'
        elif c == 9:
            out[1] = b't'
        elif c == 8:
            out[1] = b'b'
        elif c == 12:
            out[1] = b'f'
        else:
            memcpy(out + 1, b"u00", 3)
            out[4] = digits[c >> 4]
            out[5] = digits[c & 15]
            out += 4
        out += 2
    out[0] = b'"'
    column.used = out + 1 - column.values
    return True


cdef bint json_integer(Column *column, Leaf *leaf) noexcept nogil:
    cdef char digits[24]
    cdef int at = 24
    cdef bint is_negative = leaf.number < 0 and not leaf.is_large
    cdef uint64_t rest = <uint64_t> leaf.number
    if is_negative:
        rest = 0 - rest
    while True:
        at -= 1
        digits[at] = <char> (48 + rest % 10)
        rest //= 10
        if rest == 0:
            break
    if is_negative:
        at -= 1
        digits[at] = b'-'
    return column_append(column, digits + at, 24 - at)


cdef bint json_value(Column *column, Reader *reader) noexcept nogil:
    """The JSON text of the value at the reader. Recursion is as deep as the value, which `skip_items` has bounded."""
    cdef Leaf leaf
    if not read_leaf(reader, &leaf):
        return False
    if leaf.type == STR:
        return valid_utf8(leaf.data, leaf.size) and json_string(column, leaf.data, leaf.size)
    if leaf.type == INT:
        return json_integer(column, &leaf)
    if leaf.type == NIL:
        return column_append(column, b"null", 4)
    if leaf.type == BOOL:
        return column_append(column, b"true", 4) if leaf.number else column_append(column, b"false", 5)
    if leaf.type == ARRAY:
        return json_items(column, reader, leaf.number)
    if leaf.type == MAP and leaf.number == 0:
        return column_append(column, b"{}", 2)
    return leaf.type == MAP and leaf.number == 1 and json_member(column, reader)


cdef bint json_items(Column *column, Reader *reader, int64_t count) noexcept nogil:
    """The next `count` values as a JSON array."""
    cdef int64_t i
    if not column_append(column, b"[", 1):
        return False
    for i in range(count):
        if i and not column_append(column, b",", 1):
            return False
        if not json_value(column, reader):
            return False
    return column_append(column, b"]", 1)


cdef bint json_member(Column *column, Reader *reader) noexcept nogil:
    """The next key and value as a JSON object."""
    cdef Leaf key
    if not read_leaf(reader, &key) or key.type != STR or not valid_utf8(key.data, key.size):
        return False
    if not column_append(column, b"{", 1) or not json_string(column, key.data, key.size):
        return False
    return column_append(column, b":", 1) and json_value(column, reader) and column_append(column, b"}", 1)
