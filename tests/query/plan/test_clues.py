"""What a search needs to find, and which row groups that leaves."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field

import pytest

from logstore.model.schema import FIXED_COLUMNS, Column, Kind
from logstore.model.snapshot import Part, RowGroup, Snapshot
from logstore.model.timespan import EVERYTHING
from query.lang.parse import parse
from query.plan.clues import NOTHING, All, Any, clue_of_scan
from query.plan.demand import demand_of_scan
from query.plan.explain import explain_pruning
from query.plan.lower import lower
from query.plan.prune import Bounds, Pruned, Reason, Search, prune
from query.plan.slices import slices_of
from query.plan.survey import Findings, Survey

PART = Part(
    path="/p",
    generation=1,
    rows=40,
    bytes=100,
    time_min_ns=0,
    time_max_ns=399,
    seq_min=1,
    seq_max=40,
    columns=(
        *FIXED_COLUMNS,
        Column("id", "id", Kind.TEXT),
        Column("n", "n", Kind.INT),
        Column("n#text", "n", Kind.TEXT),
        Column("j", "j", Kind.JSON),
    ),
    has_more=False,
    tags=None,
    row_groups=tuple(RowGroup(place * 10, 10, place * 100, place * 100 + 99) for place in range(4)),
)


@dataclass(eq=False)
class Told:
    """An index that knows of a few texts, by (column, text), in which row groups they are."""

    words: dict[str, int] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)
    values: dict[tuple[str, str], int] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    passed: int = 0

    def index_of(self, _: Part) -> Told:
        """The same for all parts."""
        return self

    def left_out(self, row_groups: int) -> None:
        """Counts."""
        self.passed += row_groups

    def with_word(self, column: str, word: str) -> int | None:
        """A word of the message."""
        self.asked.append(("word", word))
        return self.words.get(word, 0) if column == "message" else None

    def with_text(self, column: str, text: str) -> int | None:
        """Characters of the message."""
        self.asked.append(("text", text))
        return self.texts.get(text) if column == "message" else None

    def with_value(self, column: str, value: str) -> int | None:
        """A value of another column."""
        self.asked.append(("value", value))
        return None if column == "message" else self.values.get((column, value), 0)


def pruned(text: str, told: Told, part: Part = PART) -> Pruned:
    """What is left for a search."""
    plan = lower(parse(text), 0, EVERYTHING)
    search = Search(demand_of_scan(plan), clue_of_scan(plan), Survey(told))
    return prune(Snapshot(100, (part,)), Bounds(EVERYTHING, 100), search)


def left(text: str, told: Told, part: Part = PART) -> list[int]:
    """The numbers of the row groups that are left."""
    found = pruned(text, told, part)
    return [group.first_row // 10 for each in found.parts for group in found.row_groups_of(each)]


KNOWN = Told(
    words={"refused": 0b0011, "connection": 0b0110, "timeout": 0b1000, "10": 0b1111, "0": 0b1110, "1": 0b0111},
    texts={"connection refused": 0b0010, "onnection": 0b0111},
    values={("id", "x"): 0b0101, ("n#text", "7"): 0b0001, ("n#text", "7a"): 0b0001, ("j", "[1]"): 0b1000},
)


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("refused", [0, 1]),
        ("REFUSED", [0, 1]),
        ("absent", []),
        ("refused connection", [1]),
        ("refused OR timeout", [0, 1, 3]),
        ('"connection refused"', [1]),
        ("10.0.0.1", [1, 2]),
        ("conn*", [0, 1, 2, 3]),
        ("*onnection*", [0, 1, 2]),
        ('"refused" -timeout', [0, 1]),
        ("-refused", [0, 1, 2, 3]),
        ("refused OR -timeout", [0, 1, 2, 3]),
        ("id:x", [0, 2]),
        ("id:(x, y)", [0, 2]),
        ("id:x*", [0, 1, 2, 3]),
        ("id:x refused", [0]),
        ("n:7", [0, 1, 2, 3]),
        ("n:7a", [0]),
        ('j:"[1]"', [3]),
        ("message:*refused*", [0, 1, 2, 3]),
        ('message:"refused"', [0, 1]),
        ('* | where message like "%, refused, %"', [0, 1]),
        (r'~"(refused|timeout)"', [0, 1, 2, 3]),
        (r'~"^refused\s"', [0, 1]),
        (r'~"^(refused|x) timeout$"', [3]),
        ('* | where message == "refused"', [0, 1]),
        ('* | where id in ("x", "z")', [0, 2]),
        ("absent:x", []),
        ("*", [0, 1, 2, 3]),
    ],
)
def test_row_groups_that_are_left(text, groups):
    """By words, phrases, pieces of text and values; where nothing is known, all."""
    assert left(text, KNOWN) == groups


def test_fields_beside_the_columns_may_be_anything():
    """What is kept in `_more` is not indexed."""
    more = Part(**{name: getattr(PART, name) for name in Part.__slots__} | {"has_more": True})
    assert left("absent:x", KNOWN, more) == [0, 1, 2, 3]
    assert left("id:x", KNOWN, more) == [0, 2]


def test_parts_without_any_row_group_are_left_out_and_told():
    """With the reason; and what is left of others in numbers."""
    told = Told(words={"refused": 0b0011})
    nothing = pruned("absent", told)
    assert (nothing.parts, nothing.reasons, nothing.passed) == ((), {Reason.INDEX: 1}, 4)
    assert "left out, the word index rules it out: 1" in explain_pruning([nothing])
    some = pruned("refused", told)
    assert (some.rows, some.row_groups, some.passed) == (20, (2, 4), 2)
    assert "2 row groups left out by the word index" in explain_pruning([some])
    assert told.passed == 6


def test_slices_go_by_what_is_left():
    """No slice ends at a row group that is not read."""
    assert len(list(slices_of(pruned("refused", KNOWN), EVERYTHING))) == 1


def test_a_question_asks_once():
    """However often a statement is made of it."""
    told, plan = Told(words={"refused": 0b0011}), lower(parse("refused"), 0, EVERYTHING)
    survey = Survey(told)
    assert [survey.asking(clue_of_scan(plan))(PART) for _ in range(3)] == [0b0011] * 3
    assert told.asked == [("word", "refused")]


def test_the_next_question_asks_nothing():
    """What an index told is good for as long as it is held; one that was made again is asked itself."""
    first, second = Told(words={"refused": 0b0011}), Told(words={"refused": 0b0001})
    findings = Findings()
    assert [found("refused", told, findings) for told in (first, first, second, first)] == [3, 3, 1, 3]
    assert (first.asked, second.asked) == ([("word", "refused")],) * 2
    assert first.passed == 3 * 2


def test_what_an_index_told_goes_with_it():
    """Indexes that are closed leave nothing behind, and of many clues those asked last stay."""
    findings, told = Findings(), Told(words={"refused": 0b0011})
    clue = clue_of_scan(lower(parse("refused"), 0, EVERYTHING))
    found("refused", told, findings)
    assert len(findings.about(clue)) == 1
    for number in range(200):
        found(f"other{number}", told, findings)
    assert len(findings.about(clue)) == 0
    found("refused", told, findings)
    del told
    gc.collect()
    assert len(findings.about(clue)) == 0


def test_long_clues_are_not_remembered():
    """Else some long questions would fill the memory; they are asked again each time."""
    told, findings = Told(words={"refused": 0b0011}), Findings()
    text = " OR ".join(["refused", *(f"({n} x{n})" for n in range(130))])
    clue = clue_of_scan(lower(parse(text), 0, EVERYTHING))
    assert [found(text, told, findings) for _ in range(2)] == [0b0011] * 2
    assert told.asked.count(("word", "refused")) == 2
    assert len(findings.about(clue)) == 0


def found(text: str, told: Told, findings: Findings) -> int | None:
    """The row groups that a question of its own finds."""
    return Survey(told, findings).asking(clue_of_scan(lower(parse(text), 0, EVERYTHING)))(PART)


def test_clues_that_need_nothing_are_one_value():
    """So that no index is opened for them."""
    for text in ("*", "-a", "n:>5", 'a OR ~".*"', "time:1h"):
        assert clue_of_scan(lower(parse(text), 0, EVERYTHING)) == NOTHING
    assert isinstance(clue_of_scan(lower(parse("a b"), 0, EVERYTHING)), All)
    assert isinstance(clue_of_scan(lower(parse("a OR b"), 0, EVERYTHING)), Any)
