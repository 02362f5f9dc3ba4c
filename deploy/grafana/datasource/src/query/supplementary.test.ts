import { DataQueryRequest, SupplementaryQueryType } from '@grafana/data';
import { supplementaryQuery, supplementaryRequest } from './supplementary';
import { LogstoreQuery } from '../types';

const query = (expr: string, more: Partial<LogstoreQuery> = {}): LogstoreQuery => ({ refId: 'A', expr, ...more });
const volume = { type: SupplementaryQueryType.LogsVolume as const };
const sample = { type: SupplementaryQueryType.LogsSample as const };

test('the volume counts all lines of the query by time and level', () => {
  expect(supplementaryQuery(volume, query('error | json | where x > 5 | sort x | limit 10', { maxLines: 5, step: '1h' }))).toMatchObject({
    refId: 'log-volume-A',
    expr: 'error | json | where x > 5 | count by bin($__interval), level',
    queryType: 'range',
    step: undefined,
    supportingQueryType: 'logsVolume',
  });
});

test('with level rules the volume counts the levels that are shown', () => {
  const rules = [
    { field: 'status', operator: '>=' as const, value: '500', level: 'error' as const },
    { field: 'message', operator: '=~' as const, value: 'panic', level: 'fatal' as const },
    { field: 'x', operator: '=' as const, value: '1', level: 'info' as const, disabled: true },
  ];
  expect(supplementaryQuery(volume, query('*'), rules)?.expr).toBe(
    '* | let level = if(status >= 500, "error", if(message ~ "panic", "fatal", level)) | count by bin($__interval), level'
  );
});

test.each(['error | count', '* | stats avg(x) by bin(1m)'])('%s has no volume, and has sample lines', (expr) => {
  expect(supplementaryQuery(volume, query(expr))).toBeUndefined();
  expect(supplementaryQuery(sample, query(expr))).toMatchObject({ refId: 'log-sample-A', queryType: 'logs', maxLines: 100 });
});

test('the sample is of the lines that were counted', () => {
  const counted = query('level:error | json | where x > 5 | count by y | where count > 3');
  expect(supplementaryQuery({ ...sample, limit: 7 }, counted)).toMatchObject({ expr: 'level:error | json | where x > 5', maxLines: 7 });
});

test('lines that are counted by the back end have a sample, and no volume', () => {
  const counted = query('error', { queryType: 'range' });
  expect(supplementaryQuery(volume, counted)).toBeUndefined();
  expect(supplementaryQuery(sample, counted)?.expr).toBe('error');
});

test('lines are no sample of themselves, and hidden queries have nothing beside them', () => {
  expect(supplementaryQuery(sample, query('error'))).toBeUndefined();
  expect(supplementaryQuery(volume, query('error', { hide: true }))).toBeUndefined();
});

test('a request has only the queries that make sense, and leaves the first one alone', () => {
  const request = { targets: [query('error'), query('error | count')], scopedVars: {} } as DataQueryRequest<LogstoreQuery>;
  const made = supplementaryRequest(SupplementaryQueryType.LogsVolume, request);
  expect(made?.targets.map(({ refId }) => refId)).toEqual(['log-volume-A']);
  expect(made?.scopedVars).not.toBe(request.scopedVars);
  expect(request.targets).toHaveLength(2);
  expect(supplementaryRequest(SupplementaryQueryType.LogsVolume, { ...request, targets: [query('x | count')] })).toBeUndefined();
});
