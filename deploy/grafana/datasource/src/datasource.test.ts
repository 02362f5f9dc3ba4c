import {
  CoreApp,
  DataFrame,
  DataFrameType,
  DataQueryRequest,
  DataQueryResponse,
  DataSourceApi,
  DataSourceInstanceSettings,
  dateTime,
  FieldType,
  hasLogsContextSupport,
  hasLogsLabelTypesSupport,
  hasQueryExportSupport,
  hasQueryImportSupport,
  hasQueryModificationSupport,
  hasSupplementaryQuerySupport,
  hasToggleableQueryFiltersSupport,
  LogRowContextQueryDirection,
  LogRowModel,
  SupplementaryQueryType,
  toDataFrame,
} from '@grafana/data';
import { DataSourceWithBackend, setGrafanaLiveSrv, TemplateSrv } from '@grafana/runtime';
import { firstValueFrom, lastValueFrom, of, toArray } from 'rxjs';
import { LogstoreDatasource } from './datasource';
import { channelHash } from './live/tail';
import { LogstoreOptions, LogstoreQuery } from './types';
import { LogstoreVariableQuery } from './variables/variableQuery';

const VARIABLES: Record<string, unknown> = { service: ['web', 'api'], field: 'pod' };

const templates = {
  replace: (text: string, _vars: unknown, format?: (value: unknown) => string) =>
    text.replace(/\$(\w+)/g, (whole, name: string) => (name in VARIABLES ? (format ?? String)(VARIABLES[name]) : whole)),
  containsTemplate: (text: string) => text.includes('$'),
} as unknown as TemplateSrv;

const LINES = toDataFrame({
  refId: 'A',
  meta: { type: DataFrameType.LogLines },
  fields: [
    { name: 'timestamp', type: FieldType.time, values: [2000, 1000] },
    { name: 'body', type: FieldType.string, values: ['new', 'old'] },
    { name: 'id', type: FieldType.string, values: ['r2', 'r1'] },
    { name: 'labels', type: FieldType.other, values: [{ tag: 'a' }, { tag: 'a' }] },
  ],
});

function datasource(jsonData: LogstoreOptions = {}) {
  return new LogstoreDatasource({ uid: 'ls', id: 1, type: 'logstore-logstore-datasource', name: 'Logstore', jsonData, meta: {} } as unknown as DataSourceInstanceSettings<LogstoreOptions>, templates);
}

/** What the back end is asked, and answers. */
function backEnd(data: DataFrame[] = [LINES]) {
  return jest.spyOn(DataSourceWithBackend.prototype, 'query').mockImplementation(() => of({ data } as DataQueryResponse));
}

function request(targets: LogstoreQuery[], more: Partial<DataQueryRequest<LogstoreQuery>> = {}) {
  const range = { from: dateTime(0), to: dateTime(60_000), raw: { from: 'now-1m', to: 'now' } };
  return { requestId: 'Q1', targets, range, scopedVars: {}, ...more } as DataQueryRequest<LogstoreQuery>;
}

const asked = (spy: ReturnType<typeof backEnd>) => spy.mock.calls.at(-1)?.[0].targets as LogstoreQuery[];

afterEach(() => jest.restoreAllMocks());

test('Grafana finds every capability', () => {
  const made = datasource();
  expect([
    hasLogsContextSupport(made),
    hasLogsLabelTypesSupport(made),
    hasQueryExportSupport(made),
    hasQueryImportSupport(made),
    hasQueryModificationSupport(made),
    hasToggleableQueryFiltersSupport(made),
    hasSupplementaryQuerySupport(made as unknown as DataSourceApi, SupplementaryQueryType.LogsVolume),
    hasSupplementaryQuerySupport(made as unknown as DataSourceApi, SupplementaryQueryType.LogsSample),
    made.supportsAdjustableWindow,
  ]).toEqual(Array(9).fill(true));
});

