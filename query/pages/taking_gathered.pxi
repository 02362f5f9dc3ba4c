# Rows that were taken, column by column, and how they become one batch of Arrow's.
#
# A column of which no row has a value costs nothing until it is handed over. What is handed over is copied: each column
# into one block of its own, so that it can outlive the others, as whoever gets it may have it.

cdef enum:
    TEXT_BYTES = 32  # that most texts do not exceed: with less room at first they are copied more often, more is not used
    MOST_AT_FIRST = 1 << 16  # bytes of room for the texts of a column
    AHEAD = 64  # rows of which values are had from memory together, not one after the other

cdef struct Piece:
    # A text among others.
    Py_ssize_t first
    Py_ssize_t size

cdef struct Column:
    char[2] format  # as Arrow has it
    int physical
    uint8_t* there  # by row, whether it has a value; NULL: none has been taken
    Piece* texts
    char* held  # texts, one after the other
    Py_ssize_t size, room  # of these
    uint64_t* numbers  # of 64 bits, or 0 and 1

cdef struct Spot:
    # Where a row is in a run, then where its value is; -1: it is missing.
    const Run* run
    Py_ssize_t at

cdef const void* NO_BUFFER = NULL
"""A batch has one buffer, which is not there: of the rows that it has, none is missing."""

cdef dict PHYSICAL_BY_FORMAT = {"b": BOOLEAN, "l": INT64, "L": INT64, "g": DOUBLE, "u": BYTE_ARRAY}


