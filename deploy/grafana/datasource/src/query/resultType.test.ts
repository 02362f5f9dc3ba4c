import { CoreApp } from '@grafana/data';
import { defaultQuery } from './defaultQuery';
import { resultType } from './resultType';
import { QueryType } from '../types';

test.each<[string, QueryType | undefined, QueryType]>([
  ['error', undefined, 'logs'],
  ['error', 'range', 'range'],
  ['error', 'table', 'table'],
  ['* | count by level', undefined, 'table'],
  ['* | count by level', 'logs', 'table'],
  ['* | count by level', 'instant', 'instant'],
  ['* | count by bin(1m)', undefined, 'range'],
  ['* | count by bin($__interval)', 'logs', 'range'],
])('%s as %s is shown as %s', (expr, queryType, type) => {
  expect(resultType({ refId: 'A', expr, queryType })).toBe(type);
});

test('alerts begin with a number, readers with lines', () => {
  expect(defaultQuery(CoreApp.UnifiedAlerting)).toMatchObject({ queryType: 'instant' });
  expect(defaultQuery(CoreApp.Explore)).toMatchObject({ expr: '*', queryType: 'logs' });
});
