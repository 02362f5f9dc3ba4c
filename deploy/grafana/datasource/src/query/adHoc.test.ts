import { withAdHocFilters } from './adHoc';

test.each([
  ['=', 'web', undefined, 'error service:web'],
  ['!=', 'web', undefined, 'error -service:web'],
  ['=~', 'we.', undefined, 'error service:~"we."'],
  ['!~', 'we.', undefined, 'error -service:~"we."'],
  ['<', '5', undefined, 'error service:<5'],
  ['>', '5', undefined, 'error service:>5'],
  ['=|', 'web', ['web', 'a b'], 'error service:(web, "a b")'],
  ['!=|', 'web', ['web', 'api'], 'error -service:(web, api)'],
  ['=|', 'web', undefined, 'error service:web'],
  ['?', 'web', undefined, 'error'],
])('the filter service %s %s %j is added', (operator, value, values, edited) => {
  expect(withAdHocFilters('error', [{ key: 'service', operator, value, values }])).toBe(edited);
});

test('filters are added to the search, before the stages, all of them', () => {
  const filters = [
    { key: 'a', operator: '=', value: '1' },
    { key: '', operator: '=', value: '2' },
    { key: 'b', operator: '=', value: '3' },
  ];
  expect(withAdHocFilters('x OR y | count', filters)).toBe('(x OR y) a:1 b:3 | count');
});
