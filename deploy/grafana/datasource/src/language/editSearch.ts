/**
 * Adds terms to the search of a query, takes them away, and tells whether they are there.
 *
 * Edits are made in the tree and cut out of the text by place: what the user wrote stays as it was. A query that cannot be read
 * stays as it is.
 */
import { decodeFilter, encodeFilter, Filter, opposite, sameFilter } from './filter';
import { parseSearch } from './parseSearch';
import { conjuncts, Search, ungrouped } from './search';
import { searchText, splitQuery } from './split';

/** Adds a term that must hold too. */
export function addTerm(query: string, term: string): string {
  return editSearch(query, (search, text) => {
    const inner = ungrouped(search);
    if (inner.kind === 'everything') {
      return term;
    }
    // `a OR b term` would mean `a OR (b term)`.
    return search.kind === 'or' ? `(${text}) ${term}` : `${text} ${term}`;
  });
}

export function addFilter(query: string, filter: Filter): string {
  return hasFilter(query, filter) ? query : addTerm(query, encodeFilter(filter));
}

export function hasFilter(query: string, filter: Filter): boolean {
  return findFilter(parseSearch(searchText(splitQuery(query))), filter) !== undefined;
}

export function removeFilter(query: string, filter: Filter): string {
  return editSearch(query, (search, text) => {
    const term = findFilter(search, filter);
    return term === undefined ? text : cut(text, search, term);
  });
}

/** Takes a filter away where it is there; else adds it, in place of its opposite. */
export function toggleFilter(query: string, filter: Filter): string {
  if (hasFilter(query, filter)) {
    return removeFilter(query, filter);
  }
  const contrary = opposite(filter);
  return addFilter(contrary === undefined ? query : removeFilter(query, contrary), filter);
}

function findFilter(search: Search | undefined, filter: Filter): Search | undefined {
  return (search === undefined ? [] : conjuncts(search)).find((term) => {
    const found = decodeFilter(term);
    return found !== undefined && sameFilter(found, filter);
  });
}

/** `text` without a conjunct, and without the AND or the parentheses that belonged to it. */
function cut(text: string, search: Search, term: Search): string {
  const holder = holderOf(search, term);
  if (holder === undefined) {
    return '*';
  }
  const place = holder.terms.indexOf(enclosing(holder.terms, term));
  const own = holder.terms[place];
  const [start, end] =
    place === 0 ? [own.start, holder.terms[1].start] : [holder.terms[place - 1].end, own.end];
  return `${text.slice(0, start)}${text.slice(end)}`.trim();
}

type Conjunction = Search & { kind: 'and'; terms: Search[] };

/** The innermost AND that `term` is an operand of. */
function holderOf(search: Search, term: Search): Conjunction | undefined {
  const inner = ungrouped(search);
  if (inner.kind !== 'and') {
    return undefined;
  }
  const operand = enclosing(inner.terms, term);
  return (operand === term ? undefined : holderOf(operand, term)) ?? (inner as Conjunction);
}

function enclosing(terms: Search[], term: Search): Search {
  return terms.find(({ start, end }) => start <= term.start && term.end <= end) ?? term;
}

/** The query with another search. `edit` is given the search as a tree and as text. */
function editSearch(query: string, edit: (search: Search, text: string) => string): string {
  const parts = splitQuery(query);
  const text = searchText(parts);
  const search = parseSearch(text);
  if (search === undefined) {
    return query;
  }
  const stages = query.slice(parts.search.end);
  const edited = edit(search, text);
  return stages === '' ? edited : `${edited} ${stages}`;
}
