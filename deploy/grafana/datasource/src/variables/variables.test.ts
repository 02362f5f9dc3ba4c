import { FieldType, toDataFrame } from '@grafana/data';
import { frameValues } from './frameValues';
import { toVariableQuery } from './variableQuery';

test.each([
  ['field_names()', { kind: 'fieldNames', search: '' }],
  ['field_names(level:error)', { kind: 'fieldNames', search: 'level:error' }],
  ['field_values(service)', { kind: 'fieldValues', field: 'service', search: '' }],
  ['field_values(pod, service:$service status:(200, 204))', { kind: 'fieldValues', field: 'pod', search: 'service:$service status:(200, 204)' }],
  ['* | top 5 service', { kind: 'query', search: '* | top 5 service' }],
  ['', { kind: 'fieldValues' }],
  [undefined, { kind: 'fieldValues' }],
  [{ refId: '', kind: 'query' as const, search: 'x' }, { refId: 'LogstoreVariable', kind: 'query', search: 'x' }],
])('the variable %j is %j', (saved, query) => {
  expect(toVariableQuery(saved)).toMatchObject(query);
});

test('the rows of a query are values, each once', () => {
  const frame = toDataFrame({
    fields: [
      { name: 'service', type: FieldType.string, values: ['web', 'api', 'web', '', null] },
      { name: 'count', type: FieldType.number, values: [3, 2, 1, 1, 1] },
    ],
  });
  expect(frameValues([frame])).toEqual([{ text: 'web', value: 'web' }, { text: 'api', value: 'api' }]);
});

test('a column called value stands in queries', () => {
  const frame = toDataFrame({ fields: [{ name: 'value', values: ['7'] }, { name: 'name', values: ['seven'] }] });
  expect(frameValues([frame])).toEqual([{ text: 'seven', value: '7' }]);
  expect(frameValues([toDataFrame({ fields: [] })])).toEqual([]);
});
