import { addFilter, addTerm, hasFilter, removeFilter, toggleFilter } from './editSearch';
import { Filter } from './filter';

const is = (key: string, value: string): Filter => ({ key, operator: '=', values: [value] });
const isNot = (key: string, value: string): Filter => ({ key, operator: '!=', values: [value] });

test.each([
  ['', 'service:web'],
  ['*', 'service:web'],
  ['error', 'error service:web'],
  ['a OR b', '(a OR b) service:web'],
  ['(a OR b)', '(a OR b) service:web'],
  ['error | count by path', 'error service:web | count by path'],
  ['* | json', 'service:web | json'],
  ['"a | b" | json', '"a | b" service:web | json'],
  ['service:web x', 'service:web x'],
])('a filter added to %j gives %j', (query, edited) => {
  expect(addFilter(query, is('service', 'web'))).toBe(edited);
});

test('a query that cannot be read stays as it is', () => {
  expect(addFilter('level: error', is('service', 'web'))).toBe('level: error');
  expect(addTerm('(a', 'b')).toBe('(a');
});

test.each([
  ['service:web', '*'],
  ['service:web error', 'error'],
  ['error service:web', 'error'],
  ['a AND service:web AND b', 'a AND b'],
  ['a service:web b | count', 'a b | count'],
  ['a (b service:web) c', 'a (b) c'],
  ['a (service:web) c', 'a c'],
  ['(service:web)', '*'],
  ['a OR service:web', 'a OR service:web'],
  ['service:(web)', '*'],
  ['service:"web" x', 'x'],
])('the filter taken out of %j leaves %j', (query, edited) => {
  expect(removeFilter(query, is('service', 'web'))).toBe(edited);
});

test.each([
  ['service:web', true],
  ['x service:"web"', true],
  ['NOT -service:web', true],
  ['-service:web', false],
  ['service:web*', false],
  ['service:web OR x', false],
  ['service:(web, api)', false],
  ['x | where service == "web"', false],
])('that %j has the filter is %s', (query, has) => {
  expect(hasFilter(query, is('service', 'web'))).toBe(has);
});

test('toggling adds, takes away, and replaces the opposite', () => {
  expect(toggleFilter('error', is('service', 'web'))).toBe('error service:web');
  expect(toggleFilter('error service:web', is('service', 'web'))).toBe('error');
  expect(toggleFilter('error -service:web', is('service', 'web'))).toBe('error service:web');
  expect(toggleFilter('error service:web', isNot('service', 'web'))).toBe('error -service:web');
});

test('toggling twice gives the same query, for values that are hard to spell', () => {
  for (const value of ['a b', '', '*', 'a"b', 'x|y', '200', '-1', 'true', 'ü', 'a\\', '\n', 'in', '..', '(', '~x']) {
    const once = toggleFilter('error', is('a field', value));
    expect(once).not.toBe('error');
    expect(toggleFilter(once, is('a field', value))).toBe('error');
  }
});
