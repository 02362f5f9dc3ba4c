/** Queries as all log data sources understand them, so that they survive a change of the data source: labels and their values. */
import { AbstractLabelMatcher, AbstractLabelOperator, AbstractQuery } from '@grafana/data';
import { decodeFilter, encodeFilter, Filter, FilterOperator } from '../language/filter';
import { parseSearch } from '../language/parseSearch';
import { conjuncts } from '../language/search';
import { escapeRegex } from '../language/spelling';
import { searchText, splitQuery } from '../language/split';
import { LogstoreQuery } from '../types';

const OPERATORS: Record<AbstractLabelOperator, FilterOperator> = {
  [AbstractLabelOperator.Equal]: '=',
  [AbstractLabelOperator.NotEqual]: '!=',
  [AbstractLabelOperator.EqualRegEx]: '=~',
  [AbstractLabelOperator.NotEqualRegEx]: '!~',
};

export function fromAbstract({ refId, labelMatchers }: AbstractQuery): LogstoreQuery {
  return { refId, expr: labelMatchers.map((matcher) => encodeFilter(toFilter(matcher))).join(' ') || '*', queryType: 'logs' };
}

function toFilter({ name, operator, value }: AbstractLabelMatcher): Filter {
  // There, an expression fits the whole value; here, any part of it.
  const isRegex = operator === AbstractLabelOperator.EqualRegEx || operator === AbstractLabelOperator.NotEqualRegEx;
  return { key: name, operator: OPERATORS[operator], values: [isRegex ? `^(?:${value})$` : value] };
}

export function toAbstract({ refId, expr }: LogstoreQuery): AbstractQuery {
  const search = parseSearch(searchText(splitQuery(expr ?? '')));
  const filters = (search === undefined ? [] : conjuncts(search)).map(decodeFilter);
  return { refId, labelMatchers: filters.filter((filter) => filter !== undefined).flatMap(toMatcher) };
}

function toMatcher({ key: name, operator, values }: Filter): AbstractLabelMatcher[] {
  switch (operator) {
    case '=':
      return [{ name, operator: AbstractLabelOperator.Equal, value: values[0] }];
    case '!=':
      return [{ name, operator: AbstractLabelOperator.NotEqual, value: values[0] }];
    case '=~':
      return [{ name, operator: AbstractLabelOperator.EqualRegEx, value: whole(values[0]) }];
    case '!~':
      return [{ name, operator: AbstractLabelOperator.NotEqualRegEx, value: whole(values[0]) }];
    case '=|':
      return [{ name, operator: AbstractLabelOperator.EqualRegEx, value: values.map(escapeRegex).join('|') }];
    case '!=|':
      return [{ name, operator: AbstractLabelOperator.NotEqualRegEx, value: values.map(escapeRegex).join('|') }];
    default:
      return [];
  }
}

function whole(pattern: string): string {
  return /^\^\(\?:([\s\S]*)\)\$$/.exec(pattern)?.[1] ?? `.*(?:${pattern}).*`;
}
