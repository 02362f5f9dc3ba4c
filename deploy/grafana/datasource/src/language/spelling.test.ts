import { decodeBare, decodeQuoted, decodeRegex, encodeField, encodeLiteral, encodeName, encodeQuoted, encodeRegex, encodeText, encodeValue } from './spelling';

test.each([
  ['checkout', 'checkout'],
  ['200', '200'],
  ['-5', '-5'],
  ['10.0.0.1', '10.0.0.1'],
  ['', '""'],
  ['a b', '"a b"'],
  ['a"b', '"a\\"b"'],
  ['C:\\dir', '"C:\\\\dir"'],
  ['5*', '"5*"'],
  ['a,b', '"a,b"'],
  ['x|y', '"x|y"'],
  ['(x)', '"(x)"'],
  ['>5', '">5"'],
  ['~x', '"~x"'],
  // `f://x` is a text, as addresses are.
  ['//x', '"//x"'],
  ['-x', '"-x"'],
  ['1..2', '"1..2"'],
  ['in', '"in"'],
  ['line\nbreak', '"line\\nbreak"'],
  ['zero\u200bwidth', '"zero\\u200bwidth"'],
  ['ä', 'ä'],
])('the value %j is spelled %s', (text, spelled) => {
  expect(encodeValue(text)).toBe(spelled);
});

test('a time is bare where the field is a time, and quoted elsewhere', () => {
  expect(encodeValue('2026-11-22T10:00:00.5Z', true)).toBe('2026-11-22T10:00:00.5Z');
  expect(encodeValue('2026-11-22T10:00:00.5Z')).toBe('"2026-11-22T10:00:00.5Z"');
});

test.each([
  ['kubernetes.pod_name', 'kubernetes.pod_name', 'kubernetes.pod_name'],
  ['user-agent', 'user-agent', '`user-agent`'],
  ['a name', '`a name`', '`a name`'],
  ['a`b', '`a\\`b`', '`a\\`b`'],
  ['and', 'and', '`and`'],
  ['2nd', '2nd', '`2nd`'],
  ['-x', '`-x`', '`-x`'],
  ['x*', '`x*`', '`x*`'],
])('the field %j is spelled %s in a search and %s in a stage', (name, inSearch, inStage) => {
  expect(encodeField(name)).toBe(inSearch);
  expect(encodeName(name)).toBe(inStage);
});

test.each([
  ['timeout', 'timeout'],
  ['connection refused', '"connection refused"'],
  ['and', '"and"'],
  ['OR', '"OR"'],
  ['part-00012', '"part-00012"'],
])('the text %j is the term %s', (text, term) => {
  expect(encodeText(text)).toBe(term);
});

test('numbers are numbers in expressions, and all else is text', () => {
  expect(['200', '-1.5e3', '007', '200ms', ''].map(encodeLiteral)).toEqual(['200', '-1.5e3', '"007"', '"200ms"', '""']);
});

test.each(['plain', 'a "b"', '\\', 'tab\t', '\u0001', 'ünïcode', '`', 'end\\'])('quoted, %j is read back as it was', (text) => {
  expect(decodeQuoted(encodeQuoted(text))).toBe(text);
  expect(decodeQuoted(encodeQuoted(text, '`'))).toBe(text);
});

test.each(['\\d+', 'say "hi"', '\\\\', '\\.', 'a|b'])('the regular expression %j is read back as it was', (pattern) => {
  expect(decodeRegex(encodeRegex(pattern))).toBe(pattern);
});

test.each([
  ['web*', true],
  ['w?b', true],
  ['err\\*', false],
  ['a\\\\*', true],
  ['plain', false],
])('wildcards of %j: %s', (source, wild) => {
  expect(decodeBare(source).wild).toBe(wild);
});
