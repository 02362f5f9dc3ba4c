"""What an event must be like to get through the filters right above a scan: what pruning goes by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from logstore.model.schema import TAG, Kind
from query.plan import expressions as plan
from query.plan.logical import Filter, Plan, Scan

ANY_KIND = frozenset(Kind)
_NUMBERS = frozenset((Kind.INT, Kind.UINT, Kind.FLOAT))
_TEXTS = frozenset((Kind.TEXT, Kind.JSON))
_SPELLED = frozenset((Kind.TEXT, Kind.JSON, Kind.INT, Kind.UINT))


@dataclass(frozen=True, slots=True)
class Demand:
    """Necessary conditions; an event that fails one is certainly filtered out.

    Attributes:
        tags: its tag is one of these; None: any.
        kinds: each of these fields is present with a value of one of the kinds.
        never: no event gets through.
    """

    tags: frozenset[str] | None = None
    kinds: Mapping[str, frozenset[Kind]] = field(default_factory=dict)
    never: bool = False

    def and_also(self, other: Demand) -> Demand:
        """Both hold."""
        tags = self.tags if other.tags is None else other.tags if self.tags is None else self.tags & other.tags
        kinds = {
            name: self.kinds.get(name, ANY_KIND) & other.kinds.get(name, ANY_KIND)
            for name in (*self.kinds, *other.kinds)
        }
        return Demand(tags, kinds, self.never or other.never)

    def or_else(self, other: Demand) -> Demand:
        """At least one holds."""
        if self.never or other.never:
            return self if other.never else other
        tags = None if self.tags is None or other.tags is None else self.tags | other.tags
        kinds = {name: kinds | other.kinds[name] for name, kinds in self.kinds.items() if name in other.kinds}
        return Demand(tags, kinds)


def demand_of_scan(node: Plan) -> Demand:
    """What the filters on top of a scan demand of its events; `node` is the topmost of them, or the scan."""
    demand = Demand()
    while isinstance(node, Filter):
        demand = demand.and_also(demand_of(node.condition))
        node = node.input
    if not isinstance(node, Scan):
        raise TypeError(node)
    return demand


def demand_of(condition: plan.Condition) -> Demand:  # noqa: PLR0911, one case a form
    """What a condition demands of an event."""
    match condition:
        case plan.And(items):
            demand = Demand()
            for item in items:
                demand = demand.and_also(demand_of(item))
            return demand
        case plan.Or(items):
            demand = Demand(never=True)
            for item in items:
                demand = demand.or_else(demand_of(item))
            return demand
        case plan.Compare(_, left, right):
            return _present(left, ANY_KIND).and_also(_present(right, ANY_KIND))
        case plan.TextTest(plan.FieldRef(name), "==", text) if name == TAG:
            return Demand(frozenset((text,)))
        case plan.EqualsAny(plan.FieldRef(name), constants) if name == TAG:
            return Demand(frozenset(str(each.value) for each in constants if each.kind in _TEXTS))
        case plan.EqualsAny(_, ()):
            return Demand(never=True)
        case plan.Not():
            return Demand()
    return _present(condition.value, _kinds_for(condition))


_KINDS_OF_TEST: dict[type[plan.Condition], frozenset[Kind]] = {
    plan.NumberTest: _NUMBERS,
    plan.TextTest: _TEXTS,
    plan.Occurs: _TEXTS,
    plan.MatchesRegex: _SPELLED,
    plan.MatchesPattern: _SPELLED,
    plan.BoolTest: frozenset((Kind.BOOL,)),
    plan.IsTrue: frozenset((Kind.BOOL,)),
    plan.LevelTest: frozenset((Kind.TEXT,)),
    plan.TimeTest: frozenset((Kind.TIME,)),
    plan.IsNan: frozenset((Kind.FLOAT,)),
}


def _kinds_for(condition: plan.Condition) -> frozenset[Kind]:
    """The kinds of value on which a test of one value can be true."""
    kinds = _KINDS_OF_TEST.get(type(condition), ANY_KIND)
    reads_text = isinstance(condition, plan.NumberTest) and condition.read_text
    return kinds | {Kind.TEXT} if reads_text else kinds


def _present(value: plan.Value, kinds: frozenset[Kind]) -> Demand:
    return Demand(kinds={value.name: kinds}) if isinstance(value, plan.FieldRef) else Demand()
