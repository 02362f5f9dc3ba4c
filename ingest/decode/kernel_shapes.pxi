# Knowing a record's shape again: keys become numbers, and a record a row of numbers.
#
# A *place* is a key within a map: the same key elsewhere is another place. Each place remembers which one followed it
# last, so in records that look alike a key costs one comparison and no hash. Place and type of a value together are its
# *symbol*; a map with members has a symbol too, its members follow. So the row of symbols says all that a shape says:
# keys, their order, types, and which map each belongs to.
#
# A shape is found by its row. When the row is new, it is looked for in another order: some senders (Go's maps) write
# the keys of each record in an order of its own, and of 12 keys there are 479 million. That is right only when the order
# decides nothing, which whoever learns a shape must know (see `Shape.in_any_order`).
#
# What is learned is bounded: places, the bytes of their keys, shapes and their symbols. When a table is full nothing more is learned,
# and `is_full` asks for everything to be forgotten. Hashes are seeded, so no sender can aim at them.

cdef enum:
    MAX_PLACES = 65536
    MAX_KEY_BYTES = 16777216
    MAX_SHAPES = 4096
    MAX_SYMBOLS = 4096
    MAX_LEARNED_SYMBOLS = 1048576
    # More are not sorted for each record: it takes the square of their number.
    MAX_SORTED = 64
    NOT_FOUND = -1

cdef struct Place:
    uint8_t *key
    int32_t size
    # The place of the map that it is in, 0 for the record.
    int32_t parent
    # The one that followed it last; itself when there is none.
    int32_t likely

cdef struct Shape:
    uint32_t *symbols
    int32_t count
    uint64_t hash
    int32_t plan
    # For shapes whose order decides nothing: the symbols sorted, with the leaf that each is; else NULL.
    uint64_t *sorted
    uint64_t sorted_hash

cdef struct Table:
    # Open addressing; holds numbers, -1 where there is none. At most half full.
    int32_t *slots
    uint64_t mask

cdef struct Shapes:
    uint64_t seed
    # The place 0 is the record itself.
    Place *places
    int64_t places_size
    int32_t place_count
    int64_t key_bytes
    Table by_key
    Shape *shapes
    int64_t shapes_size
    int32_t shape_count
    # Of all shapes together.
    int64_t symbol_count
    Table by_symbols
    Table by_sorted
    bint is_full


cdef inline uint64_t mix(uint64_t value, uint64_t more) noexcept nogil:
    value = (value ^ more) * 0x9E3779B97F4A7C15ULL
    return value ^ (value >> 29)


cdef uint64_t hash_key(uint64_t seed, int32_t parent, const uint8_t *key, int64_t size) noexcept nogil:
    cdef uint64_t value = mix(seed, <uint64_t> parent + 1), word
    while size >= 8:
        memcpy(&word, key, 8)
        value = mix(value, word)
        key += 8
        size -= 8
    word = <uint64_t> size
    while size > 0:
        size -= 1
        word = (word << 8) | key[size]
    return mix(mix(value, word), seed)


cdef bint table_make(Table *table, int64_t most) noexcept nogil:
    cdef uint64_t size = 16
    while size < <uint64_t> (2 * most):
        size *= 2
    table.slots = <int32_t *> malloc(size * sizeof(int32_t))
    if table.slots == NULL:
        return False
    memset(table.slots, 0xFF, size * sizeof(int32_t))
    table.mask = size - 1
    return True


cdef void table_put(Table *table, uint64_t hash, int32_t number) noexcept nogil:
    cdef uint64_t slot = hash & table.mask
    while table.slots[slot] >= 0:
        slot = (slot + 1) & table.mask
    table.slots[slot] = number


