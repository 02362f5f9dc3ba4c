# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The compiled decoder: payload bytes to Arrow buffers, with the GIL released and no Python object per event.

It reads the plain entries that make up all but all of what collectors send. Two things happen to the others, and in
both `compiled` gives them to the plain decoder, so the two can only agree:

* An event that stands for itself and is well-formed msgpack, but has something in it that is not plain (text that is
  not UTF-8, bytes, extension values, keys that are not text, times that need a second thought), is *left over*.
* A chunk with anything else in it (what is malformed, no entry, or the mark of a log group, which changes the events
  after it) is *declined* whole, and none of it stays here.

How a record is read, and by which file:

1. Its bytes become *leaves*, one for each value, and a row of *symbols*, which is its shape (`kernel_msgpack.pxi`,
   `kernel_shapes.pxi`).
2. A shape met for the first time is handed to Python, which makes the *plan* for it: which leaf goes to which column
   (`kernel_plan.plan_record`). No rule about names is written here.
3. The leaves are added to their columns by the plan (`kernel_columns.pxi`, `kernel_json.pxi`, `kernel_levels.pxi`).

What always holds:

* Every read is checked against the end of the payload, and nothing is allocated because a length was claimed.
* A record is added when all of it was read. A chunk that is declined half way takes its rows back.
* Only as much is learned as `kernel_shapes.pxi` has room for.
* Memory is a small multiple of the payload: columns that would be nearly empty are declined (`MAX_CELLS_PER_VALUE`).
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcmp, memcpy, memset

import os

import pyarrow as pa

from ingest.decode.changes import NOT_FINITE
from ingest.decode.kernel_plan import plan_record
from logstore.model.levels import LEVEL_SPELLINGS, normalize_level
from logstore.model.schema import ARROW_TYPES, LEVEL, LEVELS, SEQ, TAG, TIME, Kind

include "kernel_msgpack.pxi"
include "kernel_columns.pxi"
include "kernel_dictionary.pxi"
include "kernel_json.pxi"
include "kernel_shapes.pxi"
include "kernel_levels.pxi"

WHOLE = -1
DECLINED = -2

cdef enum Outcome:
    # O_LEFT is for the event in hand, O_DECLINED for the chunk.
    O_DONE, O_LEFT, O_DECLINED, O_NEW_SHAPE, O_NO_MEMORY, O_STOPPED

cdef enum:
    MAX_DEPTH = 128
    # Nearly empty columns are for the plain decoder, which never spreads them over all rows; below so many cells it
    # does not matter. The share is that of `merge.MAX_CELLS_PER_VALUE`.
    FEW_CELLS = 4000000
    MAX_CELLS_PER_VALUE = 32
    # For a payload of so few bytes the GIL is kept: taking it again could mean to wait for another thread's turn.
    SMALL_PAYLOAD = 32768
    # The plan of a shape whose events are left over.
    NO_PLAN = -1
    # Fewer than rejections at which the plain decoder gives a chunk up, so that it would come to the last of them too.
    MAX_LEFT = 60000
    # The columns that every row has, in the order in which they are made.
    TIME_COLUMN = 0
    SEQ_COLUMN = 1
    TAG_COLUMN = 2
    LEVEL_COLUMN = 3

# Seconds for which nanoseconds since 1970 fit 63 bits, whatever the nanoseconds.
cdef int64_t MAX_SECONDS = 9000000000LL
cdef int64_t NS_PER_SECOND = 1000000000LL
# From here on an EventTime's seconds mark log groups.
cdef int64_t GROUP_MARKS = 0xFFFFFFFELL

cdef struct Target:
    # The leaf goes to the column; a large integer to the other one.
    int32_t leaf
    int32_t column
    int32_t large_column

cdef struct Plan:
    # `kernel_plan.KernelPlan`; by variant: 0 with the record's own level, 1 without it.
    Target *targets[2]
    int32_t target_count[2]
    int64_t uses[2]
    int32_t *levels
    int32_t level_count
    int32_t own_level

