"""The most frequent values of every field."""

from __future__ import annotations

from pathlib import Path

from query.sql.stage_facets import MOST_VALUES
from tests.query.sql.laid_down import Json, ask, batch, events, in_memory, part


def _short(source: object, text: str) -> list[tuple[object, ...]]:
    rows = ask(source, text).rows  # type: ignore[arg-type]
    return [(row["field"], row.get("value"), row["count"], row["share"]) for row in rows]


def test_every_field_has_its_values() -> None:
    """Fields that every event has go first; the share is of the rows that have the field, and `time` is left out."""
    source = events({"level": "warn", "a": 1}, {"level": "info", "a": 1.0, "b": "x"}, {"level": "info"}, {"a": 2})
    assert ask(source, "* | facets").columns[0] == "field"
    assert _short(source, "* | facets") == [
        ("level", "info", 2, 2 / 3),
        ("level", "warn", 1, 1 / 3),
        ("tag", "app", 4, 1.0),
        ("a", 1, 2, 2 / 3),
        ("a", 2, 1, 1 / 3),
        ("b", "x", 1, 1.0),
    ]


def test_only_so_many_are_shown() -> None:
    """Equal counts ascend by value, whatever kinds these are."""
    source = events(*({"v": value} for value in ("b", 5, Json("[]"), True, "a", 2.5)))
    assert [row[1] for row in _short(source, '* | facets 4 | where field == "v"')] == [True, 2.5, 5, "a"]


def test_facets_of_what_reaches_them() -> None:
    """Computed fields, renamed ones, and groups; nothing of no rows."""
    source = events({"a": 1, "b": 2}, {"a": 5, "b": 2})
    assert _short(source, "a:1 | let c = a + b | fields c | facets") == [("c", 3, 1, 1.0)]
    assert _short(source, "* | count by b | facets") == [("b", 2, 1, 1.0), ("count", 2, 1, 1.0)]
    assert _short(source, "a:7 | facets") == []


def test_the_same_wherever_a_field_is_kept(tmp_path: Path) -> None:
    """In columns, in the map of rare fields, in a file, or in several of these; and out of JSON text."""
    rows = [{"v": value, "message": f'{{"j": {n % 2}}}'} for n, value in enumerate((1, "x", 1, 0.5, 1.0, Json("[1]")))]
    plain = in_memory(batch(rows))
    later = [{**row, "_seq": 10 + n} for n, row in enumerate(rows[3:])]
    both = in_memory(batch(later, more=frozenset({"v"})), parts=[part(tmp_path / "p", batch(rows[:3]))])
    for text in ("* | facets", "* | json | facets"):
        assert _short(plain, text) == _short(both, text)
    assert ("j", 1, 3, 0.5) in _short(plain, "* | json | facets")


def test_a_field_of_too_many_values_is_not_listed(tmp_path: Path) -> None:
    """It has one row, which tells how often it is there; the limit is exact, and the same in columns and in the map."""
    rows = [{"id": f"id-{n}", "edge": n % MOST_VALUES, "over": n % (MOST_VALUES + 1)} for n in range(5000)]
    mapped = batch(rows, more=frozenset({"id", "over"}))
    for source in (in_memory(batch(rows)), in_memory(parts=[part(tmp_path / "p", mapped)])):
        found = _short(source, "* | facets 2")
        assert ("id", None, 5000, 1.0) in found
        assert ("over", None, 5000, 1.0) in found
        assert [row for row in found if row[0] == "edge"] == [("edge", 0, 5, 0.001), ("edge", 1, 5, 0.001)]
