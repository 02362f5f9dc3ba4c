"""Values and conditions of the plan in SQL. One case a form; each form's work is done in a module of its own."""

from __future__ import annotations

from logstore.model.schema import Kind
from query.plan import expressions as plan
from query.sql import compare, match
from query.sql.arithmetic import arithmetic, negative
from query.sql.bench import Bench
from query.sql.equals_any import equals_any
from query.sql.functions import FUNCTIONS
from query.sql.functions.arguments import Arguments
from query.sql.lookup import field_of
from query.sql.membership import Subqueries, contained
from query.sql.numbers import is_nan
from query.sql.statement import Notice
from query.sql.typed import (
    MISSING,
    NUMBER_KINDS,
    Typed,
    all_of,
    any_of,
    constant,
    number_constant,
    present,
    text_of,
    text_or_digits,
    typed,
)


class Expressions:
    """Works out values and conditions at one bench.

    A condition in SQL is true, or it is not true: null counts as false everywhere, so `NOT` is written `IS NOT TRUE`.
    """

    def __init__(self, bench: Bench, subqueries: Subqueries) -> None:
        self._bench = bench
        self._subqueries = subqueries

    def value(self, value: plan.Value) -> Typed:
        """The typed alternatives of a value."""
        match value:
            case plan.Constant():
                return _constant(value)
            case plan.FieldRef():
                return self.field(value)
            case plan.Call():
                return self._call(value)
            case plan.Coalesce(values):
                return self._first_present(values)
            case plan.Choose():
                return self._choice(value)
            case plan.Verdict(condition):
                return typed({Kind.BOOL: self._bench.keep(f"coalesce({self.condition(condition)}, false)")})

    def field(self, reference: plan.FieldRef) -> Typed:
        """The value of a field; QueryError when the rows' columns are settled and it is not among them."""
        return field_of(self._bench.statement, self._bench.rows, reference)

    def condition(self, condition: plan.Condition) -> str:  # noqa: C901, PLR0911, PLR0912, one case a form
        """An SQL expression that is true just where the condition is."""
        match condition:
            case plan.And(items):
                return all_of(self.condition(item) for item in items)
            case plan.Or(items):
                return any_of(self.condition(item) for item in items)
            case plan.Not(item):
                return f"({self.condition(item)}) IS NOT TRUE"
            case plan.IsTrue(value):
                return self.value(value).get(Kind.BOOL) or "false"
            case plan.IsPresent(value):
                return present(self.value(value))
            case plan.IsNan(value):
                double = self.value(value).get(Kind.FLOAT)
                return "false" if double is None else is_nan(double)
            case plan.Compare(operator, left, right):
                return compare.compare(self._bench, self.value(left), operator, self.value(right))
            case plan.NumberTest(value):
                return compare.number_test(self._bench, self.value(value), condition)
            case plan.TextTest(value):
                self._notice_quoted_number(condition)
                return compare.text_test(self.value(value), condition)
            case plan.BoolTest(value):
                return compare.bool_test(self.value(value), condition)
            case plan.LevelTest(value):
                return compare.level_test(self.value(value), condition)
            case plan.TimeTest(value):
                return compare.time_test(self.value(value), condition)
            case plan.InRows(value, query, span):
                return contained(self._bench, self.value(value), self._subqueries.column(query, span))
            case plan.EqualsAny(value, constants):
                return equals_any(self._bench, self.value(value), constants)
            case _:
                return self._text_condition(condition)

    def _notice_quoted_number(self, test: plan.TextTest) -> None:
        """Tells whoever wrote `status == "500"` that every `status` is a number, and why nothing is found."""
        if test.quoted_number is None or not isinstance(test.value, plan.FieldRef):
            return
        rows = self._bench.rows
        kinds = rows.known.get(test.value.name, frozenset())
        if kinds and kinds <= set(NUMBER_KINDS) and not rows.more_within:
            message = f'{test.value.name} holds numbers, and "{test.text}" in quotes is text'
            hint = f"write {test.text} without quotes"
            self._bench.statement.notice(Notice(message, test.quoted_number, hint))

    def _text_condition(self, condition: plan.Occurs | plan.MatchesRegex | plan.MatchesPattern) -> str:
        value = self.value(condition.value)
        if isinstance(condition, plan.Occurs):
            text = text_of(value)
            borders = {"before": condition.border_before, "after": condition.border_after}
            return "false" if text is None else match.occurs(text, condition.text, **borders)
        text = text_or_digits(value)
        if text is None:
            return "false"
        if isinstance(condition, plan.MatchesRegex):
            return match.regex(text, condition.pattern)
        return match.fits(text, condition.pieces)

    def _call(self, call: plan.Call) -> Typed:
        values = [self.value(argument) for argument in call.arguments]
        if call.function == "negative":
            return negative(self._bench, values[0])
        if call.function in {"+", "-", "*", "/", "%"}:
            return arithmetic(self._bench, call.function, *values)
        literals = tuple(argument.value if isinstance(argument, plan.Constant) else None for argument in call.arguments)
        kept = tuple(self._bench.keep_all(value) for value in values)
        return FUNCTIONS[call.function](self._bench, Arguments(kept, literals))

    def _first_present(self, values: tuple[plan.Value, ...]) -> Typed:
        first, *rest = values
        found = self._bench.keep_all(self.value(first))
        for following in rest:
            absent = self._bench.keep(f"NOT {present(found)}") if found.kinds else "true"
            with self._bench.only_where(absent):
                other = self._bench.keep_all(self.value(following))
            found = self._merged(absent, other, found)
        return found

    def _choice(self, choice: plan.Choose) -> Typed:
        holds = self._bench.keep(f"coalesce({self.condition(choice.condition)}, false)")
        with self._bench.only_where(holds):
            then = self._bench.keep_all(self.value(choice.then))
        with self._bench.only_where(f"NOT {holds}"):
            otherwise = self._bench.keep_all(self.value(choice.otherwise))
        return self._merged(holds, then, otherwise)

    def _merged(self, condition: str, then: Typed, otherwise: Typed) -> Typed:
        kinds: dict[Kind, str | None] = {}
        for kind in Kind:
            yes, no = then.get(kind), otherwise.get(kind)
            if yes is not None or no is not None:
                kinds[kind] = f"CASE WHEN {condition} THEN {yes or 'NULL'} ELSE {no or 'NULL'} END"
        return self._bench.keep_all(typed(kinds))


def _constant(value: plan.Constant) -> Typed:
    if value.value is None:
        return MISSING
    if isinstance(value.value, (int, float)) and not isinstance(value.value, bool) and value.kind is not Kind.TIME:
        return number_constant(value.value)
    return constant(value.value, value.kind)