test('the back end is asked what is to be asked, with limits and types', async () => {
  const spy = backEnd();
  const targets = [
    { refId: 'A', expr: 'error' },
    { refId: 'B', expr: '* | count by bin(1m)', maxLines: 50_000 },
    { refId: 'C', expr: '  ' },
    { refId: 'D', expr: 'x', hide: true },
  ];
  await firstValueFrom(datasource({ maxLines: 200 }).query(request(targets)));
  expect(asked(spy)).toEqual([
    { refId: 'A', expr: 'error', queryType: 'logs', maxLines: 200 },
    { refId: 'B', expr: '* | count by bin(1m)', maxLines: 10_000, queryType: 'range' },
  ]);
});

test('lines come with levels and links of the settings', async () => {
  backEnd();
  const made = datasource({
    levelRules: [{ field: 'tag', operator: '=', value: 'a', level: 'warn' }],
    derivedFields: [{ name: 'T', matcherType: 'label', matcherRegex: 'tag', url: 'http://x' }],
  });
  const { data } = await firstValueFrom(made.query(request([{ refId: 'A', expr: '*' }])));
  expect((data[0] as DataFrame).fields.map(({ name }) => name)).toEqual(['timestamp', 'body', 'id', 'labels', 'severity', 'T']);
});

test('variables and filters of the dashboard go into the query', () => {
  const filters = [{ key: 'env', operator: '=', value: 'prod' }];
  const query = { refId: 'A', expr: 'service:$service | count by $field', legendFormat: '{{x}} $field' };
  expect(datasource().applyTemplateVariables(query, {}, filters)).toMatchObject({
    expr: 'service:(web, api) env:prod | count by pod',
    legendFormat: '{{x}} pod',
  });
  expect(datasource().interpolateVariablesInQueries([query], {}, filters)[0].datasource).toMatchObject({ uid: 'ls' });
});

test('an empty editor begins with something', () => {
  expect(datasource().getDefaultQuery(CoreApp.Explore)).toMatchObject({ expr: '*' });
});

test.each([
  [undefined, 700],
  [2.5, 2],
  ['20', 20],
  [-1, 700],
  ['many', 700],
  [1e9, 10_000],
])('a query that wants %p lines gets %p at most', async (maxLines, most) => {
  const spy = backEnd();
  await firstValueFrom(datasource({ maxLines: 700 }).query(request([{ refId: 'A', expr: 'a', maxLines } as LogstoreQuery])));
  expect(asked(spy)[0].maxLines).toBe(most);
});

const row = { uid: 'u', rowId: 'r2', timeEpochMs: 2000, timeEpochNs: '2000000000', labels: { tag: 'a' }, dataFrame: LINES } as unknown as LogRowModel;

test('the context of a line is asked by its source, and comes without the line', async () => {
  const spy = backEnd();
  const made = datasource();
  const { data } = await made.getLogRowContext(row, { direction: LogRowContextQueryDirection.Backward, limit: 10, timeWindowMs: 500 });
  expect(asked(spy)[0]).toMatchObject({ expr: 'tag:a time:<=1970-01-01T00:00:02.000000000Z', maxLines: 110 });
  expect(spy.mock.calls[0][0].range.from.valueOf()).toBe(1500);
  expect((data[0] as DataFrame).fields[1].values).toEqual(['old']);
});

test('the context of a line is by the fields of the settings', async () => {
  const made = datasource({ contextFields: ['pod', 'tag'] });
  expect((await made.getLogRowContextQuery(row)).expr).toMatch(/^tag:a time:/);
});

function resources(made: LogstoreDatasource) {
  return jest.spyOn(made, 'getResource').mockImplementation(async (path: string) =>
    path === 'fields' ? { fields: [{ name: 'time' }, { name: 'service' }] } : { values: [{ value: 'web', count: 2 }] }
  );
}

test('keys and values of ad-hoc filters are those of events that fit the other filters', async () => {
  const made = datasource();
  const spy = resources(made);
  const filters = [{ key: 'env', operator: '=', value: 'prod' }, { key: 'service', operator: '!=', value: 'x' }];
  expect(await made.getTagKeys({ filters })).toEqual([{ text: 'service' }]);
  expect(spy).toHaveBeenLastCalledWith('fields', { query: 'env:prod -service:x' });
  expect(await made.getTagValues({ key: 'service', filters })).toEqual([{ text: 'web' }]);
  expect(spy).toHaveBeenLastCalledWith('fields/values', { field: 'service', query: 'env:prod', limit: 1000 });
  expect(await made.getTagValues({ key: '', filters })).toEqual([]);
});

