"""Which plans only count rows by what tallies tell of: time, tag and level, or a single field. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from logstore.model.schema import LEVEL, SEQ, TAG, TIME
from logstore.model.tally import BIN_NS
from logstore.model.timespan import NS_PER_SECOND
from query.plan import expressions as e
from query.plan import logical

_NUMBERS_OF_ROWS = frozenset({"count", "rate"})
_OF_ONE_VALUE = (
    e.IsPresent | e.NumberTest | e.TextTest | e.BoolTest | e.LevelTest | e.Occurs | e.MatchesRegex | e.MatchesPattern
    | e.EqualsAny
)  # fmt: skip
"""Tests of one value that say yes or no of any value, and of which nothing can fail."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What is looked at of the events that are counted.

    Attributes:
        groups: the values that they are grouped by.
        tested: fields that the filters look at; None: they look at more than that.
        widths_ns: widths of bins of time among the groups.
        fields: fields among the groups; None: there are other values.
    """

    groups: tuple[e.Value, ...]
    tested: frozenset[str] | None
    widths_ns: tuple[int, ...]
    fields: frozenset[str] | None

    @property
    def is_of_volume(self) -> bool:
        """Whether numbers of rows by tag, level and bin of time are enough."""
        if self.fields is None or self.tested is None or any(width % BIN_NS for width in self.widths_ns):
            return False
        return self.fields | self.tested <= {TAG, LEVEL}

    @property
    def needs_tag(self) -> bool:
        """Whether tags are told apart."""
        return TAG in (self.fields or ()) or TAG in (self.tested or ())

    @property
    def needs_level(self) -> bool:
        """Whether levels are told apart."""
        return LEVEL in (self.fields or ()) or LEVEL in (self.tested or ())

    @property
    def single_field(self) -> str | None:
        """The only field that is looked at, if it is one and of no time."""
        if self.fields is None or self.tested is None or self.widths_ns:
            return None
        named = self.fields | self.tested
        return next(iter(named)) if len(named) == 1 and not named & {TIME, SEQ} else None


def counted_of(plan: logical.Plan) -> Counted | None:
    """What a plan counts by; None when it does more than to filter and count the events of a scan."""
    match plan:
        case logical.Aggregate(_, aggregations, groups):
            if any(each.function not in _NUMBERS_OF_ROWS or each.argument is not None for each in aggregations):
                return None
            values = tuple(value for _, value in groups)
        case logical.Top(_, fields):
            values = fields
        case _:
            return None
    tested: set[str] | None = set()
    for node in filters_of(plan):
        more = None if tested is None else _tested(node.condition)
        tested = None if more is None or tested is None else tested | more
    if not _is_at_rest(plan):
        return None
    widths = tuple(width for width in map(width_of, values) if width is not None)
    names = [value.name for value in values if isinstance(value, e.FieldRef)]
    are_plain = len(names) + len(widths) == len(values) and TIME not in names
    return Counted(
        values, None if tested is None else frozenset(tested), widths, frozenset(names) if are_plain else None
    )


def filters_of(plan: logical.Plan) -> list[logical.Filter]:
    """The filters right above the scan, the first one first."""
    found: list[logical.Filter] = []
    node = plan if isinstance(plan, logical.Scan) else plan.input
    while isinstance(node, logical.Filter):
        found.append(node)
        node = node.input
    return found[::-1]


def width_of(value: e.Value) -> int | None:
    """The width of a bin of time, in nanoseconds; None when the value is none."""
    match value:
        case e.Call("bin", (e.FieldRef(name), e.Constant(width, _))) if name == TIME:
            return max(1, round(width * NS_PER_SECOND)) if isinstance(width, int | float) else None
    return None


def _is_at_rest(plan: logical.Plan) -> bool:
    """Whether there is nothing but filters between it and a scan of events at their own times."""
    node = plan
    while not isinstance(node, logical.Scan):
        node = node.input
        if not isinstance(node, logical.Filter | logical.Scan):
            return False
    return not node.moved_ns


def _tested(condition: e.Condition) -> frozenset[str] | None:
    """The fields that a condition looks at; None when it does more than simple tests of them."""
    names: set[str] = set()
    for test in _tests(condition):
        if not isinstance(test, _OF_ONE_VALUE) or not isinstance(test.value, e.FieldRef):
            return None
        names.add(test.value.name)
    return frozenset(names)


def _tests(condition: e.Condition) -> Iterator[e.Condition]:
    match condition:
        case e.And(items) | e.Or(items):
            for item in items:
                yield from _tests(item)
        case e.Not(item):
            yield from _tests(item)
        case _:
            yield condition