cdef class Gathered:
    """Values that become a batch of so many rows, each put into its place; those that never are are missing.

    It copies texts, so that pages of which some rows are wanted need not stay. It is for one thread at a time. What it
    holds by then `pyarrow.record_batch(gathered)` copies.

    Args:
        columns: (name, Arrow's format) of each. Formats: "b" bool, "l" int64, "L" uint64, "g" double, "u" string.
        rows: of the batch.
        most_bytes: of all texts and numbers that it holds, no more than an array can hold.

    Attributes:
        nbytes: of the texts and numbers that it holds.
    """
    cdef readonly Py_ssize_t nbytes
    cdef list names
    cdef Py_ssize_t rows, count, most
    cdef Column* columns

    def __cinit__(self, columns, Py_ssize_t rows, Py_ssize_t most_bytes=MOST_BYTES):
        cdef Py_ssize_t place
        cdef Column* column
        cdef list listed = list(columns)
        if not 0 <= rows <= MOST_ROWS:
            raise ValueError("an array has not so many rows")
        self.rows, self.count, self.most, self.names = rows, len(listed), min(most_bytes, MOST_BYTES), []
        self.columns = <Column*>calloc(self.count + 1, sizeof(Column))
        if self.columns == NULL:
            raise MemoryError
        for place, (name, format) in enumerate(listed):
            if format not in PHYSICAL_BY_FORMAT:
                raise ValueError("values of this format are not known")
            column = &self.columns[place]
            column.physical, column.format[0] = PHYSICAL_BY_FORMAT[format], ord(format)
            self.names.append(name.encode())

    def __dealloc__(self):
        cdef Py_ssize_t place
        for place in range(self.count if self.columns != NULL else 0):
            free(self.columns[place].there)
            free(self.columns[place].texts)
            free(self.columns[place].held)
            free(self.columns[place].numbers)
        free(self.columns)

    def take(self, columns, rows, places):
        """Puts the values of some rows (in any order) into places, one for each.

        Args:
            columns: `Values` of each column, all of one group; None: nothing is put into it.
            rows: of the group.
            places: of the batch.

        Raises:
            RuntimeError: a page of theirs is not open.
            TypeError: a column is for values of another type.
            IndexError: there is no such row or place.
            OverflowError: there are more bytes than may be held.
        """
        cdef Py_buffer wanted, filled
        _hold(rows, &wanted, b"i", PyBUF_SIMPLE)
        try:
            _hold(places, &filled, b"i", PyBUF_SIMPLE)
            try:
                if wanted.shape[0] != filled.shape[0]:
                    raise ValueError("there is not one place for each row")
                self._take(columns, <const int32_t*>wanted.buf, <const int32_t*>filled.buf, wanted.shape[0])
            finally:
                PyBuffer_Release(&filled)
        finally:
            PyBuffer_Release(&wanted)

    cdef int _take(self, columns, const int32_t* rows, const int32_t* places, Py_ssize_t count) except -1:
        cdef Py_ssize_t each, number
        cdef Values values
        cdef list listed = list(columns)
        if len(listed) != self.count:
            raise ValueError("there are not the values of each column")
        for each in range(count):
            if places[each] < 0 or places[each] >= self.rows:
                raise IndexError("there is no such place")
        for number in range(self.count):
            values = listed[number]
            if values is None:
                continue
            if values.physical != self.columns[number].physical:
                raise TypeError("the column is for values of another type")
            self._begin(&self.columns[number])
            self._put(&self.columns[number], values, rows, places, count)
        return 0

    cdef int _begin(self, Column* column) except -1:
        """Has it ready for values."""
        cdef Py_ssize_t size = 0 if column.physical == BYTE_ARRAY else self.rows * sizeof(uint64_t)
        if column.there != NULL:
            return 0
        if size > self.most - self.nbytes:
            raise OverflowError("there are more bytes than may be held")
        if column.physical == BYTE_ARRAY and column.texts == NULL:
            column.texts = <Piece*>malloc((self.rows + 1) * sizeof(Piece))
        elif column.physical != BYTE_ARRAY and column.numbers == NULL:
            column.numbers = <uint64_t*>calloc(self.rows + 1, sizeof(uint64_t))
        if column.texts == NULL and column.numbers == NULL:
            raise MemoryError
        column.there = <uint8_t*>calloc(self.rows + 1, 1)
        if column.there == NULL:
            raise MemoryError
        self.nbytes += size
        return 0

    cdef int _put(self, Column* column, Values values, const int32_t* rows, const int32_t* places,
                  Py_ssize_t count) except -1:
        cdef Py_ssize_t first, many, each, row, run_place = 0, run_first = 0
        cdef const Run* run = NULL
        cdef Spot[AHEAD] spots
        for first in range(0, count, AHEAD):
            many = min(<Py_ssize_t>AHEAD, count - first)
            for each in range(many):
                row = rows[first + each]
                # Most rows are in the run of the one before.
                if run == NULL or not run_first <= row < run_first + run.rows:
                    run = values._run_of(row, &run_place)
                    run_first = values.firsts[run_place]
                spots[each].run, spots[each].at = run, row - run_first
            _reach(spots, many)
            for each in range(many):
                self._put_one(column, places[first + each], spots[each].run, spots[each].at)
        return 0

    cdef int _put_one(self, Column* column, Py_ssize_t place, const Run* run, Py_ssize_t at) except -1:
        column.there[place] = at >= 0
        if at < 0:
            return 0
        if run.form == TEXTS:
            return self._hold_text(column, place, _text(run, at))
        column.numbers[place] = _word(run.data + at * 8) if run.form == NUMBERS else _bit(run.data, run.first + at)
        return 0

    cdef int _hold_text(self, Column* column, Py_ssize_t place, Bytes text) except -1:
        """Copies a text that belongs into a place."""
        cdef Py_ssize_t room
        cdef char* held
        if text.size > self.most - self.nbytes:
            column.there[place] = 0
            raise OverflowError("there are more bytes than may be held")
        if text.size > column.room - column.size:
            room = max(2 * column.room, column.size + text.size, min(TEXT_BYTES * self.rows, MOST_AT_FIRST))
            held = <char*>realloc(column.held, room)
            if held == NULL:
                column.there[place] = 0
                raise MemoryError
            column.held, column.room = held, room
        if text.size:
            memcpy(column.held + column.size, text.at, text.size)
        column.texts[place].first, column.texts[place].size = column.size, text.size
        column.size += text.size
        self.nbytes += text.size
        return 0

    def __arrow_c_array__(self, requested_schema=None):
        """The batch, as capsules that pyarrow and others know; which columns are asked for changes nothing.

        https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html
        """
        return self._schema(), self._batch()

    cdef object _schema(self):
        cdef ArrowSchema* schema = <ArrowSchema*>calloc(1, sizeof(ArrowSchema))
        cdef Py_ssize_t place
        cdef bytes name
        if schema == NULL:
            raise MemoryError
        capsule = _capsule(schema, b"arrow_schema", _forget_schema)
        schema.private_data = _children(self.count, sizeof(ArrowSchema), <void***>&schema.children)
        schema.release, schema.format, schema.name = _release_schema, b"+s", b""
        schema.n_children = self.count
        for place, name in enumerate(self.names):
            _fill_field(schema.children[place], &self.columns[place], name)
        return capsule

    cdef object _batch(self):
        cdef ArrowArray* batch = <ArrowArray*>calloc(1, sizeof(ArrowArray))
        cdef Py_ssize_t place
        if batch == NULL:
            raise MemoryError
        capsule = _capsule(batch, b"arrow_array", _forget_array)
        batch.private_data = _children(self.count, sizeof(ArrowArray), <void***>&batch.children)
        batch.release, batch.length, batch.n_children = _release_array, self.rows, self.count
        batch.n_buffers, batch.buffers = 1, &NO_BUFFER
        for place in range(self.count):
            _fill_array(batch.children[place], &self.columns[place], self.rows)
        return capsule


