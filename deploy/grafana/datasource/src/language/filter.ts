/** One test of one field, as a click on a value makes it, and how it is written as a term of a search. */
import { FieldTerm, Search, signed } from './search';
import { encodeField, encodeQuoted, encodeRegex, encodeValue } from './spelling';

export type FilterOperator = '=' | '!=' | '=~' | '!~' | '=|' | '!=|' | '<' | '<=' | '>' | '>=';

export interface Filter {
  key: string;
  operator: FilterOperator;
  /** More than one only for one-of. */
  values: string[];
}

/** The opposite, where one is written by a sign alone. */
const OPPOSITE: Partial<Record<FilterOperator, FilterOperator>> = {
  '=': '!=',
  '!=': '=',
  '=~': '!~',
  '!~': '=~',
  '=|': '!=|',
  '!=|': '=|',
};

export function opposite(filter: Filter): Filter | undefined {
  const operator = OPPOSITE[filter.operator];
  return operator === undefined ? undefined : { ...filter, operator };
}

/** The term of a search for a filter: `-service:(a, b)`. */
export function encodeFilter({ key, operator, values }: Filter): string {
  const sign = operator.startsWith('!') ? '-' : '';
  return `${sign}${encodeField(key)}:${encodeTest(key, operator, values)}`;
}

function encodeTest(key: string, operator: FilterOperator, values: string[]): string {
  const first = values[0] ?? '';
  switch (operator) {
    case '=~':
    case '!~':
      return `~${encodeRegex(first)}`;
    case '<':
    case '<=':
    case '>':
    case '>=':
      return `${operator}${encodeValue(first, key === 'time')}`;
    case '=|':
    case '!=|':
      return values.length === 0 ? encodeQuoted('') : encodeValues(values);
    default:
      return encodeValue(first, key === 'time');
  }
}

/** `a`, or `(a, "b c")` for more than one. */
export function encodeValues(values: string[]): string {
  const spelled = values.map((value) => encodeValue(value));
  return spelled.length === 1 ? spelled[0] : `(${spelled.join(', ')})`;
}

/** The filter that a term is, or `undefined` if no filter says it. */
export function decodeFilter(term: Search): Filter | undefined {
  const { term: inner, negated } = signed(term);
  if (inner.kind !== 'field') {
    return undefined;
  }
  const positive = decodeTest(inner);
  return negated && positive !== undefined ? opposite(positive) : positive;
}

function decodeTest(term: FieldTerm): Filter | undefined {
  const key = term.field;
  switch (term.test) {
    case 'equals':
      return term.value.wild ? undefined : { key, operator: '=', values: [term.value.text] };
    case 'one of':
      return term.values.some((value) => value.wild)
        ? undefined
        : { key, operator: '=|', values: term.values.map((value) => value.text) };
    case 'compare':
      return { key, operator: term.order, values: [term.value.text] };
    case 'regex':
      return { key, operator: '=~', values: [term.pattern] };
    default:
      return undefined;
  }
}

/** Whether two filters say the same. A list of one is that one; the order of a list says nothing. */
export function sameFilter(one: Filter, other: Filter): boolean {
  return JSON.stringify(normal(one)) === JSON.stringify(normal(other));
}

function normal({ key, operator, values }: Filter): Filter {
  const single = values.length === 1 && operator.endsWith('|');
  return { key, operator: single ? (operator.slice(0, -1) as FilterOperator) : operator, values: [...values].sort() };
}
