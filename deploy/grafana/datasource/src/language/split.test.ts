import { searchText, splitAt, splitQuery, stageText } from './split';

test('a query is a search and its stages', () => {
  const parts = splitQuery('level:error "a | b" | count by path | sort -count');
  expect(searchText(parts)).toBe('level:error "a | b"');
  expect(parts.stages.map(stageText)).toEqual(['count by path', 'sort -count']);
});

test('pipes in parentheses belong to the query inside', () => {
  const parts = splitQuery('trace_id:in(level:fatal | fields trace_id) | union (a | limit 5)');
  expect(parts.stages.map(({ name, rest }) => [name, rest])).toEqual([['union', '(a | limit 5)']]);
});

test('pipes after a backslash and in backquotes are text', () => {
  expect(splitQuery('a\\|b `x|y`:1').stages).toEqual([]);
});

test.each(['', '|', 'a |', '"never closed | x', 'f:(a, b', ') | x', 'a\\', '"\\', '`'])('half-written text %j is taken apart too', (text) => {
  const { search, stages } = splitQuery(text);
  expect([search, ...stages].map(({ start, end }) => text.slice(start, end)).join('|')).toBe(text);
});

test('lists are split at commas outside of quotes and parentheses', () => {
  const text = 'a, f(b, c), "d, e"';
  expect(splitAt(text, ',').map(({ start, end }) => text.slice(start, end).trim())).toEqual(['a', 'f(b, c)', '"d, e"']);
});
