"""Functions of text. JSON counts as its characters."""

from __future__ import annotations

from logstore.model.schema import Kind
from query.plan.regex import capture_groups
from query.sql import quote
from query.sql.bench import Bench
from query.sql.compare import read_numbers
from query.sql.functions.arguments import Arguments, Entry, of_texts, settled
from query.sql.numbers import is_nan, numbers_of
from query.sql.spelling import spelled
from query.sql.typed import NUMBER_KINDS, TEXT_KINDS, Typed, all_of, present, text_of, typed

# What Python's str.strip and Unicode call white space; DuckDB's trim knows the blank only.
_WHITE_SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())

_BEYOND_TEXT = 2**31
"""No text has so many characters: positions are cut to it before they become integers. The database refuses 2**32."""

_MOST_REPLACED = 65_536
"""Bytes of a text that `replace` made longer. It makes those of 2,048 rows at once, which no limit on memory counts."""


def whole(value: Typed) -> str | None:
    """A number cut towards zero, as BIGINT within +-2^31; missing for NaN."""
    rounded = numbers_of(value).rounded
    if rounded is None:
        return None
    bounded = f"greatest(least({rounded}, {_BEYOND_TEXT}), -{_BEYOND_TEXT})"
    return f"CASE WHEN NOT {is_nan(rounded)} THEN trunc({bounded})::BIGINT END"


def _substr(bench: Bench, arguments: Arguments) -> Typed:
    value, start, length = arguments.values
    text, first, count = text_of(value), whole(start), whole(length)
    if text is None or first is None or count is None:
        return bench.strict(list(arguments.values), Typed())
    first, count = bench.keep(first), bench.keep(count)
    begin = f"greatest({first}, 1)"
    piece = f"substr({text}, {begin}, greatest({first} + {count} - {begin}, 0))"
    return bench.strict(list(arguments.values), typed({Kind.TEXT: piece}))


def _replace(bench: Bench, arguments: Arguments) -> Typed:
    found = [text_of(value) for value in arguments.values]
    if any(text is None for text in found):
        return bench.strict(list(arguments.values), Typed())
    text, old, new = (bench.keep(str(sql)) for sql in found)
    size, width = bench.keep(f"strlen({text})"), f"greatest(strlen({old}), 1)"
    room = f"<= {_MOST_REPLACED}"
    # First what can be told without looking for `old`, which is nearly always enough.
    never_longer = f"strlen({new}) <= strlen({old}) OR {old} = ''"
    surely_fits = f"{size} + {size} // {width} * strlen({new}) {room}"
    times = f"({size} - strlen(replace({text}, {old}, ''))) // {width}"
    fits = f"{size} + {times} * (strlen({new}) - strlen({old})) {room}"
    replaced = f"replace({text}, {old}, {new})"
    sql = f"CASE WHEN {never_longer} OR {surely_fits} THEN {replaced} WHEN {fits} THEN {replaced} END"
    return bench.strict(list(arguments.values), typed({Kind.TEXT: sql}))


def _split(bench: Bench, arguments: Arguments) -> Typed:
    value, separator, *index = arguments.values
    text, mark = text_of(value), text_of(separator)
    if text is None or mark is None:
        return bench.strict(list(arguments.values), Typed())
    pieces = bench.keep(f"string_split({text}, {mark})")
    if not index:
        return settled(bench, arguments.values, typed({Kind.JSON: f"to_json({pieces})::VARCHAR"}), TEXT_KINDS)
    place = whole(index[0])
    if place is None:
        return bench.strict(list(arguments.values), Typed())
    place = bench.keep(place)
    # An absent piece is missing without being a failure.
    bench.fail_where(all_of([*map(present, arguments.values), f"({pieces} IS NULL OR {place} IS NULL)"]))
    return bench.keep_all(typed({Kind.TEXT: f"{pieces}[nullif({place}, 0)]"}))


def _extract(bench: Bench, arguments: Arguments) -> Typed:
    value = arguments.values[0]
    text = text_of(value)
    if text is None:
        return bench.strict([value], Typed())
    pattern = arguments.literal_text(1)
    group = _group(pattern, arguments.literals[2] if len(arguments.literals) > 2 else None)  # noqa: PLR2004, given or not
    bench.fail_where(all_of([present(value), f"{text} IS NULL"]))
    # A group that took no part in the match gives nothing, as no match does; DuckDB says '' to both.
    found = f"CASE WHEN regexp_matches({text}, {quote.text(pattern)})"
    piece = f"regexp_extract({text}, {quote.text(pattern)}, {group})"
    return bench.keep_all(typed({Kind.TEXT: f"{found} THEN {piece} END"}))


def _group(pattern: str, asked: object) -> int:
    """The group asked for; else the first, if there is one."""
    return min(1, capture_groups(pattern)) if not isinstance(asked, int) else asked


def _concat(bench: Bench, arguments: Arguments) -> Typed:
    texts = [spelled(value) for value in arguments.values]
    found = [text for text in texts if text is not None]
    result = {Kind.TEXT: " || ".join(found)} if len(found) == len(texts) else {}
    return bench.keep_all(typed(result))


def _text(bench: Bench, arguments: Arguments) -> Typed:
    text = spelled(arguments.values[0])
    return bench.keep_all(typed({Kind.TEXT: text}))


def _number(bench: Bench, arguments: Arguments) -> Typed:
    (value,) = arguments.values
    integers = [sql for _, sql in value.only((Kind.INT,)).items()]
    floats = [sql for _, sql in value.only((Kind.FLOAT,)).items()]
    kinds: dict[Kind, str | None] = {Kind.UINT: value.get(Kind.UINT)}
    if (truth := value.get(Kind.BOOL)) is not None:
        integers.append(f"{truth}::BIGINT")
    if (time := value.get(Kind.TIME)) is not None:
        floats.append(f"{time}::DOUBLE / 1e9")
    if (text := value.get(Kind.TEXT)) is not None:
        read = read_numbers(bench, text)
        integers.append(f"TRY_CAST({read.whole} AS BIGINT)")
        floats.append(f"{read.double}")
        large = f"CASE WHEN {read.whole} > 9223372036854775807 THEN {read.whole}::UBIGINT END"
        kinds[Kind.UINT] = large if kinds[Kind.UINT] is None else f"coalesce({kinds[Kind.UINT]}, {large})"
    kinds[Kind.INT] = f"coalesce({', '.join(integers)})" if integers else None
    kinds[Kind.FLOAT] = f"coalesce({', '.join(floats)})" if floats else None
    never = {*NUMBER_KINDS, Kind.BOOL, Kind.TIME}
    return settled(bench, arguments.values, typed(kinds), never)


ENTRIES: dict[str, Entry] = {
    "lower": of_texts(lambda s: f"lower({s})", Kind.TEXT),
    "upper": of_texts(lambda s: f"upper({s})", Kind.TEXT),
    "trim": of_texts(lambda s: f"trim({s}, {quote.text(_WHITE_SPACE)})", Kind.TEXT),
    "len": of_texts(lambda s: f"length({s})", Kind.INT),
    "substr": _substr,
    "replace": _replace,
    "split": _split,
    "concat": _concat,
    "contains": of_texts(lambda s, part: f"contains({s}, {part})", Kind.BOOL),
    "startswith": of_texts(lambda s, start: f"starts_with({s}, {start})", Kind.BOOL),
    "endswith": of_texts(lambda s, end: f"ends_with({s}, {end})", Kind.BOOL),
    "extract": _extract,
    "text": _text,
    "number": _number,
}
