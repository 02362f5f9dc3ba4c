# Which text means which level, without Python where that is certain.
#
# `levels.normalize_level` is the one rule. What it says of every spelling and of every number is asked once, so that no
# lock is taken for an event. It strips blanks, of which Unicode has many, so a text that begins or ends with anything
# but printed ASCII is handed to it as it is.

cdef enum:
    LEVEL_NUMBERS = 256
    # A power of two, several times the number of spellings, none of which is longer than LEVEL_TEXT.
    SPELLINGS = 512
    LEVEL_TEXT = 16
    NO_LEVEL = -1
    ASK = -2

cdef struct Spelling:
    int64_t size
    uint8_t text[16]
    int32_t level

cdef struct Levels:
    int8_t numbers[256]
    Spelling spellings[512]

cdef const char *LEVEL_NAMES[6]
cdef int64_t LEVEL_SIZES[6]
_LEVEL_NAMES = [level.encode() for level in LEVELS]
for _place, _name in enumerate(_LEVEL_NAMES):
    LEVEL_NAMES[_place] = PyBytes_AS_STRING(_name)
    LEVEL_SIZES[_place] = len(_name)


cdef uint32_t spelling_slot(const uint8_t *text, int64_t size) noexcept nogil:
    cdef uint32_t value = <uint32_t> size
    cdef int64_t i
    for i in range(size):
        value = value * 31 + text[i]
    return (value ^ (value >> 9)) & (SPELLINGS - 1)


cdef levels_make(Levels *levels, scale):
    """What all spellings and numbers mean on this scale."""
    cdef uint32_t slot
    cdef int number
    memset(levels, 0, sizeof(Levels))
    for number in range(LEVEL_NUMBERS):
        levels.numbers[number] = <int8_t> ask_level(scale, number)
    for spelling in LEVEL_SPELLINGS:
        text = spelling.encode()
        if len(text) > LEVEL_TEXT:
            raise AssertionError(f"the level {spelling} is longer than LEVEL_TEXT")
        slot = spelling_slot(<const uint8_t *> PyBytes_AS_STRING(text), len(text))
        while levels.spellings[slot].size:
            slot = (slot + 1) & (SPELLINGS - 1)
        levels.spellings[slot].size = len(text)
        memcpy(levels.spellings[slot].text, PyBytes_AS_STRING(text), len(text))
        levels.spellings[slot].level = ask_level(scale, spelling)


cdef int ask_level(scale, value) except -3:
    level = normalize_level(value, scale)
    return NO_LEVEL if level is None else LEVELS.index(level)


cdef inline uint8_t small(uint8_t c) noexcept nogil:
    return c + 32 if 0x41 <= c <= 0x5A else c


cdef inline bint is_digit(uint8_t c) noexcept nogil:
    return 0x30 <= c <= 0x39


cdef inline int digit(uint8_t c) noexcept nogil:
    return c - 0x30


cdef int level_of_text(Levels *levels, const uint8_t *text, int64_t size) noexcept nogil:
    """The level's place in LEVELS, NO_LEVEL, or ASK."""
    cdef uint8_t lower[16]
    cdef uint32_t slot
    cdef int64_t i
    if size == 0:
        return NO_LEVEL
    if not 0x20 < text[0] < 0x7F or not 0x20 < text[size - 1] < 0x7F:
        return ASK
    if size > LEVEL_TEXT:
        return NO_LEVEL
    if is_digit(text[0]) and is_digit(text[size - 1]) and size <= 2:
        return levels.numbers[digit(text[0]) if size == 1 else 10 * digit(text[0]) + digit(text[1])]
    for i in range(size):
        lower[i] = small(text[i])
    slot = spelling_slot(lower, size)
    while levels.spellings[slot].size:
        if levels.spellings[slot].size == size and memcmp(levels.spellings[slot].text, lower, size) == 0:
            return levels.spellings[slot].level
        slot = (slot + 1) & (SPELLINGS - 1)
    return NO_LEVEL


cdef bint is_name_of(const uint8_t *text, int64_t size, int level) noexcept nogil:
    """Whether the text is the name of the level, case ignored."""
    cdef int64_t i
    if size != LEVEL_SIZES[level]:
        return False
    for i in range(size):
        if small(text[i]) != <uint8_t> LEVEL_NAMES[level][i]:
            return False
    return True
