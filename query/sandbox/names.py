"""The columns of the table `logs`: under which name SQL finds a field, which ones a statement wants."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from logstore.model.schema import LEVEL, MESSAGE, MORE, SEQ, TAG, TIME, Kind, fold
from query.sandbox.tree import TABLE, Checked, ascii_lower

TIME_NS = "_time_ns"
"""The column of exact times: SQL's functions on times go no further than microseconds, and so does `time`."""

BUILT_IN = (TIME, LEVEL, TAG, MESSAGE)
"""The columns that lead, as in the rows of a query."""

ON_DEMAND = (SEQ, TIME_NS, MORE)
"""Columns that are there for those who name them: `*` has no use for them, but for `_more`."""

OF_SESSION = frozenset(
    {
        "current_catalog",
        "current_database",
        "current_role",
        "current_schema",
        "current_time",
        "current_user",
        "localtime",
        "localtimestamp",
        "session_user",
        "user",
    }
)
"""Names that DuckDB takes for values of its own where no column has them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The columns that a statement wants.

    Attributes:
        fields: field by the name that SQL knows it by, in the order of the columns.
        kinds: field and kind by names like `status#int`: the values of a field that are of this kind.
        on_demand: those of `ON_DEMAND`.
        rare: names that no column has: fields that parts may keep in `_more`.
    """

    fields: Mapping[str, str]
    kinds: Mapping[str, tuple[str, Kind]]
    on_demand: frozenset[str]
    rare: frozenset[str]


def sql_names(fields: Iterable[str]) -> dict[str, str]:
    """The field by each column's name: its own, but that names are unique whatever the case of their letters.

    Of fields that differ in nothing else the one that comes last in order of code points (small letters) keeps its
    name, the others get `~2`, `~3`, ...
    """
    names = {name: name for name in BUILT_IN}
    taken = {fold(name) for name in (*BUILT_IN, *ON_DEMAND)}
    first = sorted({*fields} - {*BUILT_IN, SEQ, MORE}, reverse=True)
    for field in first:
        name, suffix = field, 1
        while not name or fold(name) in taken:
            suffix += 1
            name = f"{field}~{suffix}"
        taken.add(fold(name))
        names[name] = field
    others = {name: field for name, field in sorted(names.items()) if name not in BUILT_IN}
    return {name: name for name in BUILT_IN} | others


def wanted_of(checked: Checked, known: Collection[str], *, has_more: bool) -> Wanted:
    """What a statement wants of a table with these fields; `has_more`: there may be others, in `_more`."""
    names = sql_names(known)
    asked = {ascii_lower(name) for name in checked.names}
    fields = {name: field for name, field in names.items() if checked.reads_all or ascii_lower(name) in asked}
    kinds = {name: found for name in checked.names if (found := _field_and_kind(name, names, has_more=has_more))}
    on_demand = {name for name in ON_DEMAND if name in asked}
    there = {ascii_lower(name) for name in (*names, *ON_DEMAND)}
    # What a query itself calls so is not looked for: a column of that name would come before it in GROUP BY.
    given = there | checked.given | {TABLE}
    rare = {name for name in checked.names if ascii_lower(name) not in given and name not in kinds}
    if checked.reads_all and has_more:
        on_demand.add(MORE)
    return Wanted(fields, kinds, frozenset(on_demand), frozenset(rare) if has_more else frozenset())


def _field_and_kind(asked: str, names: Mapping[str, str], *, has_more: bool) -> tuple[str, Kind] | None:
    base, mark, kind = asked.rpartition("#")
    if not mark or kind not in {each.value for each in Kind}:
        return None
    known = (field for name, field in names.items() if ascii_lower(name) == ascii_lower(base))
    field = next(known, base if has_more else None)
    return None if field is None else (field, Kind(kind))