cdef bint shapes_make(Shapes *shapes, uint64_t seed) noexcept nogil:
    """Empty tables. False when there is no memory for them; `shapes_free` is due in any case."""
    memset(shapes, 0, sizeof(Shapes))
    shapes.seed = seed
    if not grow(<void **> &shapes.places, &shapes.places_size, 64 * sizeof(Place)):
        return False
    memset(&shapes.places[0], 0, sizeof(Place))
    shapes.place_count = 1
    return (table_make(&shapes.by_key, MAX_PLACES) and table_make(&shapes.by_symbols, MAX_SHAPES)
            and table_make(&shapes.by_sorted, MAX_SHAPES))


cdef void shapes_free(Shapes *shapes) noexcept nogil:
    cdef int64_t i
    for i in range(shapes.place_count):
        free(shapes.places[i].key)
    for i in range(shapes.shape_count):
        free(shapes.shapes[i].symbols)
        free(shapes.shapes[i].sorted)
    free(shapes.places)
    free(shapes.shapes)
    free(shapes.by_key.slots)
    free(shapes.by_symbols.slots)
    free(shapes.by_sorted.slots)
    memset(shapes, 0, sizeof(Shapes))


cdef inline int32_t follow(Shapes *shapes, int32_t place, int32_t parent, const uint8_t *key, int64_t size) noexcept nogil:
    """The place of the key that comes after `place`, in the map at `parent`; NOT_FOUND when no more can be learned."""
    cdef int32_t likely = shapes.places[place].likely
    cdef Place *next = &shapes.places[likely]
    if next.size == size and next.parent == parent and likely and same_bytes(next.key, key, size):
        return likely
    return place_of(shapes, place, parent, key, size)


cdef int32_t place_of(Shapes *shapes, int32_t place, int32_t parent, const uint8_t *key, int64_t size) noexcept nogil:
    """As `follow`, by the table; a key met for the first time gets a place."""
    cdef uint64_t hash = hash_key(shapes.seed, parent, key, size)
    cdef uint64_t slot = hash & shapes.by_key.mask
    cdef int32_t found = shapes.by_key.slots[slot]
    cdef Place *known
    while found >= 0:
        known = &shapes.places[found]
        if known.size == size and known.parent == parent and same_bytes(known.key, key, size):
            shapes.places[place].likely = found
            return found
        slot = (slot + 1) & shapes.by_key.mask
        found = shapes.by_key.slots[slot]
    found = place_learn(shapes, parent, key, size)
    if found >= 0:
        shapes.by_key.slots[slot] = found
        shapes.places[place].likely = found
    return found


cdef int32_t place_learn(Shapes *shapes, int32_t parent, const uint8_t *key, int64_t size) noexcept nogil:
    cdef int32_t number = shapes.place_count
    cdef Place *place
    if number >= MAX_PLACES or shapes.key_bytes + size > MAX_KEY_BYTES:
        shapes.is_full = True
        return NOT_FOUND
    if not valid_utf8(key, size):
        return NOT_FOUND
    if not grow(<void **> &shapes.places, &shapes.places_size, (number + 1) * sizeof(Place)):
        return NOT_FOUND
    place = &shapes.places[number]
    place.key = <uint8_t *> malloc(size + 1)
    if place.key == NULL:
        return NOT_FOUND
    memcpy(place.key, key, size)
    place.size = <int32_t> size
    place.parent = parent
    place.likely = 0
    shapes.place_count += 1
    shapes.key_bytes += size
    return number


cdef int32_t find_shape(Shapes *shapes, const uint32_t *symbols, int32_t count, uint64_t hash) noexcept nogil:
    """The shape with this row of symbols, whose hash is `hash`."""
    cdef uint64_t slot = hash & shapes.by_symbols.mask
    cdef int32_t found = shapes.by_symbols.slots[slot]
    cdef Shape *shape
    while found >= 0:
        shape = &shapes.shapes[found]
        if shape.hash == hash and shape.count == count and memcmp(shape.symbols, symbols, count * 4) == 0:
            return found
        slot = (slot + 1) & shapes.by_symbols.mask
        found = shapes.by_symbols.slots[slot]
    return NOT_FOUND


