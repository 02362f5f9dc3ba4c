"""Functions of numbers. Integers stay integers wherever the result is one by nature."""

from __future__ import annotations

from collections.abc import Callable

from logstore.model.schema import Kind
from query.sql.arithmetic import finite
from query.sql.bench import Bench
from query.sql.functions.arguments import Arguments, Entry, settled
from query.sql.functions.text import whole
from query.sql.numbers import compares, is_nan, numbers_of
from query.sql.typed import NUMBER_KINDS, Typed, any_of, present, typed


def _real(make: Callable[..., str]) -> Entry:
    """A function of doubles; NaN or infinity out of finite numbers is a failure."""

    def entry(bench: Bench, arguments: Arguments) -> Typed:
        found = [numbers_of(value).rounded for value in arguments.values]
        if any(sql is None for sql in found):
            return bench.strict(list(arguments.values), Typed())
        operands = [bench.keep(str(sql)) for sql in found]
        result = finite(bench.keep(make(*operands)), operands)
        return bench.strict(list(arguments.values), typed({Kind.FLOAT: result}))

    return entry


def _to_whole(function: str) -> Entry:
    """`floor` and `ceil`: integers as they are, doubles to whole doubles."""

    def entry(bench: Bench, arguments: Arguments) -> Typed:
        (value,) = arguments.values
        double = value.get(Kind.FLOAT)
        rounded = None if double is None else f"{function}({double})"
        kinds = {Kind.INT: value.get(Kind.INT), Kind.UINT: value.get(Kind.UINT), Kind.FLOAT: rounded}
        return settled(bench, arguments.values, typed(kinds), NUMBER_KINDS)

    return entry


def _round(bench: Bench, arguments: Arguments) -> Typed:
    value = arguments.values[0]
    digits = whole(arguments.values[1]) if len(arguments.values) > 1 else "0"
    if digits is None:
        return bench.strict(list(arguments.values), Typed())
    digits = bench.keep(digits)
    # Whole numbers change only when digits before the point go.
    kinds: dict[Kind, str | None] = {
        kind: f"CASE WHEN {digits} >= 0 THEN {sql} END" for kind, sql in value.only((Kind.INT, Kind.UINT)).items()
    }
    kinds[Kind.FLOAT] = _rounded(bench, value, digits)
    return bench.strict(list(arguments.values), typed(kinds))


def _rounded(bench: Bench, value: Typed, digits: str) -> str | None:
    """Half away from zero; what is not finite stays."""
    number = numbers_of(value).rounded
    if number is None:
        return None
    number = bench.keep(number)
    scale = bench.keep(f"pow(10.0, {digits}::DOUBLE)")
    scaled = bench.keep(f"{number} * {scale}")
    nearest = f"(CASE WHEN {scaled} < 0 THEN -floor(0.5 - {scaled}) ELSE floor({scaled} + 0.5) END) / {scale}"
    result = f"CASE WHEN isfinite({number}) THEN {finite(bench.keep(nearest), [number])} ELSE {number} END"
    integers = [sql for _, sql in value.only((Kind.INT, Kind.UINT)).items()]
    if not integers:
        return result
    return f"CASE WHEN {digits} < 0 OR {' AND '.join(f'{sql} IS NULL' for sql in integers)} THEN {result} END"


def _abs(bench: Bench, arguments: Arguments) -> Typed:
    (value,) = arguments.values
    whole_number, double = value.get(Kind.INT), value.get(Kind.FLOAT)
    kinds = {
        Kind.INT: None if whole_number is None else f"TRY_CAST(abs({whole_number}::HUGEINT) AS BIGINT)",
        Kind.UINT: value.get(Kind.UINT),
        Kind.FLOAT: None if double is None else f"abs({double})",
    }
    return bench.strict([value], typed(kinds))


def _extreme(*, largest: bool) -> Entry:
    """`least` and `greatest` in the total order of numbers, one argument after the other; NaN is the largest."""

    def entry(bench: Bench, arguments: Arguments) -> Typed:
        best = arguments.values[0].only(NUMBER_KINDS)
        for value in arguments.values[1:]:
            best = _better(bench, best, value.only(NUMBER_KINDS), largest=largest)
        return bench.strict(list(arguments.values), best)

    return entry


def _better(bench: Bench, best: Typed, other: Typed, *, largest: bool) -> Typed:
    """`other` where it is beyond `best`; missing where either is no number."""
    low, high = (best, other) if largest else (other, best)
    beyond = bench.keep(any_of([compares(numbers_of(low), "<", numbers_of(high)), _only_high_is_nan(low, high)]))
    both = bench.keep(f"({present(best)} AND {present(other)})")
    kinds: dict[Kind, str | None] = {}
    for kind in NUMBER_KINDS:
        mine, theirs = best.get(kind) or "NULL", other.get(kind) or "NULL"
        if mine != theirs:
            kinds[kind] = f"CASE WHEN {both} THEN CASE WHEN {beyond} THEN {theirs} ELSE {mine} END END"
        elif mine != "NULL":
            kinds[kind] = mine
    return bench.keep_all(typed(kinds))


def _only_high_is_nan(low: Typed, high: Typed) -> str:
    double, other = high.get(Kind.FLOAT), low.get(Kind.FLOAT)
    if double is None:
        return "false"
    not_low = "" if other is None else f" AND coalesce(NOT {is_nan(other)}, true)"
    return f"(coalesce({is_nan(double)}, false){not_low})"


ENTRIES: dict[str, Entry] = {
    "round": _round,
    "floor": _to_whole("floor"),
    "ceil": _to_whole("ceil"),
    "abs": _abs,
    "sqrt": _real(lambda x: f"sqrt({x})"),
    "log": _real(lambda x: f"ln({x})"),
    "exp": _real(lambda x: f"exp({x})"),
    "pow": _real(lambda x, y: f"pow({x}, {y})"),
    "least": _extreme(largest=False),
    "greatest": _extreme(largest=True),
}