function variable(made: LogstoreDatasource, query: Partial<LogstoreVariableQuery>) {
  const asking = { ...request([]), targets: [{ refId: 'V', ...query }] } as DataQueryRequest<LogstoreVariableQuery>;
  const support = made.variables as unknown as { query(request: DataQueryRequest<LogstoreVariableQuery>): ReturnType<typeof made.query> };
  return firstValueFrom(support.query(asking)).then(({ data }) => data);
}

test('variables are names, values of fields that fit other variables, or rows', async () => {
  const made = datasource();
  const spy = resources(made);
  expect(await variable(made, { kind: 'fieldNames' })).toEqual([{ text: 'time' }, { text: 'service' }]);
  expect(await variable(made, { kind: 'fieldValues', field: '$field', search: 'service:$service' })).toEqual([{ text: 'web' }]);
  expect(spy).toHaveBeenLastCalledWith('fields/values', expect.objectContaining({ field: 'pod', query: 'service:(web, api)' }));
  expect(await variable(made, { kind: 'fieldValues', field: '' })).toEqual([]);
  const query = backEnd([toDataFrame({ fields: [{ name: 'service', values: ['web'] }] })]);
  expect(await variable(made, { kind: 'query', search: 'service:$service | top 3 service' })).toEqual([{ text: 'web', value: 'web' }]);
  expect(asked(query)[0]).toMatchObject({ expr: 'service:(web, api) | top 3 service', queryType: 'table' });
});

test('a live query follows a channel that its text names', async () => {
  const getDataStream = jest.fn().mockReturnValue(of({ data: [LINES], state: 'Streaming' }));
  setGrafanaLiveSrv({ getDataStream } as unknown as Parameters<typeof setGrafanaLiveSrv>[0]);
  const targets = [{ refId: 'A', expr: 'service:$service' }, { refId: 'B', expr: '* | count' }];
  const answers = await lastValueFrom(datasource().query(request(targets, { liveStreaming: true })).pipe(toArray()));
  expect(getDataStream).toHaveBeenCalledTimes(1);
  const { addr } = getDataStream.mock.calls[0][0];
  expect(addr).toMatchObject({ scope: 'ds', stream: 'ls', data: { expr: 'service:(web, api)' } });
  expect(addr.path).toMatch(/^tail\/[0-9a-f]{8}$/);
  expect(answers).toHaveLength(1);
  expect((answers[0].data[0] as DataFrame).length).toBe(2);
});

test('other queries are other channels', () => {
  expect(channelHash('error')).not.toBe(channelHash('errors'));
  expect(channelHash('')).toBe('811c9dc5');
});

test('edits, hints and headings go where the work is done', async () => {
  const made = datasource();
  const query = { refId: 'A', expr: 'error' };
  expect(made.toggleQueryFilter(query, { type: 'FILTER_FOR', options: { key: 'a', value: 'b' } }).expr).toBe('error a:b');
  expect(made.queryHasFilter({ refId: 'A', expr: 'a:b' }, { key: 'a', value: 'b' })).toBe(true);
  expect(made.modifyQuery(query, { type: 'ADD_FILTER_OUT', options: { key: 'a', value: 'b' } }).expr).toBe('error -a:b');
  expect(made.getSupportedQueryModifications()).toContain('ADD_FILTER');
  expect(made.getQueryHints(query, [LINES])).toEqual([]);
  expect(made.getLabelDisplayTypeFromFrame('tag', LINES, 0)).toBeNull();
  expect(made.getSupplementaryQuery({ type: SupplementaryQueryType.LogsVolume }, query)?.expr).toContain('count by bin');
  expect((await made.exportToAbstractQueries(await made.importFromAbstractQueries([{ refId: 'A', labelMatchers: [] }])))[0].labelMatchers).toEqual([]);
});
