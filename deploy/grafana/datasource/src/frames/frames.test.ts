import { DataFrame, dataFrameFromJSON, DataFrameJSON, DataFrameType, FieldType, getFieldDisplayName, toDataFrame } from '@grafana/data';
import { setDataSourceSrv } from '@grafana/runtime';
import { labelHeading } from './labelTypes';
import { levelByRules } from './levelRules';
import { completeLogFrame } from './logFrames';
import { DerivedField, LevelRule } from '../types';

/** An answer as Grafana's server sends it. */
const WIRE: DataFrameJSON = {
  schema: {
    refId: 'A',
    meta: { type: DataFrameType.LogLines, typeVersion: [0, 0], preferredVisualisationType: 'logs', custom: { searchWords: ['error'], limit: 1000 } },
    fields: [
      { name: 'timestamp', type: FieldType.time },
      { name: 'body', type: FieldType.string },
      { name: 'severity', type: FieldType.string },
      { name: 'id', type: FieldType.string },
      { name: 'labels', type: FieldType.other },
      { name: 'labelTypes', type: FieldType.other, config: { custom: { hidden: true } } },
    ],
  },
  data: {
    values: [
      [1645030244810, 1645030244809],
      ['took 5 trace=ab12', 'fine'],
      [null, 'info'],
      ['r2', 'r1'],
      [{ status: 503, trace_id: 'ff' }, { status: '200' }],
      [{ status: 'I', trace_id: 'S' }, { status: 'I', made: 'P' }],
    ],
    nanos: [[757120, 0], null, null, null, null, null],
  },
};

const read = () => dataFrameFromJSON(WIRE);
const column = (frame: DataFrame, name: string) => frame.fields.find((field) => field.name === name);

test('lines come with nanoseconds, ids, and labels as objects', () => {
  const frame = read();
  expect(frame.meta?.type).toBe('log-lines');
  expect(column(frame, 'timestamp')?.nanos).toEqual([757120, 0]);
  expect(column(frame, 'labels')?.values[0]).toEqual({ status: 503, trace_id: 'ff' });
  expect(new Set(column(frame, 'id')?.values).size).toBe(frame.length);
});

test('fields of a line have headings by where they come from', () => {
  expect(labelHeading('status', read(), 0)).toBe('Fields');
  expect(labelHeading('trace_id', read(), 0)).toBe('Rare fields');
  expect(labelHeading('made', read(), 0)).toBe('Fields of the query');
  expect(labelHeading('unknown', read(), 0)).toBeNull();
  expect(labelHeading('status', undefined, null)).toBeNull();
});

test('level rules fill in levels, and leave others alone', () => {
  const levelRules: LevelRule[] = [{ field: 'status', operator: '>=', value: '500', level: 'error' }];
  expect(column(completeLogFrame(read(), { levelRules }), 'severity')?.values).toEqual(['error', 'info']);
});

test('levels by rule get a column where there is none', () => {
  const frame = read();
  const without = { ...frame, fields: frame.fields.filter(({ name }) => name !== 'severity') };
  const levelRules: LevelRule[] = [{ field: 'message', operator: '=~', value: '(?i)TOOK', level: 'warn' }];
  expect(column(completeLogFrame(without, { levelRules }), 'severity')?.values).toEqual(['warn', null]);
});

test.each<[LevelRule['operator'], string, unknown, boolean]>([
  ['=', '200', 200, true],
  ['=', '200', '200', true],
  ['=', '', undefined, false],
  ['!=', '200', undefined, true],
  ['!=', '200', '200.0', false],
  ['=~', '^5\\d\\d$', 503, true],
  ['=~', '(', 'x', false],
  ['>=', '500', 500, true],
  ['>=', '500', 'many', false],
  ['<', '500', '499', true],
  ['<', '500', '', false],
])('the rule %s %s on %j: %s', (operator, value, actual, fits) => {
  const rule: LevelRule = { field: 'f', operator, value, level: 'error' };
  expect(levelByRules([rule], { f: actual })).toBe(fits ? 'error' : undefined);
  expect(levelByRules([{ ...rule, disabled: true }], { f: actual })).toBeUndefined();
});

const TRACE: DerivedField = { name: 'trace', matcherType: 'label', matcherRegex: 'trace_id', url: '${__value.raw}', datasourceUid: 'tempo', urlDisplayLabel: 'View trace' };

beforeEach(() => {
  setDataSourceSrv({
    getInstanceSettings: (uid: string) => ({ type: uid, name: `My ${uid}` }),
  } as unknown as Parameters<typeof setDataSourceSrv>[0]);
});

test('a derived field leads to the trace, in the query of the tracing data source', () => {
  const trace = column(completeLogFrame(read(), { derivedFields: [TRACE] }), 'trace');
  expect(trace?.values).toEqual(['ff', null]);
  expect(trace?.config.links).toEqual([
    {
      title: 'View trace',
      url: '',
      internal: { datasourceUid: 'tempo', datasourceName: 'My tempo', query: { refId: 'trace', queryType: 'traceql', query: '${__value.raw}' } },
    },
  ]);
});

test('Jaeger takes the id alone', () => {
  const trace = column(completeLogFrame(read(), { derivedFields: [{ ...TRACE, datasourceUid: 'jaeger' }] }), 'trace');
  expect(trace?.config.links?.[0].internal?.query).toEqual({ refId: 'trace', query: '${__value.raw}' });
});

test('a derived field may come out of the line, and lead to a URL', () => {
  const derivedFields: DerivedField[] = [
    { name: 'id', matcherType: 'regex', matcherRegex: 'trace=(\\w+)', url: 'http://x/${__value.raw}', targetBlank: true },
    { name: 'id', matcherType: 'label', matcherRegex: 'status' },
    { name: 'none', matcherType: 'regex', matcherRegex: 'nowhere' },
    { name: 'broken', matcherType: 'regex', matcherRegex: '(' },
  ];
  const frame = completeLogFrame(read(), { derivedFields });
  expect(frame.fields.at(-1)?.values).toEqual(['ab12', '200']);
  expect(frame.fields.at(-1)?.config.links).toEqual([{ title: '', url: 'http://x/${__value.raw}', targetBlank: true }]);
  expect(frame.fields).toHaveLength(read().fields.length + 1);
});

test('numbers are left as they are', () => {
  const frame = toDataFrame({ fields: [{ name: 'Value', type: FieldType.number, values: [1], labels: { level: 'error' } }] });
  expect(completeLogFrame(frame, { derivedFields: [TRACE] })).toBe(frame);
});

test('a series is called by its legend', () => {
  const frame = dataFrameFromJSON({
    schema: {
      refId: 'A',
      meta: { type: DataFrameType.TimeSeriesMulti, typeVersion: [0, 1] },
      fields: [
        { name: 'Time', type: FieldType.time, config: { interval: 60000 } },
        { name: 'Value', type: FieldType.number, labels: { level: 'error' }, config: { displayNameFromDS: 'error' } },
      ],
    },
    data: { values: [[0, 60000], [1, null]] },
  });
  expect(getFieldDisplayName(frame.fields[1], frame)).toBe('error');
});
