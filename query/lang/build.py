"""From productions of the grammar to nodes: each method makes the node of the alternative it is named after.

Texts are decoded here. What a search term is (a word or a phrase, a value or a wildcard, a term of `time`) is decided
by `terms`; whether the tree makes sense is the business of `check`.
"""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token, Transformer, v_args

from logstore.errors import Span
from logstore.model.schema import MESSAGE
from query.lang import functions, spelling, terms
from query.lang import nodes as n
from query.lang.fault import Fault
from query.lang.functions import Takes

_DEFAULT_TOP = 10
"""What `top f` means without a number: as many as fit on a screen beside other things."""


def token_span(token: Token) -> Span:
    """Where a token stands."""
    start = token.start_pos or 0
    return Span(start, start + len(token))


def _span(part: Token | n.Node | n.Choice) -> Span:
    return token_span(part) if isinstance(part, Token) else part.span


def _over(*parts: Token | n.Node | n.Choice) -> Span:
    """From the start of the first to the end of the last."""
    return Span(_span(parts[0]).start, _span(parts[-1]).end)


def _whole(token: Token) -> int:
    """The value of an INTEGER, which may be longer than Python reads."""
    number = n.Number(str(token)).value
    if not isinstance(number, int):
        raise Fault("this number is too large", token_span(token))
    return number


