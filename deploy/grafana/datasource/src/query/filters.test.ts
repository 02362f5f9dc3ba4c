import { DataFrame, FieldType, toDataFrame } from '@grafana/data';
import { modifyQuery, queryHasFilter, toggleQueryFilter } from './filters';
import { LogstoreQuery } from '../types';

const query = (expr: string): LogstoreQuery => ({ refId: 'A', expr });

const frame: DataFrame = toDataFrame({
  fields: [{ name: 'labelTypes', type: FieldType.other, values: [{ service: 'I', took: 'P', trace_id: 'S' }] }],
});

test('a stored field is filtered in the search', () => {
  const filter = { type: 'FILTER_FOR' as const, options: { key: 'trace_id', value: 'ab' }, frame };
  const once = toggleQueryFilter(query('error | json'), filter);
  expect(once.expr).toBe('error trace_id:ab | json');
  expect(queryHasFilter(once, { key: 'trace_id', value: 'ab' })).toBe(true);
  expect(toggleQueryFilter(once, filter).expr).toBe('error | json');
});

test('a field that a stage has made is filtered behind it', () => {
  const options = { key: 'took', value: '5' };
  const once = toggleQueryFilter(query('error | json | limit 5'), { type: 'FILTER_FOR', options, frame });
  expect(once.expr).toBe('error | json | where took == 5 | limit 5');
  expect(queryHasFilter(once, options)).toBe(true);
  expect(toggleQueryFilter(once, { type: 'FILTER_OUT', options, frame }).expr).toBe('error | json | where not took == 5 | limit 5');
  expect(toggleQueryFilter(once, { type: 'FILTER_FOR', options, frame }).expr).toBe('error | json | limit 5');
});

test('a field that the query names is known as made without a frame', () => {
  const made = toggleQueryFilter(query('* | let slow = took > 5'), { type: 'FILTER_FOR', options: { key: 'slow', value: 'true' } });
  expect(made.expr).toBe('* | let slow = took > 5 | where text(slow) == "true"');
});

test('what is no filter is not there', () => {
  expect(queryHasFilter(query('error'), {})).toBe(false);
  expect(queryHasFilter(query('-a:b'), { key: 'a', value: 'b' })).toBe(false);
});

test.each([
  ['ADD_FILTER', { key: 'service', value: 'web' }, 'error', 'error service:web'],
  ['ADD_FILTER', { key: 'service', value: 'web' }, 'service:web', 'service:web'],
  ['ADD_FILTER_OUT', { key: 'service', value: 'a b' }, 'error', 'error -service:"a b"'],
  ['ADD_STRING_FILTER', { value: 'tim' }, 'error', 'error *tim*'],
  ['ADD_STRING_FILTER', { value: 'of "x" (5' }, 'error', 'error ~"of \\"x\\" \\(5"'],
  ['ADD_STRING_FILTER_OUT', { value: 'tim' }, 'error | json', 'error -*tim* | json'],
  ['ADD_STRING_FILTER', { value: '' }, 'error', 'error'],
  ['ADD_JSON', {}, 'error | count', 'error | json | count'],
  ['ADD_LOGFMT', {}, '', '* | logfmt'],
  ['SOMETHING_NEW', { key: 'a', value: 'b' }, 'error', 'error'],
])('%s of %j on %j gives %j', (type, options, expr, edited) => {
  expect(modifyQuery(query(expr), { type, options: options as Record<string, string> }).expr).toBe(edited);
});
