import { readFileSync } from 'fs';
import path from 'path';
import { parseSearch } from './parseSearch';
import { Search } from './search';
import { searchText, splitQuery } from './split';

/** A tree in short: `and(text:a, not(level=error))`. */
function short(search: Search): string {
  switch (search.kind) {
    case 'everything':
      return '*';
    case 'text':
      return `"${search.value.text}"${search.value.wild ? '*' : ''}`;
    case 'regex':
      return `~${search.pattern}`;
    case 'not':
      return `not(${short(search.term)})`;
    case 'group':
      return `(${short(search.term)})`;
    case 'and':
    case 'or':
      return `${search.kind}(${search.terms.map(short).join(', ')})`;
    case 'field': {
      const tests = { equals: 'value', 'one of': 'values', compare: 'value', between: 'low', regex: 'pattern', present: '', 'in query': 'query' };
      const detail: unknown = (search as unknown as Record<string, unknown>)[tests[search.test]];
      const told = Array.isArray(detail) ? detail.map(({ text }) => text).join('/') : typeof detail === 'object' && detail ? (detail as { text: string }).text : (detail ?? '');
      return `${search.field} ${search.test} ${told}`.trim();
    }
  }
}

const read = (text: string) => {
  const search = parseSearch(text);
  return search && short(search);
};

test.each([
  ['', '*'],
  ['*', '*'],
  ['a b', 'and("a", "b")'],
  ['a AND b', 'and("a", "b")'],
  ['a b OR -c d', 'or(and("a", "b"), and(not("c"), "d"))'],
  ['NOT a b', 'and(not("a"), "b")'],
  ['--a', undefined],
  ['- a', undefined],
  ['(a OR "b c") service:checkout', 'and((or("a", "b c")), service equals checkout)'],
  ['status:(200, "2 04", 5*)', 'status one of 200/2 04/5*'],
  ['duration_ms:>=250ms', 'duration_ms compare 250ms'],
  ['n:1..10', 'n between 1'],
  ['path:~"^/api/\\d+"', 'path regex ^/api/\\d+'],
  ['~"took \\d+"', '~took \\d+'],
  ['trace_id:*', 'trace_id present'],
  ['trace_id:in(level:fatal | fields trace_id)', 'trace_id in query level:fatal | fields trace_id'],
  ['`a name`:x', 'a name equals x'],
  ['url:http://example.org/a\\:b', 'url equals http://example.org/a:b'],
  ['http://example.org', '"http://example.org"'],
  ['time:2026-11-22T10:00Z..2026-11-22T11:00Z', 'time between 2026-11-22T10:00Z'],
  ['err* *mid* part-00012', 'and("err*"*, "*mid*"*, "part-00012")'],
  ['ANDROID ORDER', 'and("ANDROID", "ORDER")'],
  ['a -(b c)', 'and("a", not((and("b", "c"))))'],
  ['err\\*', '"err*"'],
])('%j is read as %s', (text, tree) => {
  expect(read(text)).toBe(tree);
});

test.each(['level:', 'level: error', 'a and b', 'a OR', 'OR a', '(a', 'a)', 'f:(a b)', 'f:(a,', '"open', 'a:b:c', 'f:in(x', "'a'", 'f:5..', 'a | b', `${'('.repeat(200)}a${')'.repeat(200)}`, `${'NOT '.repeat(200)}a`])(
  '%j is no search',
  (text) => {
    expect(parseSearch(text)).toBeUndefined();
  }
);

test('every search of docs/language.md is read', () => {
  const page = readFileSync(path.join(__dirname, '../../../../../docs/language.md'), 'utf8');
  const examples = [...page.matchAll(/```query\n([\s\S]*?)```/g)].flatMap(([, block]) => block.trim().split('\n'));
  expect(examples.length).toBeGreaterThan(40);
  expect(examples.filter((example) => parseSearch(searchText(splitQuery(example))) === undefined)).toEqual([]);
});