@v_args(inline=True)
class Builder(Transformer[Token, n.Query]):
    """Makes nodes while the parser reduces. Holds no state."""

    def query(self, search: n.Search | None, *stages: n.Stage) -> n.Query:
        """`SEARCH | STAGE | ...`; an empty search is everything."""
        parts = [search, *stages] if search is not None else list(stages)
        span = _over(*parts) if parts else n.NOWHERE
        start = Span(span.start, span.start)
        return n.Query(n.Everything(start) if search is None else search, stages, span)

    # Search

    def any_term(self, *parts: n.Search) -> n.Search:
        """`a OR b`."""
        return n.Or(parts, _over(*parts))

    def all_terms(self, *parts: n.Search) -> n.Search:
        """`a b`, `a AND b`."""
        return n.And(parts, _over(*parts))

    def not_term(self, sign: Token, term: n.Search) -> n.Search:
        """`-a`, `NOT a`."""
        return n.Not(term, _over(sign, term))

    def bare(self, token: Token) -> n.Search:
        """A term without quotes."""
        return terms.bare_term(str(token), token_span(token))

    def phrase(self, token: Token) -> n.Search:
        """`"a phrase"`."""
        return terms.text_term(spelling.decode_quoted(token, _span(token).start), token_span(token))

    def message_regex(self, token: Token) -> n.Search:
        """`~"re"`."""
        regex = self._regex(token)
        return n.MessageRegex(regex, regex.span)

    def _regex(self, token: Token) -> n.Regex:
        return n.Regex(spelling.decode_regex(token.removeprefix("~")), token_span(token))

    def field(self, token: Token) -> n.Field:
        """The name of a field, with its colon."""
        span = Span(_span(token).start, _span(token).end - 1)
        source = token[:-1]
        if source.startswith("`"):
            return n.Field(spelling.decode_quoted(source, span.start), span)
        return n.Field("".join(str(piece) for piece in spelling.decode_bare(source)), span)

    def value(self, token: Token) -> n.Choice:
        """The value of a field test: a `Value`, or a `Pattern` if it has wildcards."""
        span = token_span(token)
        if token.startswith('"'):
            return n.Value(spelling.decode_quoted(token, span.start), quoted=True, span=span)
        pieces = spelling.decode_bare(token)
        if all(isinstance(piece, str) for piece in pieces):
            return n.Value(str(pieces[0]), span=span)
        return n.Pattern(pieces, span)

    choice = value

    def equals(self, field: n.Field, value: n.Choice) -> n.Search:
        """`field:value`."""
        return terms.equals_term(field, value, _over(field, value))

    def between_values(self, field: n.Field, low: n.Choice, high: n.Choice) -> n.Search:
        """`field:low..high`."""
        return terms.range_term(field, low, high, _over(field, high))

    def compare(self, field: n.Field, op: Token, value: n.Choice) -> n.Search:
        """`field:>=value`."""
        return terms.compare_term(field, terms.ORDERS[op], value, _over(field, value))

    def field_regex(self, field: n.Field, token: Token) -> n.Search:
        """`field:~"re"`."""
        terms.refuse_time(field, _over(field, token))
        return n.FieldRegex(field, self._regex(token), _over(field, token))

    def one_of(self, field: n.Field, *rest: n.Choice | Token) -> n.Search:
        """`field:(a, b)`."""
        *choices, close = rest
        return terms.one_of_term(field, [c for c in choices if not isinstance(c, Token)], _over(field, close))

    def in_query(self, field: n.Field, query: n.Query, close: Token) -> n.Search:
        """`field:in(query)`."""
        terms.refuse_time(field, _over(field, close))
        return n.FieldIn(field, query, _over(field, close))

    # Stages

    def where(self, keyword: Token, condition: n.Expression) -> n.Stage:
        """`where EXPR`."""
        return n.Where(condition, _over(keyword, condition))

    def let(self, keyword: Token, *assignments: n.Assignment) -> n.Stage:
        """`let x = EXPR, ...`."""
        return n.Let(assignments, _over(keyword, *assignments))

    def assignment(self, target: n.Field, value: n.Expression) -> n.Assignment:
        """`x = EXPR`."""
        return n.Assignment(target, value, _over(target, value))

    def parse(self, keyword: Token, *rest: Token | n.Field | None) -> n.Stage:
        """`parse "took <ms:number>ms" from f`, `parse ~"(?P<n>...)" from f`."""
        *signs, pattern, source = rest
        if not isinstance(pattern, Token):
            raise TypeError(pattern)
        made = self._regex(pattern) if signs else self.string(pattern)
        end = source if isinstance(source, n.Field) else pattern
        return n.Parse(made, _source(source), _over(keyword, end))

    def unpack(self, keyword: Token, source: n.Field | None, prefix: n.Field | None) -> n.Stage:
        """`json f as prefix`, `logfmt f as prefix`."""
        form: n.TextForm = "json" if keyword.type == "JSON" else "logfmt"
        return n.Unpack(form, _source(source), prefix, _over(keyword, prefix or source or keyword))

    def fields(self, keyword: Token, *choices: n.FieldChoice) -> n.Stage:
        """`fields a, b*`."""
        return n.Fields(choices, _over(keyword, *choices))

    def drop(self, keyword: Token, *choices: n.FieldChoice) -> n.Stage:
        """`drop a, b*`."""
        return n.Drop(choices, _over(keyword, *choices))

    def field_choice(self, token: Token) -> n.FieldChoice:
        """A name, or a start of names."""
        if not token.endswith("*"):
            return self.name(token)
        return n.FieldPrefix(_decode_name(token[:-1], _span(token).start), token_span(token))

    def rename(self, keyword: Token, *renamings: n.Renaming) -> n.Stage:
        """`rename a as b, ...`."""
        return n.Rename(renamings, _over(keyword, *renamings))

    def renaming(self, old: n.Field, new: n.Field) -> n.Renaming:
        """`a as b`."""
        return n.Renaming(old, new, _over(old, new))

    def stats(self, keyword: Token, *rest: n.Aggregation | Sequence[n.Grouping] | None) -> n.Stage:
        """`stats AGG, ... by EXPR, ...`."""
        aggregations = tuple(part for part in rest if isinstance(part, n.Aggregation))
        by = rest[-1] if isinstance(rest[-1], tuple) else ()
        return n.Stats(aggregations, by, _over(keyword, *aggregations, *by))

    def count(self, keyword: Token, by: tuple[n.Grouping, ...] | None) -> n.Stage:
        """`count by EXPR, ...`."""
        return n.Count(by or (), _over(keyword, *(by or ())))

    def by(self, *groupings: n.Grouping) -> tuple[n.Grouping, ...]:
        """`by EXPR, ...`."""
        return groupings

    def aggregation(self, call: n.Call, alias: n.Field | None) -> n.Aggregation:
        """`AGG as n`."""
        return n.Aggregation(call, alias, _over(call, alias or call))

    def grouping(self, key: n.Expression, alias: n.Field | None) -> n.Grouping:
        """`EXPR as n`."""
        return n.Grouping(key, alias, _over(key, alias or key))

    def top(self, keyword: Token, limit: Token | None, *fields: n.Field) -> n.Stage:
        """`top N f, ...`."""
        return n.Top(_DEFAULT_TOP if limit is None else _whole(limit), fields, _over(keyword, *fields))

    def rare(self, keyword: Token, limit: Token | None, *fields: n.Field) -> n.Stage:
        """`rare N f, ...`."""
        return n.Rare(_DEFAULT_TOP if limit is None else _whole(limit), fields, _over(keyword, *fields))

    def sort(self, keyword: Token, *keys: n.SortKey) -> n.Stage:
        """`sort f, -g`."""
        return n.Sort(keys, _over(keyword, *keys))

    def sort_key(self, sign: Token | None, field: n.Field) -> n.SortKey:
        """`f`, `-f`."""
        return n.SortKey(field, sign is not None, _over(sign or field, field))

    def limit(self, keyword: Token, count: Token) -> n.Stage:
        """`limit N`."""
        return n.Limit(_whole(count), _over(keyword, count))

    def dedup(self, keyword: Token, *rest: n.Field | Token) -> n.Stage:
        """`dedup f, ... [keep newest]`."""
        fields = tuple(part for part in rest if isinstance(part, n.Field))
        return n.Dedup(fields, isinstance(rest[-1], Token), _over(keyword, rest[-1]))

    def facets(self, keyword: Token, limit: Token | None) -> n.Stage:
        """`facets N`."""
        return n.Facets(_DEFAULT_TOP if limit is None else _whole(limit), _over(keyword, limit or keyword))

    def sample(self, keyword: Token, count: Token) -> n.Stage:
        """`sample N`."""
        return n.Sample(_whole(count), _over(keyword, count))

    def sessions(self, keyword: Token, field: n.Field, gap: Token) -> n.Stage:
        """`sessions f gap 30s`."""
        length = terms.number_literal(str(gap), token_span(gap))
        return n.Sessions(field, length, _over(keyword, gap))

    def union(self, keyword: Token, query: n.Query, close: Token) -> n.Stage:
        """`union (query)`."""
        return n.Union(query, _over(keyword, close))

    def join(self, keyword: Token, left: Token | None, query: n.Query, _: Token, *fields: n.Field) -> n.Stage:
        """`join [left] (query) on f, ...`."""
        return n.Join(query, fields, left is not None, _over(keyword, *fields))

    def patterns(self, keyword: Token, field: n.Field | None) -> n.Stage:
        """`patterns [f]`."""
        return n.Patterns(field or n.Field(MESSAGE, token_span(keyword)), _over(keyword, field or keyword))

    def compare_with(self, keyword: Token, length: Token) -> n.Stage:
        """`compare 1d`."""
        return n.Compare(terms.number_literal(str(length), token_span(length)), _over(keyword, length))

    def context(self, keyword: Token, *rest: Token | n.Field) -> n.Stage:
        """`context N`, `context -N +M`, `context +M by f, ...`."""
        fields = tuple(part for part in rest if isinstance(part, n.Field))
        lines = [part for part in rest if isinstance(part, Token)]
        if len(lines) == 1:
            return n.Context(_whole(lines[0]), _whole(lines[0]), fields, _over(keyword, rest[-1]))
        signed = {str(sign): _whole(number) for sign, number in zip(lines[::2], lines[1::2], strict=True)}
        return n.Context(signed.get("-", 0), signed.get("+", 0), fields, _over(keyword, rest[-1]))

    # Expressions

    def name(self, token: Token) -> n.Field:
        """A field."""
        return n.Field(_decode_name(token, _span(token).start), token_span(token))

    def disjunction(self, *operands: n.Expression) -> n.Expression:
        """`a or b`."""
        return n.Disjunction(operands, _over(*operands))

    def conjunction(self, *operands: n.Expression) -> n.Expression:
        """`a and b`."""
        return n.Conjunction(operands, _over(*operands))

    def negation(self, sign: Token, operand: n.Expression) -> n.Expression:
        """`not a`."""
        return n.Negation(operand, _over(sign, operand))

    def comparison(self, left: n.Expression, op: Token, right: n.Expression) -> n.Expression:
        """`a < b`."""
        return n.Comparison(terms.COMPARATORS[op], left, right, _over(left, right))

    def matches(self, operand: n.Expression, op: Token, regex: Token) -> n.Expression:
        """`a ~ "re"`, `a !~ "re"`."""
        return n.Matches(operand, self._regex(regex), op == "!~", _over(operand, regex))

    def like(self, operand: n.Expression, pattern: Token) -> n.Expression:
        """`a like "x%"`."""
        return n.Like(operand, self.string(pattern), _over(operand, pattern))

    def in_list(self, operand: n.Expression, negated: Token | None, *rest: n.Expression | Token) -> n.Expression:
        """`a in (x, y)`, `a not in (x, y)`."""
        choices = tuple(part for part in rest if not isinstance(part, Token))
        return n.InList(operand, choices, negated is not None, _over(operand, rest[-1]))

    def between(self, operand: n.Expression, low: n.Expression, high: n.Expression) -> n.Expression:
        """`a between low and high`."""
        return n.Between(operand, low, high, _over(operand, high))

    def is_null(self, operand: n.Expression, negated: Token | None, null: Token) -> n.Expression:
        """`a is null`, `a is not null`."""
        return n.IsNull(operand, negated is not None, _over(operand, null))

    def coalesce(self, *operands: n.Expression) -> n.Expression:
        """`a ?? b`."""
        return n.Coalesce(operands, _over(*operands))

    def arithmetic(self, left: n.Expression, op: Token, right: n.Expression) -> n.Expression:
        """`a + b`."""
        return n.Arithmetic(terms.ARITHMETIC[op], left, right, _over(left, right))

    def negative(self, sign: Token, operand: n.Expression) -> n.Expression:
        """`-a`; of a number without a sign, a number."""
        span = _over(sign, operand)
        if isinstance(operand, n.Number) and not operand.text.startswith("-"):
            return n.Number(f"-{operand.text}", span)
        return n.Negative(operand, span)

    def number(self, token: Token) -> n.Expression:
        """A JSON number, a duration or a size."""
        return terms.number_literal(str(token), token_span(token))

    def string(self, token: Token) -> n.String:
        """`"text"`."""
        return n.String(spelling.decode_quoted(token, _span(token).start), token_span(token))

    def true(self, token: Token) -> n.Expression:
        """`true`."""
        return n.Bool(value=True, span=token_span(token))

    def false(self, token: Token) -> n.Expression:
        """`false`."""
        return n.Bool(value=False, span=token_span(token))

    def null(self, token: Token) -> n.Expression:
        """`null`."""
        return n.Null(token_span(token))

    def quoted_argument(self, token: Token) -> Token:
        """A lone text as an argument: a string or a regular expression, as `call` knows."""
        return token

    def call(self, name: Token, *rest: n.Expression | Token) -> n.Call:
        """`name(a, b)`."""
        *args, close = rest
        takes = _takes(str(name), len(args))
        built = (self._settled(arg, kind) for arg, kind in zip(args, takes, strict=True))
        return n.Call(str(name), tuple(built), _over(name, close))

    def _settled(self, arg: n.Expression | Token, takes: Takes) -> n.Expression | n.Regex:
        if not isinstance(arg, Token):
            return arg
        return self._regex(arg) if takes is Takes.REGEX else self.string(arg)


def _source(given: Token | n.Field | None) -> n.Field:
    """What a stage takes apart when the query does not say."""
    return given if isinstance(given, n.Field) else n.Field(MESSAGE)


def _decode_name(source: str, start: int) -> str:
    return spelling.decode_quoted(source, start) if source.startswith("`") else str(source)


def _takes(name: str, count: int) -> Sequence[Takes]:
    """What the arguments of a call are for; plain values if there is no such function, which `check` will tell."""
    function = functions.FUNCTIONS.get(name)
    form = None if function is None else function.form(count)
    return [Takes.VALUE] * count if form is None else [parameter.takes for parameter in form]
