"""Tests of logstore.app.formats.table and event_line."""

from logstore.app.formats.table import TableWriter
from logstore.model.schema import Kind
from tests.logstore.app.formats.answers import answer, events, written


def test_events_are_lines_with_their_other_fields_after_the_message():
    """Aligned time, level, tag and message, then name=value; control characters are harmless."""
    shape, batch = events()
    assert written(TableWriter(), shape, batch).decode().splitlines() == [
        (
            r'1969-12-31T23:59:59.999Z error app.web say "hi"\n\x1b[31mred status=200 big=18446744073709551615'
            r" took=5.0 list=[1,NaN,123456789012345678901] rare=x inf=-Infinity"
        ),
        '2026-11-22T10:00:00.000Z       t       plain status="4 2" took=NaN',
    ]


def test_lines_without_any_level_have_no_place_for_it_and_long_tags_do_not_indent_the_others():
    """On 80 columns every space before the message counts."""
    shape, batch = answer(
        ("time", Kind.TIME, [1_795_341_600_123_456_789] * 2),
        ("level", Kind.TEXT, [None, None]),
        ("tag", Kind.TEXT, ["kube.var.log.containers.checkout-6f7d", "t"]),
        ("message", Kind.TEXT, ["one", "two"]),
    )
    assert written(TableWriter(), shape, batch).decode().splitlines() == [
        "2026-11-22T10:00:00.123Z kube.var.log.containers.checkout-6f7d one",
        "2026-11-22T10:00:00.123Z t                        two",
    ]


def test_other_results_are_aligned_columns_with_numbers_to_the_right():
    """Wide characters count as the two cells that they fill."""
    shape, batch = answer(("path", Kind.TEXT, ["/a", "日本"]), ("count", Kind.INT, [7, 12345]))
    assert written(TableWriter(), shape, batch).decode() == ("path  count\n────  ─────\n/a        7\n日本  12345\n")


def test_floats_of_results_are_short():
    """Three decimals from 1 on, four significant digits below; what is not finite stays what it is."""
    values = [15465.701879999933, 0.5007845774490025, 1e-9 / 3, -2.0, float("nan"), float("inf"), None]
    shape, batch = answer(("share", Kind.FLOAT, values))
    lines = written(TableWriter(), shape, batch).decode().splitlines()[2:]
    assert [line.strip() for line in lines] == ["15465.702", "0.5008", "3.333e-10", "-2.0", "NaN", "Infinity", ""]


def test_times_of_results_are_cut_to_milliseconds():
    """Bins of a minute would drag nine zeros along; the other formats have every digit."""
    shape, batch = answer(("time", Kind.TIME, [1_795_341_600_000_000_000, None]), ("count", Kind.INT, [1, 2]))
    lines = written(TableWriter(), shape, batch).decode().splitlines()
    assert lines[2:] == ["2026-11-22T10:00:00.000Z      1", "                              2"]


def test_colours_are_used_only_when_wanted():
    """Levels are coloured on request; without it there is no escape sequence at all."""
    shape, batch = events()
    assert b"\x1b[31merror\x1b[0m" in written(TableWriter(colour=True), shape, batch)
    assert b"\x1b" not in written(TableWriter(), shape, batch)