cdef struct Job:
    # A chunk, and how far it is decoded.
    Reader reader
    const uint8_t *begin
    int mode
    # How many entries a forward array has; -1 when they go on to the end of the payload.
    int64_t count
    int64_t bound
    int64_t seq
    int64_t index
    # The event in hand: where it begins, its tag and time, whether an option follows its record, and where that begins;
    # NULL when it was read and dealt with.
    const uint8_t *event
    const uint8_t *tag
    int64_t tag_size
    int64_t time
    bint has_option
    const uint8_t *record


cdef struct Left:
    # An event that was left over: its index, and its bytes in the payload.
    int64_t index
    int64_t start
    int64_t end


cdef inline bint is_finite(double value) noexcept nogil:
    return value - value == 0.0


cdef inline bint may_be_mark(Reader *reader) noexcept nogil:
    """Whether the time at the reader may open or close a log group: an extension value, or one in an array."""
    cdef const uint8_t *p = reader.p
    if p >= reader.end:
        return False
    if 0x90 <= p[0] <= 0x9F or p[0] == 0xDC or p[0] == 0xDD:
        return True
    if not (0xC7 <= p[0] <= 0xC9 or 0xD4 <= p[0] <= 0xD8):
        return False
    return not (p[0] == 0xD7 and reader.end - p >= 10 and p[1] == 0 and be32(p + 2) < GROUP_MARKS)