cdef int32_t sort_symbols(const uint32_t *symbols, int32_t count, uint64_t *out) noexcept nogil:
    """The symbols in rising order, in the upper halves of `out`; in the lower ones which leaf each is, from 0 on."""
    cdef int32_t i, at, leaf = 0
    cdef uint64_t entry
    for i in range(count):
        entry = (<uint64_t> symbols[i] << 32) | <uint32_t> leaf
        leaf += not is_inner(symbols[i])
        at = i
        while at > 0 and out[at - 1] > entry:
            out[at] = out[at - 1]
            at -= 1
        out[at] = entry
    return leaf


cdef uint64_t hash_sorted(uint64_t seed, const uint64_t *entries, int32_t count) noexcept nogil:
    cdef uint64_t value = seed
    cdef int32_t i
    for i in range(count):
        value = mix(value, entries[i] >> 32)
    return value


cdef int32_t find_in_any_order(Shapes *shapes, const uint64_t *entries, int32_t count) noexcept nogil:
    """The shape with these symbols, sorted, whatever their order is in it; one whose order decides nothing."""
    cdef uint64_t hash = hash_sorted(shapes.seed, entries, count)
    cdef uint64_t slot = hash & shapes.by_sorted.mask
    cdef int32_t found = shapes.by_sorted.slots[slot]
    cdef Shape *shape
    cdef int32_t i
    while found >= 0:
        shape = &shapes.shapes[found]
        if shape.sorted_hash == hash and shape.count == count:
            i = 0
            while i < count and shape.sorted[i] >> 32 == entries[i] >> 32:
                i += 1
            if i == count:
                return found
        slot = (slot + 1) & shapes.by_sorted.mask
        found = shapes.by_sorted.slots[slot]
    return NOT_FOUND


cdef bint has_room(Shapes *shapes, int32_t count) noexcept nogil:
    """Whether a shape of `count` symbols can be learned; `is_full` is set when not."""
    if shapes.shape_count < MAX_SHAPES and shapes.symbol_count + count <= MAX_LEARNED_SYMBOLS:
        return True
    shapes.is_full = True
    return False


cdef bint shape_learn(
    Shapes *shapes, const uint32_t *symbols, int32_t count, uint64_t hash, int32_t plan, bint in_any_order
) noexcept nogil:
    """Keeps a shape that `find_shape` did not find. False when there is no room; `is_full` says so."""
    cdef Shape *shape
    if not has_room(shapes, count):
        return False
    if not grow(<void **> &shapes.shapes, &shapes.shapes_size, (shapes.shape_count + 1) * sizeof(Shape)):
        return False
    shape = &shapes.shapes[shapes.shape_count]
    memset(shape, 0, sizeof(Shape))
    shape.symbols = <uint32_t *> malloc(4 * count + 4)
    if shape.symbols == NULL:
        return False
    memcpy(shape.symbols, symbols, 4 * count)
    shape.count = count
    shape.hash = hash
    shape.plan = plan
    if in_any_order and count <= MAX_SORTED:
        shape.sorted = <uint64_t *> malloc(8 * count + 8)
        if shape.sorted != NULL:
            sort_symbols(symbols, count, shape.sorted)
            shape.sorted_hash = hash_sorted(shapes.seed, shape.sorted, count)
            table_put(&shapes.by_sorted, shape.sorted_hash, shapes.shape_count)
    table_put(&shapes.by_symbols, hash, shapes.shape_count)
    shapes.shape_count += 1
    shapes.symbol_count += count
    return True


cdef inline uint32_t symbol_of(int32_t place, int type) noexcept nogil:
    return (<uint32_t> place << 4) | <uint32_t> type


cdef inline bint is_inner(uint32_t symbol) noexcept nogil:
    """Whether it stands for a map with members, which is no leaf."""
    return symbol & 15 == INNER
