import { readFileSync } from 'fs';
import { Known, suggestions } from './completion';
import { explainWord } from './reference';
import { situationAt } from './situation';

const asked: string[] = [];
const known: Known = {
  fields: async () => [{ name: 'service', kinds: 'text' }, { name: 'user agent', rare: true }],
  values: async (field, search) => {
    asked.push(`${field} of ${search}`);
    return [{ value: 'web', count: 1200 }, { value: 'a b' }, { value: '' }];
  },
  recent: () => ['level:error'],
};

const offered = async (text: string) => suggestions(situationAt(text, text.length), known);
const inserts = async (text: string) => (await offered(text)).map(({ insert }) => insert);

test('an empty query is begun with a field, NOT, or a query asked before', async () => {
  expect(await inserts('')).toEqual(['service:', '`user agent`:', 'NOT ', 'level:error']);
});

test('behind a term there are operators and the pipe', async () => {
  expect(await inserts('error ')).toEqual(['service:', '`user agent`:', 'AND ', 'OR ', '| ', 'NOT ']);
});

test('values come spelled, with their counts, among the events of the terms before', async () => {
  const values = await offered('level:error service:');
  expect(values.map(({ insert }) => insert)).toEqual(['web', '"a b"', '""']);
  expect(values[0].detail).toBe('1,200 events');
  expect(asked.at(-1)).toBe('service of level:error');
});

test.each(['a OR service:', '(a OR b) OR service:'])('terms that do not narrow are left out of the question: %s', async (text) => {
  await offered(text);
  expect(asked.at(-1)).toBe('service of *');
});

test('inside quotes a value is inserted without them', async () => {
  expect(await inserts('service:"')).toEqual(['web', 'a b', '']);
});

test('values that are too many to be told at once are looked for by their beginning', async () => {
  const many: Known = {
    ...known,
    values: async (_field, _search, prefix = '') => [...Array(prefix === '' ? 1000 : 2).keys()].map((index) => ({ value: `${prefix}${index}` })),
  };
  const texts = async (text: string) => (await suggestions(situationAt(text, text.length), many)).map(({ insert }) => insert);
  expect(await texts('user:a.b')).toEqual(['a.b0', 'a.b1']);
  expect(await texts('user:')).toHaveLength(1000);
});

test('levels are offered that no event has yet', async () => {
  expect(await inserts('level:')).toContain('fatal');
});

test('durations are offered for time', async () => {
  expect(await inserts('time:')).toContain('15m');
});

test('a stage comes with what it does and how it is written', async () => {
  const stage = (await offered('* | ')).find(({ label }) => label === 'dedup');
  expect(stage).toMatchObject({ insert: 'dedup ', documentation: expect.stringContaining('keep newest') });
});

test('aggregates stand in stats, and functions elsewhere', async () => {
  expect(await inserts('* | stats ')).toEqual(expect.arrayContaining(['count()', 'p99($0)']));
  expect(await inserts('* | stats ')).not.toContain('lower($0)');
  expect(await inserts('* | where ')).toEqual(expect.arrayContaining(['lower($0)', 'now()', 'service', '`user agent`']));
  expect(await inserts('* | where ')).not.toContain('p99($0)');
});

test('nothing is offered where only the author knows', async () => {
  expect(await inserts('* | limit ')).toEqual([]);
});

test('a hover explains stages, functions and percentiles', () => {
  expect(explainWord('count', ' by path')?.usage).toContain('count [by');
  expect(explainWord('count', '()')?.usage).toContain('count(x)');
  expect(explainWord('p99.9', '(took)')?.summary).toContain('percentile');
  expect(explainWord('service', ':')).toBeUndefined();
});

test('the reference is what docs/language.md says', () => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { reference, DOCS, REFERENCE } = require('../../scripts/languageReference.js');
  expect(JSON.parse(readFileSync(REFERENCE, 'utf8'))).toEqual(reference(readFileSync(DOCS, 'utf8')));
});