cdef class Kernel:
    """Decodes chunks, row after row, by one set of settings. One thread at a time.

    After an exception it must not be used any more.

    Args:
        settings: `ingest.decode.settings.DecodeSettings`.
    """

    cdef object settings
    cdef int max_depth
    cdef Levels levels
    # What was learned.
    cdef Shapes shapes
    cdef Plan *plans
    cdef int64_t plans_size
    cdef int32_t plan_count
    # By plan, the changes of each variant.
    cdef list plan_changes
    # By number, field and kind of a column; and the way back.
    cdef list column_keys
    cdef dict column_numbers
    # The rows that were not taken yet.
    cdef Column *columns
    cdef int64_t columns_size
    cdef int64_t rows
    cdef int64_t live_columns
    cdef int64_t values
    cdef int64_t non_finite
    # By row, twice the number of its plan, plus the variant.
    cdef int32_t *used_plans
    cdef int64_t used_plans_size
    # Of the chunk decoded last.
    cdef Left *left
    cdef int64_t left_size
    cdef int64_t left_count
    # The record in hand: its leaves, in the order of the bytes, and its shape.
    cdef Leaf leaves[4096]
    cdef int32_t leaf_count
    cdef uint32_t symbols[4096]
    cdef int32_t symbol_count
    cdef uint64_t hash
    # Its symbols sorted, and its leaves in the order in which the shape was learned.
    cdef uint64_t sorted[64]
    cdef Leaf reordered[64]

    def __cinit__(self, settings):
        self.settings = settings
        self.max_depth = min(settings.max_depth, MAX_DEPTH)
        levels_make(&self.levels, settings.level_scale)
        self._start_learning()

    def __dealloc__(self):
        self._forget()
        free(self.columns)
        free(self.used_plans)
        free(self.left)

    cdef _start_learning(self):
        self.plan_changes = []
        self.column_keys = []
        self.column_numbers = {}
        if not shapes_make(&self.shapes, int.from_bytes(os.urandom(8), "little")):
            raise MemoryError
        for field, kind in ((TIME, Kind.TIME), (SEQ, Kind.INT), (TAG, Kind.TEXT), (LEVEL, Kind.TEXT)):
            self._column(field, kind)

    cdef void _forget(self) noexcept:
        """Frees everything that was learned, and the columns, which are part of it."""
        cdef int64_t i
        shapes_free(&self.shapes)
        for i in range(self.plan_count):
            free(self.plans[i].targets[0])
            free(self.plans[i].targets[1])
            free(self.plans[i].levels)
        free(self.plans)
        self.plans = NULL
        self.plans_size = self.plan_count = 0
        if self.column_keys is not None:
            for i in range(len(self.column_keys)):
                column_clear(&self.columns[i])

    cdef int32_t _column(self, field, kind) except -1:
        """The number of the column for `field` and `kind`, made when there is none."""
        cdef int32_t number = self.column_numbers.get((field, kind), -1)
        if number >= 0:
            return number
        number = <int32_t> len(self.column_keys)
        if not grow(<void **> &self.columns, &self.columns_size, (number + 1) * sizeof(Column)):
            raise MemoryError
        memset(&self.columns[number], 0, sizeof(Column))
        self.columns[number].kind = _KIND_NUMBERS[kind]
        column_begin(&self.columns[number], 0, 1)
        self.column_keys.append((field, kind))
        self.column_numbers[field, kind] = number
        return number

    @property
    def row_count(self):
        """Rows decoded and not taken yet."""
        return self.rows

    def decode(self, int mode, bytes payload, int64_t seq, int64_t bound, bytes tag):
        """Adds the events of a chunk.

        Args:
            mode: 1 for messages, 2 for a forward array, 3 for packed entries (`Mode`).
            payload: decompressed.
            seq: `_seq` of its first event.
            bound: how many events of the chunk may be taken.
            tag: the events' tag, valid UTF-8; ignored for messages.

        Returns:
            WHOLE, but for `left_over`; DECLINED, when nothing was added; or `bound`, when so many were added, none is
            left over, and another event follows.

        Raises:
            MemoryError: there is too little.
        """
        cdef Job job
        cdef Leaf head
        cdef const uint8_t *begin = <const uint8_t *> PyBytes_AS_STRING(payload)
        cdef int64_t start = self.rows, non_finite = self.non_finite
        cdef int outcome
        memset(&job, 0, sizeof(Job))
        job.reader.p = job.begin = begin
        job.reader.end = begin + PyBytes_GET_SIZE(payload)
        self.left_count = 0
        job.mode = mode
        job.count = -1
        job.bound = bound
        job.seq = seq
        job.tag = <const uint8_t *> PyBytes_AS_STRING(tag)
        job.tag_size = PyBytes_GET_SIZE(tag)
        if mode == 2:
            if not read_leaf(&job.reader, &head) or head.type != ARRAY:
                return DECLINED
            job.count = head.number
        outcome = self._work(&job)
        while outcome == O_NEW_SHAPE:
            outcome = O_DONE if self._learn(job.record, job.reader.p) else self._leave(&job)
            if outcome == O_DONE:
                outcome = self._work(&job)
        if outcome == O_DONE:
            return WHOLE
        if outcome == O_STOPPED and self.left_count == 0:
            return job.index
        self._take_back(start)
        self.non_finite = non_finite
        if outcome == O_NO_MEMORY:
            raise MemoryError
        return DECLINED

    def left_over(self):
        """The events of the chunk decoded last that were left over: index, and start and end of the bytes of each."""
        cdef int64_t i
        return [(self.left[i].index, self.left[i].start, self.left[i].end) for i in range(self.left_count)]

    cdef int _work(self, Job *job):
        cdef int outcome
        if job.reader.end - job.reader.p <= SMALL_PAYLOAD:
            return self._run(job)
        with nogil:
            outcome = self._run(job)
        return outcome

    cdef void _take_back(self, int64_t start) noexcept:
        cdef int64_t i
        for i in range(len(self.column_keys)):
            column_truncate(&self.columns[i], start)
        self.rows = start
        self.left_count = 0

    cdef int _run(self, Job *job) noexcept nogil:
        """Events up to the end of the chunk, or to the first that is neither added nor left over."""
        cdef Reader *reader = &job.reader
        cdef int outcome = self._resume(job) if job.record != NULL else O_DONE
        while True:
            if outcome == O_LEFT:
                outcome = self._leave(job)
            if outcome != O_DONE:
                return outcome
            if (reader.p >= reader.end) if job.count < 0 else (job.index >= job.count):
                return O_DONE if reader.p == reader.end else O_DECLINED
            job.event = reader.p
            outcome = self._message(job) if job.mode == 1 else self._entry(job)

    cdef int _leave(self, Job *job) noexcept nogil:
        """Goes past the event in hand and notes it as left over."""
        cdef Left *left
        job.reader.p = job.event
        job.record = NULL
        # Whether it is an event at all is not known, so neither is what happens at the bound.
        if job.index >= job.bound or self.left_count >= MAX_LEFT or not skip_items(&job.reader, 1, MAX_DEPTH):
            return O_DECLINED
        if not grow(<void **> &self.left, &self.left_size, (self.left_count + 1) * sizeof(Left)):
            return O_NO_MEMORY
        left = &self.left[self.left_count]
        left.index = job.index
        left.start = job.event - job.begin
        left.end = job.reader.p - job.begin
        self.left_count += 1
        job.index += 1
        return O_DONE

    cdef int _entry(self, Job *job) noexcept nogil:
        """`[time, record]` or `[[time, {}], record]`."""
        cdef Reader *reader = &job.reader
        cdef const uint8_t *p = reader.p
        if reader.end - p < 3 or p[0] != 0x92:
            return O_DECLINED
        reader.p += 2 if p[1] == 0x92 else 1
        if may_be_mark(reader):
            return O_DECLINED
        if not self._time(reader, &job.time):
            return O_LEFT
        if p[1] == 0x92:
            if reader.p >= reader.end or reader.p[0] != 0x80:
                return O_LEFT
            reader.p += 1
        return self._record(job)

    cdef int _message(self, Job *job) noexcept nogil:
        """`[tag, time, record]`, with an empty option map or nil behind it at most."""
        cdef Reader *reader = &job.reader
        cdef Leaf tag
        cdef const uint8_t *p = reader.p
        if reader.end - p < 4 or (p[0] != 0x93 and p[0] != 0x94):
            return O_DECLINED
        job.has_option = p[0] == 0x94
        reader.p += 1
        if not read_leaf(reader, &tag) or tag.type != STR or not valid_utf8(tag.data, tag.size):
            return O_LEFT
        job.tag = tag.data
        job.tag_size = tag.size
        if not self._time(reader, &job.time):
            return O_LEFT
        if job.has_option:
            # The option stands behind the record, so look before the record is added.
            p = reader.p
            if not skip_items(reader, 1, self.max_depth) or reader.p >= reader.end:
                return O_LEFT
            if reader.p[0] != 0x80 and reader.p[0] != 0xC0:
                return O_LEFT
            reader.p = p
        return self._record(job)

    cdef bint _time(self, Reader *reader, int64_t *time) noexcept nogil:
        """EventTime or positive whole seconds. False for whatever needs a second thought."""
        cdef Leaf leaf
        cdef int64_t seconds, nanoseconds = 0
        cdef const uint8_t *p = reader.p
        if reader.end - p >= 10 and p[0] == 0xD7 and p[1] == 0:
            seconds = be32(p + 2)
            nanoseconds = be32(p + 6)
            reader.p += 10
        elif read_leaf(reader, &leaf) and leaf.type == INT and not leaf.is_large:
            seconds = leaf.number
        else:
            return False
        if seconds <= 0 or seconds > MAX_SECONDS or nanoseconds >= NS_PER_SECOND:
            return False
        time[0] = seconds * NS_PER_SECOND + nanoseconds
        return True

    cdef int _record(self, Job *job) noexcept nogil:
        """Reads the record, then adds the event."""
        cdef int outcome
        job.record = job.reader.p
        outcome = self._walk(&job.reader)
        if outcome != O_DONE:
            return outcome
        if job.index >= job.bound:
            return O_STOPPED
        return self._resume(job)

    cdef int _resume(self, Job *job) noexcept nogil:
        """Adds the event whose record was read last; O_NEW_SHAPE when there is no plan for it yet."""
        cdef Leaf *leaves = self.leaves
        cdef int32_t shape = find_shape(&self.shapes, self.symbols, self.symbol_count, self.hash)
        cdef int32_t plan
        cdef int outcome
        if shape < 0 and self.symbol_count <= MAX_SORTED:
            shape = self._reorder()
            leaves = self.reordered
        if shape < 0:
            return O_NEW_SHAPE
        plan = self.shapes.shapes[shape].plan
        if plan == NO_PLAN:
            return O_LEFT
        outcome = self._add(plan, leaves, job)
        if outcome != O_DONE:
            return outcome
        job.index += 1
        job.record = NULL
        # Known to be one byte.
        job.reader.p += job.has_option
        return O_DONE

    cdef int32_t _reorder(self) noexcept nogil:
        """The shape of the record in another order, its leaves then in that order in `reordered`; or NOT_FOUND."""
        cdef int32_t shape, i
        cdef const uint64_t *known
        sort_symbols(self.symbols, self.symbol_count, self.sorted)
        shape = find_in_any_order(&self.shapes, self.sorted, self.symbol_count)
        if shape < 0:
            return shape
        known = self.shapes.shapes[shape].sorted
        for i in range(self.symbol_count):
            if not is_inner(<uint32_t> (known[i] >> 32)):
                self.reordered[known[i] & 0xFFFF] = self.leaves[self.sorted[i] & 0xFFFF]
        return shape

    cdef int _walk(self, Reader *reader) noexcept nogil:
        """Reads a record into `leaves` and `symbols`; O_LEFT when there is more to it."""
        # By depth: the members still to come, and the place of the map.
        cdef int64_t left[128]
        cdef int32_t parents[128]
        cdef int depth = 0
        cdef int32_t place = 0, type
        cdef uint64_t hash = self.shapes.seed
        cdef uint32_t symbol
        cdef Leaf key
        cdef Leaf *leaf
        self.leaf_count = self.symbol_count = 0
        if not read_leaf(reader, &key) or key.type != MAP:
            return O_LEFT
        left[0] = key.number
        parents[0] = 0
        while True:
            while left[depth] == 0:
                if depth == 0:
                    self.hash = hash
                    return O_DONE
                depth -= 1
            left[depth] -= 1
            if self.symbol_count >= MAX_SYMBOLS or not read_leaf(reader, &key) or key.type != STR:
                return O_LEFT
            place = follow(&self.shapes, place, parents[depth], key.data, key.size)
            leaf = &self.leaves[self.leaf_count]
            if place < 0 or not read_leaf(reader, leaf):
                return O_LEFT
            type = leaf.type
            if type == STR:
                if not valid_utf8(leaf.data, leaf.size):
                    return O_LEFT
            elif type == MAP:
                if depth + 1 >= self.max_depth:
                    return O_LEFT
                if leaf.number:
                    type = INNER
                    depth += 1
                    left[depth] = leaf.number
                    parents[depth] = place
            elif type == ARRAY:
                leaf.data = reader.p
                if depth + 1 >= self.max_depth or not skip_items(reader, leaf.number, self.max_depth - depth - 2):
                    return O_LEFT
                leaf.size = reader.p - leaf.data
            elif type == BIN:
                return O_LEFT
            symbol = symbol_of(place, type)
            self.symbols[self.symbol_count] = symbol
            self.symbol_count += 1
            self.leaf_count += type != INNER
            hash = mix(hash, symbol)

    cdef int _undo(self, Plan *plan, int variant, int32_t count, int64_t row) noexcept nogil:
        """Takes back what was added of a row, the first `count` targets included."""
        cdef int32_t i
        for i in range(LEVEL_COLUMN + 1):
            column_truncate(&self.columns[i], row)
        for i in range(count):
            column_truncate(&self.columns[plan.targets[variant][i].column], row)
            column_truncate(&self.columns[plan.targets[variant][i].large_column], row)
        return O_LEFT

    cdef int _add(self, int32_t plan_number, Leaf *leaves, Job *job) noexcept nogil:
        """Adds the leaves to their columns, as one row."""
        cdef Plan *plan = &self.plans[plan_number]
        cdef int level = self._level(plan, leaves)
        cdef int variant = 0
        cdef int32_t i
        cdef Leaf *own
        cdef int64_t row = self.rows, non_finite = self.non_finite
        if level >= 0 and plan.own_level >= 0:
            own = &leaves[plan.own_level]
            variant = is_name_of(own.data, own.size, level)
        if not grow(<void **> &self.used_plans, &self.used_plans_size, (row + 1) * 4):
            return O_NO_MEMORY
        if not column_word(&self.columns[TIME_COLUMN], row, job.time):
            return O_NO_MEMORY
        if not column_word(&self.columns[SEQ_COLUMN], row, job.seq + job.index):
            return O_NO_MEMORY
        if self.columns[TAG_COLUMN].used + job.tag_size > MAX_TEXT:
            return self._undo(plan, variant, 0, row)
        if not column_text(&self.columns[TAG_COLUMN], row, job.tag, job.tag_size):
            return O_NO_MEMORY
        if level >= 0 and not column_text(
            &self.columns[LEVEL_COLUMN], row, <const uint8_t *> LEVEL_NAMES[level], LEVEL_SIZES[level]
        ):
            return O_NO_MEMORY
        for i in range(plan.target_count[variant]):
            if not self._put(&plan.targets[variant][i], &leaves[plan.targets[variant][i].leaf], row):
                self.non_finite = non_finite
                return self._undo(plan, variant, i + 1, row)
        self.values += plan.target_count[variant]
        if self.live_columns * row > FEW_CELLS and self.live_columns * row > MAX_CELLS_PER_VALUE * self.values:
            return O_DECLINED
        self.used_plans[row] = 2 * plan_number + variant
        self.rows += 1
        return O_DONE

    cdef inline bint _put(self, Target *target, Leaf *leaf, int64_t row) noexcept nogil:
        """Adds a value to its column. False when that cannot hold it, or for want of memory."""
        cdef int32_t type = leaf.type
        cdef Column *column
        column = &self.columns[target.large_column if type == INT and leaf.is_large else target.column]
        self.live_columns += column.rows == 0
        if type == STR:
            return column.used + leaf.size <= MAX_TEXT and column_text(column, row, leaf.data, leaf.size)
        if type == INT:
            return column_word(column, row, leaf.number)
        if type == FLOAT:
            self.non_finite += not is_finite(leaf.real)
            return column_real(column, row, leaf.real)
        if type == BOOL:
            if not column_start(column, row):
                return False
            if leaf.number:
                column.values[row >> 3] |= <uint8_t> (1 << (row & 7))
            return True
        return self._json(column, leaf, row)

    cdef bint _json(self, Column *column, Leaf *leaf, int64_t row) noexcept nogil:
        """Adds an array, or an empty map."""
        cdef Reader reader
        # No byte becomes more than six.
        if column.used + 6 * leaf.size + 16 > MAX_TEXT or not column_start(column, row):
            return False
        reader.p = leaf.data
        reader.end = leaf.data + leaf.size
        if leaf.type == MAP:
            if not column_append(column, b"{}", 2):
                return False
        elif not json_items(column, &reader, leaf.number):
            return False
        column.ends[row + 1] = <int32_t> column.used
        return True

    cdef int _level(self, Plan *plan, Leaf *leaves) noexcept nogil:
        """The record's level as a place in LEVELS, or NO_LEVEL."""
        cdef int32_t i
        cdef int level
        cdef Leaf *leaf
        for i in range(plan.level_count):
            leaf = &leaves[plan.levels[i]]
            if leaf.type == INT:
                level = self.levels.numbers[leaf.number] if 0 <= leaf.number < LEVEL_NUMBERS else NO_LEVEL
            else:
                level = level_of_text(&self.levels, leaf.data, leaf.size)
                if level == ASK:
                    level = self._ask(leaf)
            if level != NO_LEVEL:
                return level
        return NO_LEVEL

    cdef int _ask(self, Leaf *leaf) noexcept nogil:
        """What Python says of a text that `level_of_text` is not sure of."""
        with gil:
            return ask_level(self.settings.level_scale, leaf.data[:leaf.size].decode("utf-8"))

    cdef bint _learn(self, const uint8_t *record, const uint8_t *end) except -1:
        """Has Python make the plan for the record last read, whose bytes these are. False when there is no room."""
        cdef Plan *plan
        cdef int32_t number = NO_PLAN
        if not has_room(&self.shapes, self.symbol_count):
            return False
        made = plan_record(self.settings, record[:end - record])
        if made is not None:
            number = self.plan_count
            if not grow(<void **> &self.plans, &self.plans_size, (number + 1) * sizeof(Plan)):
                raise MemoryError
            plan = &self.plans[number]
            memset(plan, 0, sizeof(Plan))
            self.plan_count += 1
            self._compile(number, made)
            self.plan_changes.append((made.with_own_level.changes, made.without_own_level.changes))
        return shape_learn(
            &self.shapes, self.symbols, self.symbol_count, self.hash, number, made is not None and made.in_any_order
        )

    cdef _compile(self, int32_t number, made):
        cdef Plan *plan = &self.plans[number]
        plan.own_level = made.own_level
        plan.levels = <int32_t *> malloc(4 * len(made.levels) + 4)
        if plan.levels == NULL:
            raise MemoryError
        for leaf in made.levels:
            plan.levels[plan.level_count] = leaf
            plan.level_count += 1
        self._compile_targets(plan, 0, made.with_own_level.targets)
        self._compile_targets(plan, 1, made.without_own_level.targets)

    cdef _compile_targets(self, Plan *plan, int variant, targets):
        cdef Target *target
        plan.targets[variant] = <Target *> malloc(sizeof(Target) * len(targets) + 1)
        if plan.targets[variant] == NULL:
            raise MemoryError
        for leaf, field, kind in targets:
            target = &plan.targets[variant][plan.target_count[variant]]
            target.leaf = leaf
            target.column = self._column(field, kind)
            target.large_column = self._column(field, Kind.UINT) if kind is Kind.INT else target.column
            plan.target_count[variant] += 1

    def take(self):
        """The rows so far: how many, the columns by field and kind, and changes. The kernel has none after it.

        Raises:
            MemoryError: there is too little.
        """
        cdef Column *column
        cdef int64_t i
        arrays = {}
        for i in range(len(self.column_keys)):
            column = &self.columns[i]
            # A chunk that was declined may leave nothing but nulls.
            if column.rows > column.nulls:
                key = self.column_keys[i]
                arrays[key] = column_array(column, self.rows, key[1])
            else:
                if column.rows or column.used:
                    column_clear(column)
                column.expected_rows = column.expected_bytes = 0
        changes = self._changes()
        rows = self.rows
        self.rows = self.values = self.live_columns = 0
        if self.shapes.is_full:
            self._forget()
            self._start_learning()
        return rows, arrays, changes

    cdef dict _changes(self):
        """What was changed in the rows so far."""
        cdef int64_t i
        cdef int32_t variant
        changes = {}
        for i in range(self.rows):
            self.plans[self.used_plans[i] >> 1].uses[self.used_plans[i] & 1] += 1
        for i in range(self.plan_count):
            for variant in range(2):
                if self.plans[i].uses[variant]:
                    for change, times in self.plan_changes[i][variant].items():
                        changes[change] = changes.get(change, 0) + times * self.plans[i].uses[variant]
                    self.plans[i].uses[variant] = 0
        if self.non_finite:
            changes[NOT_FINITE] = changes.get(NOT_FINITE, 0) + self.non_finite
            self.non_finite = 0
        return changes
