import { readFileSync } from 'fs';
import path from 'path';
import { encodeRow, fromBuilder, toBuilder } from './builder';

test.each([
  '*',
  'error',
  '"connection refused" -timeout',
  'service:web -status:(200, 204) path:~"^/api"',
  'trace_id:* -user:* duration_ms:>250ms path:/api/*',
  '~"took \\d+" -~"x"',
  'level:error | json | where x > 5 | count by bin(1m), level',
  '`a name`:"a value" | union (a OR b | limit 5)',
  'time:15m level:error',
])('%j becomes rows and is the same text again', (query) => {
  const rows = toBuilder(query);
  expect(rows && fromBuilder(rows)).toBe(query);
});

test.each(['a OR b', '-(a b)', 'n:1..10', 'f:in(level:error | fields f)', 'err*', 'f:(a*, b)', 'status:"200"', '-f:>5', 'level: error', 'a |', '((a OR b))'])(
  '%j cannot be shown as rows',
  (query) => {
    expect(toBuilder(query)).toBeUndefined();
  }
);

test('what differs in spelling only is shown', () => {
  const rows = toBuilder('(a AND "b") service:"web"');
  expect(rows && fromBuilder(rows)).toBe('a b service:web');
});

test('all queries of docs/language.md are either shown without loss, or not at all', () => {
  const page = readFileSync(path.join(__dirname, '../../../../../docs/language.md'), 'utf8');
  const examples = [...page.matchAll(/```query\n([\s\S]*?)```/g)].flatMap(([, block]) => block.trim().split('\n'));
  const shown = examples.map(toBuilder).filter((rows) => rows !== undefined);
  expect(shown.length).toBeGreaterThan(examples.length / 2);
  for (const rows of shown) {
    expect(toBuilder(fromBuilder(rows))).toEqual(rows);
  }
});

test('rows that are not filled in say nothing', () => {
  const query = fromBuilder({
    terms: [
      { kind: 'field', field: '', operator: '=', values: [] },
      { kind: 'field', field: 'a', operator: '=', values: [] },
      { kind: 'text', operator: 'contains', text: '' },
      { kind: 'field', field: 'b', operator: 'exists', values: [] },
    ],
    stages: [{ name: '', rest: '' }, { name: 'json', rest: '' }],
  });
  expect(query).toBe('b:* | json');
});

test('a value with wildcards is escaped where bare text could not hold it', () => {
  expect(encodeRow({ kind: 'field', field: 'f', operator: 'not like', values: ['a b*'] })).toBe('-f:a\\ b*');
});
