import { addWhere, encodeCondition, eventsOf, hasWhere, isOverTime, isSummary, madeFields, removeWhere } from './stages';
import { Filter } from './filter';
import { splitQuery } from './split';

const slow: Filter = { key: 'took', operator: '=', values: ['5'] };

test.each([
  ['error', false],
  ['error | where a == 1 | limit 5', false],
  ['error | count', true],
  ['error | stats avg(x) by bin(1m)', true],
  ['error "| count"', false],
  ['error | patterns', true],
])('that %j is a summary is %s', (query, is) => {
  expect(isSummary(query)).toBe(is);
});

test.each([
  ['* | count by bin(1m), level', true],
  ['* | stats count() by bin($__interval)', true],
  ['* | count by bin(time, 5m)', true],
  ['* | count by bin(duration_ms, 100)', false],
  ['* | count by level', false],
])('that %j is over time is %s', (query, is) => {
  expect(isOverTime(query)).toBe(is);
});

test('the events of a query are all that it is about', () => {
  const { search, stages } = eventsOf(splitQuery('error | json | sort -x | where x > 5 | limit 10 | count by x | where count > 1'));
  expect([search, ...stages]).toEqual(['error', 'json', 'where x > 5']);
});

test('fields that stages make are known by name', () => {
  const query = '* | let a = 1, `b c` = f(x, y) | parse "u=<user> <_> <n:number>" | parse ~"(?P<g>x)" | rename p.q as r, s as t';
  expect([...madeFields(query)]).toEqual(['a', 'b c', 'user', 'n', 'g', 'r', 't']);
});

test.each<[Filter, string]>([
  [{ key: 'x', operator: '=', values: ['5'] }, 'x == 5'],
  [{ key: 'x', operator: '=', values: ['5 s'] }, 'x == "5 s"'],
  [{ key: 'x', operator: '=', values: ['true'] }, 'text(x) == "true"'],
  [{ key: 'a b', operator: '!=', values: ['v'] }, 'not `a b` == "v"'],
  [{ key: 'x', operator: '=~', values: ['\\d'] }, 'x ~ "\\d"'],
  [{ key: 'x', operator: '!~', values: ['\\d'] }, 'not x ~ "\\d"'],
  [{ key: 'x', operator: '=|', values: ['a', '1'] }, 'x in ("a", 1)'],
  [{ key: 'x', operator: '!=|', values: ['a', '1'] }, 'not x in ("a", 1)'],
  [{ key: 'x', operator: '>=', values: ['7'] }, 'x >= 7'],
])('%j is the condition %s', (filter, condition) => {
  expect(encodeCondition(filter)).toBe(condition);
});

test.each([
  ['error', 'error | where took == 5'],
  ['', '* | where took == 5'],
  ['* | json', '* | json | where took == 5'],
  ['* | json | limit 5', '* | json | where took == 5 | limit 5'],
  ['* | json | count by took', '* | json | where took == 5 | count by took'],
])('a condition about a made field in %j gives %j', (query, edited) => {
  expect(addWhere(query, slow)).toBe(edited);
  expect(hasWhere(edited, slow)).toBe(true);
  expect(removeWhere(edited, slow)).toBe(query || '*');
});
