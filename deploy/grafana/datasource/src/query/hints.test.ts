import { FieldType, toDataFrame } from '@grafana/data';
import { queryHints } from './hints';

const lines = (...values: string[]) => [toDataFrame({ fields: [{ name: 'body', type: FieldType.string, values }] })];
const hinted = (expr: string, ...values: string[]) => queryHints({ refId: 'A', expr }, lines(...values)).map(({ type }) => type);

test.each([
  ['JSON', '*', ['{"a":1}', '{"b":2}', 'x'], ['ADD_JSON']],
  ['JSON that is taken out already', '* | json', ['{"a":1}'], []],
  ['logfmt', '*', ['level=info msg="a b"', 'a=1 b=2'], ['ADD_LOGFMT']],
  ['text', '*', ['hello world', 'a=1', '[1]'], []],
  ['broken JSON', '*', ['{"a":'], []],
  ['groups', '* | count', ['{"a":1}'], []],
  ['nothing', '*', [], []],
])('lines of %s', (_what, expr, values, types) => {
  expect(hinted(expr, ...values)).toEqual(types);
});
