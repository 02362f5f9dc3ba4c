import { AbstractLabelOperator } from '@grafana/data';
import { fromAbstract, toAbstract } from './abstract';

const MATCHERS = [
  { name: 'app', operator: AbstractLabelOperator.Equal, value: 'web' },
  { name: 'env', operator: AbstractLabelOperator.NotEqual, value: 'a b' },
  { name: 'pod', operator: AbstractLabelOperator.EqualRegEx, value: 'web-.*' },
  { name: 'zone', operator: AbstractLabelOperator.NotEqualRegEx, value: 'x|y' },
];

test('label matchers become terms, and terms the same matchers', () => {
  const query = fromAbstract({ refId: 'A', labelMatchers: MATCHERS });
  expect(query.expr).toBe('app:web -env:"a b" pod:~"^(?:web-.*)$" -zone:~"^(?:x|y)$"');
  expect(toAbstract(query)).toEqual({ refId: 'A', labelMatchers: MATCHERS });
});

test('no matchers are all events', () => {
  expect(fromAbstract({ refId: 'A', labelMatchers: [] }).expr).toBe('*');
});

test('what is no label matcher is left behind', () => {
  const exported = toAbstract({ refId: 'A', expr: 'error f:(a, b.c) -g:(x) took:>5 path:~"/api" | count' });
  expect(exported.labelMatchers).toEqual([
    { name: 'f', operator: AbstractLabelOperator.EqualRegEx, value: 'a|b\\.c' },
    { name: 'g', operator: AbstractLabelOperator.NotEqualRegEx, value: 'x' },
    { name: 'path', operator: AbstractLabelOperator.EqualRegEx, value: '.*(?:/api).*' },
  ]);
  expect(toAbstract({ refId: 'A', expr: 'a OR b:c' }).labelMatchers).toEqual([]);
});
