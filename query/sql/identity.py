"""When two values are one: the keys that grouping, deduplication and counting of distinct values go by.

1 and 1.0 are one value, so are all NaN, so are 0.0 and -0.0; 1 and "1" are two; missing is a value of its own.
"""

from __future__ import annotations

from logstore.model.schema import Kind
from query.sql.numbers import numbers_of, parity_key
from query.sql.typed import NUMBER_KINDS, Typed, typed


def identity_key(value: Typed) -> list[str]:
    """Expressions that are equal (or null) in two rows just when their values are one."""
    others = [sql for kind, sql in value.items() if kind not in NUMBER_KINDS]
    return parity_key(numbers_of(value)) + others


def representative(value: Typed) -> Typed:
    """Terms of a GROUP BY that give the value of each group of equal values: the integer, where 1 and 1.0 meet."""
    keys = identity_key(value)
    # What is a key itself needs no aggregate.
    kinds: dict[Kind, str | None] = {kind: sql if sql in keys else f"any_value({sql})" for kind, sql in value.items()}
    integers = [sql for kind, sql in value.items() if kind in (Kind.INT, Kind.UINT)]
    double = value.get(Kind.FLOAT)
    if double is not None and integers:
        absent = " AND ".join(f"any_value({sql}) IS NULL" for sql in integers)
        kinds[Kind.FLOAT] = f"CASE WHEN {absent} THEN any_value({double} + 0.0) END"
    elif double is not None:
        kinds[Kind.FLOAT] = f"any_value({double} + 0.0)"
    return Typed(typed(kinds).kinds, value.severity)