cdef void _reach(Spot* spots, Py_ssize_t count) noexcept nogil:
    """Goes from rows to their values, of dictionaries too: three steps, of which each needs what the one before found.

    The rows are anywhere, so most of what a step looks at is not in the processor's caches. What the next step of all
    rows looks at is asked for before any of it is waited for.
    """
    cdef Py_ssize_t each
    for each in range(count):
        _ask_for_index(&spots[each])
    for each in range(count):
        spots[each].at = _index(spots[each].run, spots[each].at)
        _ask_for_value(&spots[each])
    for each in range(count):
        spots[each].run = _decoded(spots[each].run, &spots[each].at)
        if spots[each].at >= 0 and spots[each].run.form == TEXTS:
            _prefetch(_text(spots[each].run, spots[each].at).at)


cdef inline void _ask_for_index(const Spot* spot) noexcept nogil:
    if spot.run.presence == RANKS:
        _prefetch(spot.run.ranks + spot.at)
    elif spot.run.presence == SLOTS:
        _prefetch(spot.run.valid + ((spot.run.first + spot.at) >> 3))


cdef inline void _ask_for_value(const Spot* spot) noexcept nogil:
    cdef const Run* run = spot.run
    if spot.at < 0:
        return
    if run.form == CODES:
        _prefetch(run.data + spot.at * run.width)
    elif run.form == NUMBERS:
        _prefetch(run.data + spot.at * 8)
    elif run.form == BITS:
        _prefetch(run.data + ((run.first + spot.at) >> 3))
    elif run.starts != NULL:
        _prefetch(run.starts + spot.at)


cdef object _capsule(void* held, const char* name, PyCapsule_Destructor forget):
    try:
        return PyCapsule_New(held, name, forget)
    except:
        free(held)
        raise


cdef void* _children(Py_ssize_t count, size_t size, void*** children) except NULL:
    """A block with so many empty structs, and pointers to them before."""
    cdef Py_ssize_t place
    cdef char* block = <char*>calloc(count + 1, sizeof(void*) + size)
    if block == NULL:
        raise MemoryError
    children[0] = <void**>block
    for place in range(count):
        children[0][place] = block + count * sizeof(void*) + place * size
    return block


cdef int _fill_field(ArrowSchema* field, const Column* column, bytes name) except -1:
    """Its format and its name are in a block of its own."""
    cdef Py_ssize_t size = len(name) + 1
    cdef char* block = <char*>malloc(sizeof(column.format) + size)
    if block == NULL:
        raise MemoryError
    memcpy(block, column.format, sizeof(column.format))
    memcpy(block + sizeof(column.format), PyBytes_AS_STRING(name), size)
    field.format, field.name, field.flags = block, block + sizeof(column.format), ARROW_FLAG_NULLABLE
    field.private_data, field.release = block, _release_schema
    return 0


cdef inline Py_ssize_t _padded(Py_ssize_t size) noexcept:
    """Arrow wants its buffers to begin at multiples of eight bytes."""
    return (size + 7) & ~<Py_ssize_t>7


