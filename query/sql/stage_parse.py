"""`parse`: fields out of text by a regular expression, which is run once per row."""

from __future__ import annotations

from logstore.model.schema import Kind
from query.lang.values import DURATION_UNITS, SIZE_UNITS
from query.plan.logical import Parse
from query.sql import quote
from query.sql.bench import Bench
from query.sql.compare import read_numbers
from query.sql.lookup import field_of
from query.sql.rows import Rows
from query.sql.statement import Statement
from query.sql.typed import Typed, all_of, present, text_or_digits, typed

_MEASURE = "^(-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?)([A-Za-z]+)$"
_FACTORS = " ".join(
    f"WHEN {quote.text(unit)} THEN {quote.double(float(factor))}"
    for unit, factor in {**DURATION_UNITS, **SIZE_UNITS}.items()
)


def parse(statement: Statement, rows: Rows, node: Parse) -> Rows:
    """The rows with the fields; a piece without characters is missing, as all are where the expression does not fit."""
    bench = Bench(statement, rows)
    value = bench.keep_all(field_of(statement, rows, node.source))
    found = _found(bench, value, node)
    for place, group in enumerate(node.groups):
        if group.name is None:
            continue
        piece = None if found is None else bench.keep(f"nullif({found}['g{place}'], '')")
        made = typed({Kind.TEXT: piece})
        if piece is not None and group.is_number:
            made = _number(bench, piece)
        bench.rows = bench.rows.with_field(group.name, made)
    return bench.close()


def _found(bench: Bench, value: Typed, node: Parse) -> str | None:
    """The column of what each group matched; None when there is never a text."""
    characters = text_or_digits(value)
    if characters is None:
        bench.fail_where(present(value))
        return None
    text = bench.keep(characters)
    bench.fail_where(all_of([present(value), f"{text} IS NULL"]))
    names = ", ".join(quote.text(f"g{place}") for place in range(len(node.groups)))
    return bench.column(f"regexp_extract({text}, {quote.text(node.pattern)}, [{names}])")


def _number(bench: Bench, piece: str) -> Typed:
    """The number that a literal of this text means: a JSON number, seconds of a duration or bytes of a size."""
    read = read_numbers(bench, piece)
    measure = bench.keep(f"CASE WHEN {read.whole} IS NULL THEN regexp_extract({piece}, '{_MEASURE}', ['n', 'u']) END")
    measured = f"TRY_CAST({measure}['n'] AS DOUBLE) * CASE {measure}['u'] {_FACTORS} END"
    large = f"CASE WHEN {read.whole} > 9223372036854775807 THEN {read.whole}::UBIGINT END"
    kinds = {
        Kind.INT: f"TRY_CAST({read.whole} AS BIGINT)",
        Kind.UINT: large,
        Kind.FLOAT: f"coalesce({read.double}, {measured})",
    }
    return bench.strict([typed({Kind.TEXT: piece})], typed(kinds))
