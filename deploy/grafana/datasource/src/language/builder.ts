/**
 * A query as rows of a form: terms that must all hold, and stages.
 *
 * `toBuilder` gives rows only if `fromBuilder` makes of them a query that means the same; of all others the form cannot show
 * the whole, and must not change what it does not show.
 */
import { decodeFilter, encodeFilter, FilterOperator } from './filter';
import { parseSearch } from './parseSearch';
import { conjuncts, Search, signed, Value } from './search';
import { encodeField, encodeRegex, encodeText, encodeValue } from './spelling';
import { joinQuery, searchText, splitQuery } from './split';

export type FieldOperator = FilterOperator | 'like' | 'not like' | 'exists' | 'is missing';
export type TextOperator = 'contains' | 'lacks' | 'matches' | 'does not match';

export type TermRow =
  | { kind: 'field'; field: string; operator: FieldOperator; values: string[] }
  | { kind: 'text'; operator: TextOperator; text: string };

export interface StageRow {
  name: string;
  /** What stands behind its name. */
  rest: string;
}

export interface BuilderQuery {
  terms: TermRow[];
  stages: StageRow[];
}

/** The rows of a query; `undefined` if it cannot be shown as rows. */
export function toBuilder(query: string): BuilderQuery | undefined {
  const parts = splitQuery(query);
  const search = parseSearch(searchText(parts));
  if (search === undefined) {
    return undefined;
  }
  const terms = conjuncts(search).map(exactRow);
  if (terms.some((term) => term === undefined) || parts.stages.some(({ name }) => name === '')) {
    return undefined;
  }
  return { terms: terms as TermRow[], stages: parts.stages.map(({ name, rest }) => ({ name, rest })) };
}

/** The text of the rows. Rows that are not filled in yet say nothing. */
export function fromBuilder({ terms, stages }: BuilderQuery): string {
  const search = terms.filter(isFilled).map(encodeRow).join(' ');
  return joinQuery(search, stages.filter(({ name }) => name !== '').map(({ name, rest }) => `${name} ${rest}`.trim()));
}

function isFilled(row: TermRow): boolean {
  return row.kind === 'text' ? row.text !== '' : row.field !== '' && (row.values.length > 0 || !takesValue(row.operator));
}

export function takesValue(operator: FieldOperator): boolean {
  return operator !== 'exists' && operator !== 'is missing';
}

/** A row that is spelled as the very term that it was made of. */
function exactRow(term: Search): TermRow | undefined {
  const row = toRow(term);
  const again = row && isFilled(row) ? parseSearch(encodeRow(row)) : undefined;
  return again !== undefined && meaning(again) === meaning(term) ? row : undefined;
}

function toRow(term: Search): TermRow | undefined {
  const { term: inner, negated } = signed(term);
  switch (inner.kind) {
    case 'text':
      // Stars beside a word are part of how it is spelled.
      return inner.value.wild ? undefined : { kind: 'text', operator: negated ? 'lacks' : 'contains', text: inner.value.text };
    case 'regex':
      return { kind: 'text', operator: negated ? 'does not match' : 'matches', text: inner.pattern };
    case 'field':
      break;
    default:
      return undefined;
  }
  if (inner.test === 'present') {
    return { kind: 'field', field: inner.field, operator: negated ? 'is missing' : 'exists', values: [] };
  }
  if (inner.test === 'equals' && inner.value.wild) {
    return { kind: 'field', field: inner.field, operator: negated ? 'not like' : 'like', values: [inner.value.source] };
  }
  const filter = decodeFilter(term);
  return filter && { kind: 'field', field: filter.key, operator: filter.operator, values: filter.values };
}

export function encodeRow(row: TermRow): string {
  if (row.kind === 'text') {
    const sign = row.operator === 'lacks' || row.operator === 'does not match' ? '-' : '';
    return `${sign}${row.operator === 'contains' || row.operator === 'lacks' ? encodeText(row.text) : `~${encodeRegex(row.text)}`}`;
  }
  switch (row.operator) {
    case 'exists':
      return `${encodeField(row.field)}:*`;
    case 'is missing':
      return `-${encodeField(row.field)}:*`;
    case 'like':
    case 'not like':
      return `${row.operator === 'like' ? '' : '-'}${encodeField(row.field)}:${encodeWild(row.values[0])}`;
    default:
      return encodeFilter({ key: row.field, operator: row.operator, values: row.values });
  }
}

/** A value with wildcards as somebody typed it; what bare text cannot hold is made plain. */
function encodeWild(source: string): string {
  return source.replace(/\\[\s\S]|[\s"()|,:`]/g, (piece) => (piece.length === 2 ? piece : `\\${piece}`));
}

/** The same text for terms that mean the same, whatever their spelling and place. */
function meaning(search: Search): string {
  const { term, negated } = signed(search);
  return JSON.stringify([negated, term], (key, value: unknown) => {
    if (key === 'start' || key === 'end') {
      return undefined;
    }
    return isValue(value) ? valueMeaning(value) : value;
  });
}

function isValue(value: unknown): value is Value {
  return typeof value === 'object' && value !== null && 'source' in value && 'quoted' in value;
}

/** In quotes, 200 is a text only, and bare it is the number too. Words mean themselves either way. */
function valueMeaning({ text, quoted, wild, source }: Value): string {
  const isTextEitherWay = /^[A-Za-z_][\w./-]*$/.test(text) && text !== 'true' && text !== 'false';
  return wild ? `wild ${source}` : `${isTextEitherWay || (quoted && encodeValue(text).startsWith('"')) ? 'text' : quoted ? 'quoted' : 'bare'} ${text}`;
}