cdef Py_ssize_t _size_of_texts(const Column* column, Py_ssize_t rows) noexcept:
    cdef Py_ssize_t row, size = 0
    if column.there != NULL:
        for row in range(rows):
            size += column.texts[row].size if column.there[row] else 0
    return size


cdef int _fill_array(ArrowArray* array, const Column* column, Py_ssize_t rows) except -1:
    """In one block: where the buffers are, then these: which rows have a value, where texts begin, values."""
    cdef Py_ssize_t missing = rows if column.there == NULL else rows - _sum(column.there, rows)
    cdef Py_ssize_t bits = (rows + 7) >> 3
    cdef Py_ssize_t offsets = (rows + 1) * sizeof(int32_t) if column.physical == BYTE_ARRAY else 0
    cdef Py_ssize_t values = (
        _size_of_texts(column, rows) if column.physical == BYTE_ARRAY
        else bits if column.physical == BOOLEAN
        else rows * sizeof(uint64_t)
    )
    cdef Py_ssize_t first = _padded(3 * sizeof(void*))
    cdef Py_ssize_t size = first + _padded(bits if missing else 0) + _padded(offsets) + _padded(values)
    cdef uint8_t* block = <uint8_t*>calloc(size, 1)
    cdef uint8_t* at = block + first
    if block == NULL:
        raise MemoryError
    array.private_data, array.release = block, _release_array
    array.length, array.null_count, array.n_buffers = rows, missing, 3 if offsets else 2
    array.buffers = <const void**>block
    if missing:
        array.buffers[0] = at
        _set_bits(at, column.there, rows)
        at += _padded(bits)
    array.buffers[1] = at
    if column.physical == BYTE_ARRAY:
        array.buffers[2] = at + _padded(offsets)
        _join(<int32_t*>at, <char*>at + _padded(offsets), column, rows)
    elif column.there == NULL:
        pass
    elif column.physical == BOOLEAN:
        _set_numbers(at, column.numbers, rows)
    else:
        memcpy(at, column.numbers, rows * sizeof(uint64_t))
    return 0


cdef void _set_bits(uint8_t* bits, const uint8_t* there, Py_ssize_t count) noexcept:
    cdef Py_ssize_t at
    for at in range(count if there != NULL else 0):
        bits[at >> 3] |= <uint8_t>((there[at] & 1) << (at & 7))


cdef void _set_numbers(uint8_t* bits, const uint64_t* numbers, Py_ssize_t count) noexcept:
    cdef Py_ssize_t at
    for at in range(count):
        bits[at >> 3] |= <uint8_t>(numbers[at] << (at & 7))


cdef void _join(int32_t* ends, char* texts, const Column* column, Py_ssize_t rows) noexcept:
    """Puts texts one after the other, in the order of their rows."""
    cdef Py_ssize_t row, size = 0
    for row in range(rows if column.there != NULL else 0):
        ends[row] = <int32_t>size
        # Where all texts are empty there is nothing to copy from.
        if column.there[row] and column.texts[row].size:
            memcpy(texts + size, column.held + column.texts[row].first, column.texts[row].size)
            size += column.texts[row].size
    ends[rows] = <int32_t>size


cdef void _release_schema(ArrowSchema* schema) noexcept nogil:
    cdef int64_t place
    for place in range(schema.n_children):
        if schema.children[place].release != NULL:
            schema.children[place].release(schema.children[place])
    free(schema.private_data)
    schema.release = NULL


cdef void _release_array(ArrowArray* array) noexcept nogil:
    cdef int64_t place
    for place in range(array.n_children):
        if array.children[place].release != NULL:
            array.children[place].release(array.children[place])
    free(array.private_data)
    array.release = NULL


cdef void _forget_schema(object capsule) noexcept:
    cdef ArrowSchema* schema = <ArrowSchema*>PyCapsule_GetPointer(capsule, b"arrow_schema")
    if schema.release != NULL:
        schema.release(schema)
    free(schema)


cdef void _forget_array(object capsule) noexcept:
    cdef ArrowArray* array = <ArrowArray*>PyCapsule_GetPointer(capsule, b"arrow_array")
    if array.release != NULL:
        array.release(array)
    free(array)
