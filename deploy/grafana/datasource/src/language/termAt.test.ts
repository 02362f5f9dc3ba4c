import { termAt } from './termAt';

/** The term around the `^`, which is no part of the text. */
function found(marked: string, start = 0): string {
  const place = marked.indexOf('^');
  const text = marked.replace('^', '');
  const term = termAt(text, start, place);
  return text.slice(term.start, term.end);
}

test.each([
  ['error tag:ap^p x', 'tag:app'],
  ['error -tag:ap^p x', 'tag:app'],
  ['(a OR tag:ap^p) x', '(a OR tag:app)'],
  ['"a b ^c" d', '"a b c"'],
  ['f:(a, b^, "c)") d', 'f:(a, b, "c)")'],
  ['a\\ b^c d', 'a\\ bc'],
  ['trace:in(a^ | fields b) c', 'trace:in(a | fields b)'],
  ['`a b`:x^y|count', '`a b`:xy'],
  ['f:(half^', 'f:(half'],
])('%s stands in %s', (marked, term) => {
  expect(found(marked)).toBe(term);
});

test('a search within parentheses has terms of its own', () => {
  expect(found('(a OR tag:ap^p) x', 1)).toBe('tag:app');
});
