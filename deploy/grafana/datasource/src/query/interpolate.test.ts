import { interpolate, Replace } from './interpolate';

const VALUES: Record<string, unknown> = {
  one: 'web',
  odd: 'a "b" c*',
  many: ['web', 'a b'],
  codes: ['200', '5xx'],
  number: '500',
  empty: '',
  field: 'user agent',
  fields: ['service', 'a b'],
  re: ['a.b', 'c|d'],
  width: '5m',
};

/** As Grafana's template service: what it does not know stays. */
const replace: Replace = (text, _vars, format) => {
  const name = /\w+/.exec(text)?.[0] ?? '';
  if (!(name in VALUES)) {
    return text;
  }
  return format === undefined ? String(VALUES[name]) : format(VALUES[name]);
};

test.each([
  ['service:$one', 'service:web'],
  ['service:${one}', 'service:web'],
  ['service:[[one]]', 'service:web'],
  ['service:$odd', 'service:"a \\"b\\" c*"'],
  ['service:$many error', 'service:(web, "a b") error'],
  ['-service:$many', '-service:(web, "a b")'],
  ['service:($many, x)', 'service:(web, "a b", x)'],
  ['service:$empty', 'service:""'],
  ['status:>=$number', 'status:>=500'],
  ['n:1..$number', 'n:1..500'],
  ['n:$number..900', 'n:500..900'],
  ['tag:app.$one', 'tag:app.web'],
  ['tag:app.$one.x', 'tag:app.web.x'],
  ['tag:$one*', 'tag:web*'],
  ['tag:app.$odd', 'tag:app.a\\ \\"b\\"\\ c\\*'],
  ['tag:app.$many.x', '(tag:app.web.x OR tag:app.a\\ b.x)'],
  ['error -tag:$many* | json', 'error -(tag:web* OR tag:a\\ b*) | json'],
  ['tag:(app.$many, x)', '(tag:(app.web, x) OR tag:(app.a\\ b, x))'],
  ['(tag:app.$many OR x) "of $one, $codes"', '((tag:app.web OR tag:app.a\\ b) OR x) ("of web, 200" OR "of web, 5xx")'],
  ['h:$many-$codes', '(h:web-200 OR h:web-5xx OR h:a\\ b-200 OR h:a\\ b-5xx)'],
  ['h:web-$odd', 'h:web-a\\ \\"b\\"\\ c\\*'],
  ['$fields:x', '(service:x OR `a b`:x)'],
  ['`$fields`:(x, $many)', '(`service`:(x, web, "a b") OR `a b`:(x, web, "a b"))'],
  ['trace:in(tag:app.$codes | fields trace)', 'trace:in((tag:app.200 OR tag:app.5xx) | fields trace)'],
  ['* | union (tag:app.$codes)', '* | union ((tag:app.200 OR tag:app.5xx))'],
  ['$field:x', '`user agent`:x'],
  ['-$field:x', '-`user agent`:x'],
  ['`$field`:x', '`user agent`:x'],
  ['$one', 'web'],
  ['$odd', '"a \\"b\\" c*"'],
  ['error $many', 'error (web OR "a b")'],
  ['error $empty', 'error *'],
  ['"text $odd"', '"text a \\"b\\" c*"'],
  ['path:~"^/$re/"', 'path:~"^/(a\\.b|c\\|d)/"'],
  ['~"$one$"', '~"web$"'],
  ['~"$odd"', '~"a \\"b\\" c\\*"'],
  ['* | where service == $one', '* | where service == "web"'],
  ['* | where status == $number', '* | where status == 500'],
  ['* | where status in ($codes)', '* | where status in (200, "5xx")'],
  ['* | where $field == "x"', '* | where `user agent` == "x"'],
  ['* | where path ~ "$re"', '* | where path ~ "(a\\.b|c\\|d)"'],
  ['* | count by $fields', '* | count by service, `a b`'],
  ['* | stats p99($field) by bin($width)', '* | stats p99(`user agent`) by bin(5m)'],
  ['* | limit $number', '* | limit 500'],
  ['* | where lower(x) == $one and y > $number', '* | where lower(x) == "web" and y > 500'],
  ['* | union (service:$many | count)', '* | union (service:(web, "a b") | count)'],
  ['trace:in(service:$many | fields trace)', 'trace:in(service:(web, "a b") | fields trace)'],
  ['* | where x == $one | union (service:$one)', '* | where x == "web" | union (service:web)'],
  ['service:${odd:raw}', 'service:a "b" c*'],
  ['$unknown service:$unknown', '$unknown service:$unknown'],
  ['* | count by bin($__interval), level', '* | count by bin($__interval), level'],
  ['"100\\$one"', '"100\\$one"'],
])('%s becomes %s', (query, interpolated) => {
  expect(interpolate(query, replace, {})).toBe(interpolated);
});
