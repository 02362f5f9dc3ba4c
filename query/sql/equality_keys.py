"""Keys by which rows of two relations are joined: two values share one just when they are equal as in `Compare`.

That equality is not transitive ("1" and "1.0" are two texts, and each equals the number 1), so no single key says it. A
value has a key of its own, and one that meets numbers in texts: of a number and of a text that spells it. Two equal
values share exactly one of the two, so joins by the one and by the other never find a pair twice.
"""

from __future__ import annotations

from logstore.model.schema import Kind
from query.sql.bench import Bench
from query.sql.compare import read_numbers
from query.sql.numbers import Numbers, is_nan, numbers_of, parity_key
from query.sql.typed import Typed, coalesce, text_of


def equality_keys(mine: Bench, value: Typed, theirs: Bench, other: Typed) -> list[tuple[str, str]]:
    """Pairs of columns, at the one bench and at the other: two values are equal where they are in just one pair.

    A missing value has no key, nor has NaN.
    """
    value, other = mine.keep_all(value), theirs.keep_all(other)
    pairs = [(_own(value), _own(other))]
    read, read_other = _read(mine, value, other), _read(theirs, other, value)
    if read is not None or read_other is not None:
        numbers, other_numbers = _number_text(numbers_of(value)), _number_text(numbers_of(other))
        pairs.append((_crossed(numbers, read), _crossed(read_other, other_numbers)))
    return [(mine.column(one), theirs.column(another)) for one, another in pairs if one and another]


def _own(value: Typed) -> str | None:
    """A text that two values of one class share just when they are equal."""
    marked = [_marked("n", _number_text(numbers_of(value))), _marked("t", text_of(value))]
    marked += [_marked(mark, _as_text(value.get(kind))) for mark, kind in (("b", Kind.BOOL), ("i", Kind.TIME))]
    return coalesce(each for each in marked if each is not None)


def _read(bench: Bench, value: Typed, other: Typed) -> str | None:
    """The numbers that texts spell, where the other side has numbers."""
    text = value.get(Kind.TEXT)
    return _number_text(read_numbers(bench, text)) if text is not None and numbers_of(other).known else None


def _crossed(numbers: str | None, read: str | None) -> str | None:
    """Numbers of the left side that meet texts of the right one (`n`), and texts that meet numbers (`t`)."""
    return coalesce(each for each in (_marked("n", numbers), _marked("t", read)) if each is not None)


def _number_text(numbers: Numbers) -> str | None:
    """A text that is the same for two numbers just when they are equal; null for NaN."""
    if not numbers.known:
        return None
    if numbers.double is None:
        return _as_text(numbers.whole)
    known = f"CASE WHEN NOT {is_nan(numbers.double)} THEN {numbers.double} END"
    keys = parity_key(Numbers(numbers.whole, f"({known})", numbers.huge))
    if len(keys) == 1:
        # Doubles alone. Whole ones are spelled as integers are, for the other side may have those.
        keys = parity_key(Numbers("NULL::HUGEINT", f"({known})", huge=True))
    return coalesce(f"{key}::VARCHAR" for key in keys)


def _as_text(sql: str | None) -> str | None:
    return None if sql is None else f"{sql}::VARCHAR"


def _marked(mark: str, text: str | None) -> str | None:
    return None if text is None else f"'{mark}' || {text}"
