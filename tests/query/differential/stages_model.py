"""Stages over rows, one plain loop each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from query.lang import functions as language
from query.lang import naming, nodes
from tests.query.differential import aggregates
from tests.query.differential.expressions_model import Evaluator, Row
from tests.query.differential.literals import duration_ns, number_of
from tests.query.differential.patterns_model import templates
from tests.query.differential.rows_model import Rows, present
from tests.query.differential.sources_model import compare, join, union
from tests.query.differential.taking_apart import taken_apart
from tests.query.differential.unpacking import unpacked
from tests.query.differential.values import Time, Value, as_text, digits_or_text, identity, sort_key, text_of

SHOWN_FIRST = ("time", "level", "tag", "message")


@dataclass(frozen=True, slots=True)
class Stages:
    """Runs stages.

    Attributes:
        evaluator: of expressions.
        window_seconds: length of the query's window; None when it has no ends.
        inner: runs a query inside the query.
    """

    evaluator: Evaluator
    window_seconds: float | None
    inner: Callable[[nodes.Query], Rows]

    def run(self, stage: nodes.Stage, rows: Rows) -> Rows:  # noqa: C901, PLR0911, PLR0912, one case a stage
        """The rows after one stage."""
        match stage:
            case nodes.Where(condition):
                holds = self.evaluator.holds
                return rows.chosen([place for place, row in enumerate(rows.rows) if holds(condition, row)])
            case nodes.Let(assignments):
                return self._let(assignments, rows)
            case nodes.Parse(pattern, source):
                return self._parse(pattern, source.name, rows)
            case nodes.Unpack(form, source, prefix):
                return self._unpack(form, source.name, None if prefix is None else prefix.name, rows)
            case nodes.Fields(choices):
                return _fields(choices, rows)
            case nodes.Drop(choices):
                return _drop(choices, rows)
            case nodes.Rename(renamings):
                return _rename(renamings, rows)
            case nodes.Stats(aggregations, by):
                return self._stats(aggregations, by, rows)
            case nodes.Count(by):
                return self._stats((nodes.Aggregation(nodes.Call("count", ())),), by, rows)
            case nodes.Top(limit, fields):
                return _top(limit, [field.name for field in fields], rows, rare=False)
            case nodes.Rare(limit, fields):
                return _top(limit, [field.name for field in fields], rows, rare=True)
            case nodes.Sort(keys):
                return _sort(keys, rows)
            case nodes.Limit(count):
                return replace(rows.chosen(range(min(count, len(rows.rows)))), shaped=True)
            case nodes.Sessions(field, gap):
                return _sessions(field.name, duration_ns(gap.text) or 0, rows)
            case nodes.Facets(limit):
                return _facets(limit, rows)
            case nodes.Sample(count):
                return _sample(count, rows)
            case nodes.Dedup(fields, keep_newest):
                return _dedup([field.name for field in fields], rows, newest=keep_newest)
            case nodes.Union(query):
                return union(rows, self.inner(query))
            case nodes.Join(query, fields, left):
                return join(rows, self.inner(query), [field.name for field in fields], keep_all=left)
            case nodes.Patterns(field):
                return templates(field.name, rows)
            case _:
                msg = f"the model does not know {stage}"
                raise TypeError(msg)

    def _let(self, assignments: Sequence[nodes.Assignment], rows: Rows) -> Rows:
        columns = rows.columns
        changed = [dict(row) for row in rows.rows]
        for assignment in assignments:
            name = assignment.target.name
            for row in changed:
                row[name] = self.evaluator.value(assignment.value, row)
            columns = columns if columns is None or name in columns else (*columns, name)
        return replace(rows, rows=[present(row) for row in changed], columns=columns)

    def _parse(self, pattern: nodes.String | nodes.Regex, source: str, rows: Rows) -> Rows:
        made = []
        for row in rows.rows:
            value = row.get(source)
            text = digits_or_text(value)
            self.evaluator.failures += value is not None and text is None
            found, failures = taken_apart(pattern, text)
            self.evaluator.failures += failures
            made.append(present({**row, **found}))
        names = tuple(taken_apart(pattern, None)[0])
        columns = None if rows.columns is None else tuple(dict.fromkeys((*rows.columns, *names)))
        return replace(rows, rows=made, columns=columns)

    def _unpack(self, form: nodes.TextForm, source: str, prefix: str | None, rows: Rows) -> Rows:
        made = []
        for row in rows.rows:
            found = unpacked(form, text_of(row.get(source)), prefix)
            self.evaluator.failures += source in row and found is None
            made.append({**(found or {}), **row})
        if rows.columns is None:
            return replace(rows, rows=made)
        new = {name for row in made for name in row} - set(rows.columns)
        return replace(rows, rows=made, columns=(*rows.columns, *sorted(new)))

    def _stats(self, aggregations: Sequence[nodes.Aggregation], by: Sequence[nodes.Grouping], rows: Rows) -> Rows:
        names = [naming.grouping_name(group) for group in by]
        keys = [tuple(self.evaluator.value(group.key, row) for group in by) for row in rows.rows]
        made = []
        for places in _grouped(keys) if by else [list(range(len(keys)))]:
            row = dict(zip(names, _shown_keys(keys, places), strict=True)) if by else {}
            members = rows.chosen(_oldest_first(rows, places))
            for aggregation in aggregations:
                row[naming.aggregation_name(aggregation)] = self._aggregate(aggregation.call, members, by)
            made.append(present(row))
        columns = (*names, *(naming.aggregation_name(aggregation) for aggregation in aggregations))
        made.sort(key=lambda row: [sort_key(name)(row.get(name)) for name in names])
        return Rows(made, None, columns, shaped=True)

    def _aggregate(self, call: nodes.Call, members: Rows, by: Sequence[nodes.Grouping]) -> Value:
        if call.name == "rate":
            seconds = _bin_seconds(by) or self.window_seconds
            assert seconds is not None
            return len(members.rows) / seconds
        if not call.args:
            return len(members.rows)
        operand = call.args[0]
        assert not isinstance(operand, nodes.Regex)
        if call.name == "countif":
            return sum(self.evaluator.holds(operand, row) for row in members.rows)
        values = [self.evaluator.value(operand, row) for row in members.rows]
        return _of_values(call, [value for value in values if value is not None])


def compared(stage: nodes.Stage, rows: Rows, before: Rows) -> Rows:
    """What `compare` makes of the rows of a `stats` or `count`, and of those of an earlier time."""
    assert isinstance(stage, nodes.Stats | nodes.Count)
    counted = (nodes.Aggregation(nodes.Call("count", ())),)
    aggregations = stage.aggregations if isinstance(stage, nodes.Stats) else counted
    values = [naming.aggregation_name(each) for each in aggregations]
    numeric = [naming.aggregation_name(each) for each in aggregations if each.call.name not in {"values", "histogram"}]
    return compare(rows, before, [naming.grouping_name(group) for group in stage.by], values, numeric)


def _grouped(keys: Sequence[Sequence[Value]]) -> list[list[int]]:
    """The places of equal keys."""
    groups: dict[object, list[int]] = {}
    for place, key in enumerate(keys):
        groups.setdefault(tuple(identity(value) for value in key), []).append(place)
    return list(groups.values())


def _shown_keys(keys: Sequence[Sequence[Value]], places: Sequence[int]) -> list[Value]:
    """What stands for the equal keys at these places."""
    return [aggregates.representative(values) for values in zip(*(keys[place] for place in places), strict=True)]


def _of_values(call: nodes.Call, values: Sequence[Value]) -> Value:
    field = call.args[0].name if isinstance(call.args[0], nodes.Field) else ""
    further = [number_of(argument.text) for argument in call.args[1:] if isinstance(argument, nodes.Number)]
    share = language.percentile(call.name)
    if call.name in {"min", "max"}:
        return aggregates.extreme(values, field, largest=call.name == "max")
    if call.name == "values":
        return aggregates.listed(values, field, int(further[0]) if further and further[0] is not None else 100)
    if call.name == "quantile":
        return aggregates.quantile(values, float(further[0] or 0))
    if share is not None:
        return aggregates.quantile(values, share)
    if call.name == "histogram":
        return aggregates.histogram(values)
    return aggregates.OF_PRESENT[call.name](values)


def _bin_seconds(by: Sequence[nodes.Grouping]) -> float | None:
    for group in by:
        if isinstance(group.key, nodes.Call) and group.key.name == "bin":
            *of, width = group.key.args
            if not of or of == [nodes.Field("time")]:
                assert isinstance(width, nodes.Number)
                return number_of(width.text)
    return None


def _oldest_first(rows: Rows, places: Sequence[int]) -> list[int]:
    """By (time, `_seq`) while rows are events; else as they come."""
    origins = rows.origins
    if origins is None:
        return list(places)
    return sorted(places, key=lambda place: (origins[place].time, origins[place].seq, origins[place].tie))


def columns_in_order(rows: Rows) -> tuple[str, ...]:
    """The columns that rows show: as named, or those of events that any row has."""
    if rows.columns is not None:
        return rows.columns
    found = {field for row in rows.rows for field in row} - {"_seq"}
    return (*(field for field in SHOWN_FIRST if field in found), *sorted(found - set(SHOWN_FIRST)))


def _selected(choices: Sequence[nodes.FieldChoice], rows: Rows) -> tuple[str, ...]:
    names: list[str] = []
    for choice in choices:
        if isinstance(choice, nodes.Field):
            names.append(choice.name)
        else:
            names += [name for name in columns_in_order(rows) if name.startswith(choice.prefix)]
    return tuple(dict.fromkeys(names))


def _fields(choices: Sequence[nodes.FieldChoice], rows: Rows) -> Rows:
    names = _selected(choices, rows)
    kept = [{name: row[name] for name in names if name in row} for row in rows.rows]
    return replace(rows, rows=kept, columns=names)


def _drop(choices: Sequence[nodes.FieldChoice], rows: Rows) -> Rows:
    names = _selected(choices, rows)
    kept = [{name: value for name, value in row.items() if name not in names} for row in rows.rows]
    columns = None if rows.columns is None else tuple(name for name in rows.columns if name not in names)
    return replace(rows, rows=kept, columns=columns)


def _rename(renamings: Sequence[nodes.Renaming], rows: Rows) -> Rows:
    changed, columns = [dict(row) for row in rows.rows], rows.columns
    for renaming in renamings:
        old, new = renaming.old.name, renaming.new.name
        for row in changed:
            row[new] = row.pop(old, None)
        if columns is not None:
            columns = tuple(new if name == old else name for name in columns if name != new or name == old)
    return replace(rows, rows=[present(row) for row in changed], columns=columns)


def _by_all(columns: Sequence[str]) -> Callable[[Row], list[object]]:
    return lambda row: [sort_key(name)(row.get(name)) for name in columns]


def _sort(keys: Sequence[nodes.SortKey], rows: Rows) -> Rows:
    """By the keys; ties of events newest first, of others by all columns."""
    places = list(range(len(rows.rows)))
    if rows.origins is not None:
        origins = rows.origins
        places.sort(key=lambda place: origins[place].newest_first())
    else:
        by_all = _by_all(rows.columns or ())
        places.sort(key=lambda place: by_all(rows.rows[place]))
    for key in reversed(keys):
        order = sort_key(key.field.name, descending=key.descending)
        places.sort(key=lambda place: order(rows.rows[place].get(key.field.name)))
    return replace(rows.chosen(places), shaped=True)


def _top(limit: int, names: Sequence[str], rows: Rows, *, rare: bool) -> Rows:
    keys = [tuple(row.get(name) for name in names) for row in rows.rows]
    keys = [key for key in keys if any(value is not None for value in key)]
    made: list[Row] = []
    for places in _grouped(keys):
        shown = present(dict(zip(names, _shown_keys(keys, places), strict=True)))
        made.append({**shown, "count": len(places), "share": len(places) / len(keys)})
    made.sort(key=_by_all(names))
    made.sort(key=lambda row: row["count"] if rare else -row["count"])  # type: ignore[operator,return-value,arg-type]
    return Rows(made[:limit], None, (*dict.fromkeys(names), "count", "share"), shaped=True)


def _sessions(name: str, gap_ns: int, rows: Rows) -> Rows:
    """A row per run of events of one value with no longer pause than the gap."""
    assert rows.origins is not None
    made: list[Row] = []
    for places in _grouped([(row.get(name),) for row in rows.rows]):
        ordered = [place for place in _oldest_first(rows, places) if name in rows.rows[place]]
        runs: list[list[int]] = []
        for place in ordered:
            near = runs and rows.origins[place].time - rows.origins[runs[-1][-1]].time <= gap_ns
            runs = [*runs[:-1], [*runs[-1], place]] if near else [*runs, [place]]
        for run in runs:
            start, end = rows.origins[run[0]].time, rows.origins[run[-1]].time
            shown = aggregates.representative([rows.rows[place][name] for place in run])
            span = {"start": Time(start), "end": Time(end), "count": len(run), "duration": (end - start) / 10**9}
            made.append({name: shown, **span})
    made.sort(key=_by_all(("start", name)))
    return Rows(made, None, (name, "start", "end", "count", "duration"), shaped=True)


def _facets(limit: int, rows: Rows) -> Rows:
    """The most frequent values of each field; instants as text."""
    made: list[Row] = []
    names = sorted(set(columns_in_order(rows)) - {"time"}, key=lambda name: (_FACETS_FIRST.get(name, 3), name))
    for name in names:
        values = [row[name] for row in rows.rows if name in row]
        keys = [(as_text(value) if isinstance(value, Time) else value,) for value in values]
        found: list[Row] = []
        for places in _grouped(keys):
            (value,) = _shown_keys(keys, places)
            found.append({"field": name, "value": value, "count": len(places), "share": len(places) / len(keys)})
        found.sort(key=_by_all(("value",)))
        found.sort(key=lambda row: -len(keys) * row["share"])  # type: ignore[operator]
        made += found[:limit]
    return Rows(made, None, ("field", "value", "count", "share"), shaped=True)


_FACETS_FIRST = {"level": 0, "tag": 1, "message": 2}


def _sample(count: int, rows: Rows) -> Rows:
    """The rows whose `_seq`, or place counted from 1, has the smallest hashes."""
    numbers = range(1, len(rows.rows) + 1) if rows.origins is None else [origin.seq for origin in rows.origins]
    drawn = sorted(range(len(numbers)), key=lambda place: (_hash(numbers[place]), numbers[place]))[:count]
    return replace(rows.chosen(sorted(drawn)), shaped=True)


def _hash(number: int) -> int:
    """MurmurHash's finisher with other constants, as DuckDB's `hash` of a BIGINT has it."""
    for _ in range(2):
        number ^= number >> 32
        number = number * 0xD6E8FEB86659FD93 % 2**64
    return number ^ number >> 32


def _dedup(names: Sequence[str], rows: Rows, *, newest: bool) -> Rows:
    places = _oldest_first(rows, range(len(rows.rows)))
    if newest and rows.origins is not None:
        origins = rows.origins
        places.sort(key=lambda place: origins[place].newest_first())
    kept: dict[object, int] = {}
    for place in places:
        kept.setdefault(tuple(identity(rows.rows[place].get(name)) for name in names), place)
    return rows.chosen(sorted(kept.values()))
