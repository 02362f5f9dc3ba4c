import { decodeFilter, encodeFilter, Filter, sameFilter } from './filter';
import { parseSearch } from './parseSearch';

const FILTERS: Array<[Filter, string]> = [
  [{ key: 'service', operator: '=', values: ['web'] }, 'service:web'],
  [{ key: 'service', operator: '!=', values: ['a b'] }, '-service:"a b"'],
  [{ key: 'path', operator: '=~', values: ['^/api/\\d+'] }, 'path:~"^/api/\\d+"'],
  [{ key: 'path', operator: '!~', values: ['say "x"'] }, '-path:~"say \\"x\\""'],
  [{ key: 'status', operator: '=|', values: ['200', '204'] }, 'status:(200, 204)'],
  [{ key: 'status', operator: '!=|', values: ['a,b', 'c'] }, '-status:("a,b", c)'],
  [{ key: 'took', operator: '<', values: ['250ms'] }, 'took:<250ms'],
  [{ key: 'took', operator: '<=', values: ['1'] }, 'took:<=1'],
  [{ key: 'took', operator: '>', values: ['1'] }, 'took:>1'],
  [{ key: 'took', operator: '>=', values: ['a b'] }, 'took:>="a b"'],
];

test.each(FILTERS)('%j is the term %s, and the other way round', (filter, term) => {
  expect(encodeFilter(filter)).toBe(term);
  const search = parseSearch(term);
  expect(search && decodeFilter(search)).toEqual(filter);
});

test('a list of one is that one, and lists have no order', () => {
  const listed = (values: string[]): Filter => ({ key: 'f', operator: '=|', values });
  expect(sameFilter(listed(['a']), { key: 'f', operator: '=', values: ['a'] })).toBe(true);
  expect(sameFilter(listed(['a', 'b']), listed(['b', 'a']))).toBe(true);
  expect(sameFilter(listed(['a']), listed(['a', 'b']))).toBe(false);
});

test('a list without values finds nothing, rather than everything', () => {
  expect(encodeFilter({ key: 'f', operator: '=|', values: [] })).toBe('f:""');
});

test.each(['a', 'f:*', 'f:a*', 'f:1..2', 'f:(a*, b)', '-f:>5'])('%j is no filter', (term) => {
  const search = parseSearch(term);
  expect(search && decodeFilter(search)).toBeUndefined();
});
