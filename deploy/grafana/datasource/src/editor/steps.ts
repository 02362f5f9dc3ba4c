/** A query in words: a step for the search, and one for each stage. */
import { parseSearch } from '../language/parseSearch';
import { asPlain, STAGES } from '../language/reference';
import { FieldTest, Search, ungrouped } from '../language/search';
import { searchText, splitQuery, stageText } from '../language/split';

export interface Step {
  /** The part of the query. */
  text: string;
  /** What it does. */
  does: string;
}

export function explain(query: string): Step[] {
  const parts = splitQuery(query);
  const text = searchText(parts);
  const search = parseSearch(text);
  return [
    { text: text || '*', does: search === undefined ? 'a search' : `finds ${ungrouped(search).kind === 'everything' ? 'all events' : `events ${told(search)}`}` },
    ...parts.stages.map((stage) => ({
      text: stageText(stage),
      does: asPlain(STAGES.find(({ name }) => name === stage.name)?.summary ?? 'a stage that does not exist'),
    })),
  ];
}

function told(search: Search): string {
  switch (search.kind) {
    case 'everything':
      return 'of any kind';
    case 'text':
      return `whose message holds ${quoted(search.value.text)}`;
    case 'regex':
      return `whose message matches ${quoted(search.pattern)}`;
    case 'field':
      return `${search.test === 'present' ? 'that have' : 'whose'} ${search.field}${testTold(search)}`;
    case 'not':
      return `not ${told(search.term)}`;
    case 'group':
      return `(${told(search.term)})`;
    case 'and':
      return search.terms.map(told).join(', and ');
    case 'or':
      return search.terms.map(told).join(', or ');
  }
}

const ORDERS = { '<': 'below', '<=': 'at most', '>': 'above', '>=': 'at least' };

function testTold(test: FieldTest): string {
  switch (test.test) {
    case 'equals':
      return ` ${test.value.wild ? 'fits' : 'is'} ${quoted(test.value.text)}`;
    case 'one of':
      return ` is one of ${test.values.map(({ text }) => quoted(text)).join(', ')}`;
    case 'compare':
      return ` is ${ORDERS[test.order]} ${test.value.text}`;
    case 'between':
      return ` lies from ${test.low.text} to ${test.high.text}`;
    case 'regex':
      return ` matches ${quoted(test.pattern)}`;
    case 'present':
      return '';
    case 'in query':
      return ` is among what ${quoted(test.query)} finds`;
  }
}

function quoted(text: string): string {
  return `“${text}”`;
}
