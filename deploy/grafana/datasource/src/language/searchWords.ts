/** What of a query is to be seen in each line that it finds, as Grafana marks it: regular expressions. */
import { parseSearch } from './parseSearch';
import { Search } from './search';
import { escapeRegex } from './spelling';
import { searchText, splitQuery } from './split';

export function searchWords(query: string): string[] {
  const search = parseSearch(searchText(splitQuery(query)));
  return search === undefined ? [] : [...new Set(wordsOf(search))];
}

function wordsOf(search: Search): string[] {
  switch (search.kind) {
    case 'text':
      // Case is ignored in words and phrases, and heeded in regular expressions.
      return [`(?i)${escapeRegex(search.value.text.replace(/^\*|\*$/g, ''))}`];
    case 'regex':
      return [search.pattern];
    case 'group':
      return wordsOf(search.term);
    case 'and':
    case 'or':
      return search.terms.flatMap(wordsOf);
    default:
      return [];
  }
}
