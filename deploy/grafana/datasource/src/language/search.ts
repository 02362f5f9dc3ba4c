/** The search part of a query as a tree. Each node knows where it stands, so that an edit leaves the rest as it was written. */
import { Span } from './split';

export type Order = '<' | '<=' | '>' | '>=';

/** A value as it is written: `text` is what it means, unless it has wildcards. */
export interface Value {
  source: string;
  text: string;
  quoted: boolean;
  wild: boolean;
}

export type FieldTest =
  | { test: 'equals'; value: Value }
  | { test: 'one of'; values: Value[] }
  | { test: 'compare'; order: Order; value: Value }
  | { test: 'between'; low: Value; high: Value }
  | { test: 'regex'; pattern: string }
  | { test: 'present' }
  | { test: 'in query'; query: string };

export type Search = Span &
  (
    | { kind: 'everything' }
    | { kind: 'text'; value: Value }
    | { kind: 'regex'; pattern: string }
    | ({ kind: 'field'; field: string } & FieldTest)
    | { kind: 'not'; term: Search }
    | { kind: 'and' | 'or'; terms: Search[] }
    | { kind: 'group'; term: Search }
  );

export type FieldTerm = Extract<Search, { kind: 'field' }>;

/** `search` without the parentheses around it. */
export function ungrouped(search: Search): Search {
  return search.kind === 'group' ? ungrouped(search.term) : search;
}

/** The terms that must all hold; one, if there is no AND at the top. */
export function conjuncts(search: Search): Search[] {
  const inner = ungrouped(search);
  if (inner.kind === 'everything') {
    return [];
  }
  return inner.kind === 'and' ? inner.terms.flatMap(conjuncts) : [search];
}

/** A term, and whether it is negated; double negation is none. */
export function signed(term: Search): { term: Search; negated: boolean } {
  const inner = ungrouped(term);
  if (inner.kind !== 'not') {
    return { term: inner, negated: false };
  }
  const below = signed(inner.term);
  return { term: below.term, negated: !below.negated };
}
