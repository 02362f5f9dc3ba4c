import { DataFrameType, FieldType, LogRowContextQueryDirection, LogRowModel, toDataFrame } from '@grafana/data';
import { ContextKeys } from './contextKeys';
import { contextQuery, contextRange, instant, sourceSearch } from './contextQuery';
import { cutAtRow } from './cutAtRow';

const MS = Date.UTC(2026, 10, 22, 10, 0, 0, 5);
const row = {
  uid: 'u1',
  rowId: 'r5',
  timeEpochMs: MS,
  timeEpochNs: `${MS}123456`,
  labels: { tag: 'app.web', pod: 'web 1' } as Record<string, string>,
  dataFrame: { refId: 'B' },
} as LogRowModel;

const { Backward, Forward } = LogRowContextQueryDirection;

test('an instant has nanoseconds', () => {
  expect(instant(row)).toBe('2026-11-22T10:00:00.005123456Z');
  expect(instant({ timeEpochMs: MS, timeEpochNs: '' })).toBe('2026-11-22T10:00:00.005000000Z');
});

test('the source of a line is what it has of the fields', () => {
  expect(sourceSearch(row, ['tag', 'pod', 'host'])).toBe('tag:app.web pod:"web 1"');
});

test('lines before are asked newest first, lines behind oldest first', () => {
  expect(contextQuery(row, ['tag'], { direction: Backward, limit: 10 }, { refId: 'A', expr: 'x' })).toMatchObject({
    refId: 'log-context-A-BACKWARD',
    expr: 'tag:app.web time:<=2026-11-22T10:00:00.005123456Z',
    queryType: 'logs',
    supportingQueryType: 'logsContext',
  });
  expect(contextQuery(row, [], { direction: Forward }).expr).toBe('time:>=2026-11-22T10:00:00.005123456Z | sort time');
});

test('the window is as wide as the reader says, and holds the line itself', () => {
  const before = contextRange(row, { direction: Backward, timeWindowMs: 1000 });
  expect([before.from.valueOf(), before.to.valueOf()]).toEqual([MS - 1000, MS + 1]);
  const behind = contextRange(row, { direction: Forward, timeWindowMs: 1000 });
  expect([behind.from.valueOf(), behind.to.valueOf()]).toEqual([MS, MS + 1000]);
});

/** Rows with an id, milliseconds after the line, and nanoseconds. */
function lines(...rows: Array<[string, number, number]>) {
  return toDataFrame({
    meta: { type: DataFrameType.LogLines },
    fields: [
      { name: 'timestamp', type: FieldType.time, values: rows.map(([, ms]) => MS + ms), nanos: rows.map(([, , ns]) => ns) },
      { name: 'body', type: FieldType.string, values: rows.map(([id]) => `line ${id}`) },
      { name: 'id', type: FieldType.string, values: rows.map(([id]) => id) },
    ],
  });
}
const ids = (frame: ReturnType<typeof lines>) => frame.fields[2].values;

test('before a line come older ones, and of its instant those that came in before it', () => {
  const answer = lines(['r6', 0, 123456], ['r5', 0, 123456], ['r4', 0, 123456], ['r3', 0, 100], ['r2', -1, 0], ['r1', -2, 0]);
  expect(ids(cutAtRow(answer, row, Backward, 3))).toEqual(['r4', 'r3', 'r2']);
});

test('behind a line come newer ones, the nearest of them, newest first', () => {
  const answer = lines(['r7', 0, 123456], ['r6', 0, 123456], ['r5', 0, 123456], ['r4', 0, 123456], ['r8', 0, 200000], ['r9', 3, 0]);
  expect(ids(cutAtRow(answer, row, Forward, 3))).toEqual(['r8', 'r7', 'r6']);
  expect(cutAtRow(answer, row, Forward, 9).fields[0].nanos).toEqual([0, 200000, 123456, 123456]);
});

test('where the line itself is not found, nothing of its instant is told twice', () => {
  expect(ids(cutAtRow(lines(['x', 0, 123456], ['r1', -2, 0]), row, Backward, 9))).toEqual(['r1']);
});

test('a choice of fields holds for its line until it is forgotten', () => {
  const keys = new ContextKeys(['tag']);
  keys.choose(row, ['pod']);
  expect(keys.of(row)).toEqual(['pod']);
  expect(keys.of({ ...row, uid: 'u2' })).toEqual(['tag']);
  keys.forget(row);
  expect(keys.of(row)).toEqual(['tag']);
});
