import type { Monaco } from '@grafana/ui';
import { LANGUAGE_ID, registerLanguage, tie } from './language';
import { markerOf } from './markers';
import { MONARCH } from './monarch';

test.each([
  [{ message: 'm', line: 1, column: 13 }, [1, 13, 16]],
  [{ message: 'm', line: 1, column: 13, length: 2 }, [1, 13, 15]],
  [{ message: 'm', line: 2, column: 3 }, [2, 3, 8]],
  [{ message: 'm', line: 9, column: 99 }, [2, 8, 9]],
  [{ message: 'm' }, [1, 1, 12]],
])('the fault %j is marked at %j', (fault, [line, start, end]) => {
  const text = 'level:error and service\n| cuont';
  expect(markerOf(text, fault)).toMatchObject({ startLineNumber: line, startColumn: start, endLineNumber: line, endColumn: end });
});

test('a marker says what to write instead', () => {
  expect(markerOf('x', { message: 'unknown stage', hint: 'did you mean count?' }).message).toBe('unknown stage\nhint: did you mean count?');
});

/** Runs the grammar over a line as Monarch does, as far as the grammar uses it. */
function tokens(line: string): Array<[string, string]> {
  const stack = ['root'];
  const found: Array<[string, string]> = [];
  const rulesOf = (state: string): Array<[RegExp, unknown]> =>
    MONARCH.tokenizer[state].flatMap((rule) => ('include' in rule ? rulesOf(rule.include.slice(1)) : [rule as [RegExp, unknown]]));
  for (let position = 0, steps = 0; position < line.length; steps += 1) {
    expect(steps).toBeLessThan(200);
    const match = rulesOf(stack[stack.length - 1])
      .map(([regex, action]) => ({ action, text: new RegExp(`^(?:${regex.source})`).exec(line.slice(position))?.[0], regex }))
      .find(({ text }) => text !== undefined);
    const text = match?.text ?? line[position];
    let action: unknown = match?.action ?? '';
    if (typeof action === 'object' && action !== null && 'cases' in action) {
      const cases = (action as { cases: Record<string, unknown> }).cases;
      const fits = (key: string) => {
        const list = (MONARCH as unknown as Record<string, string[]>)[key.slice(1)];
        return key === '@default' || (key.startsWith('@') ? list.includes(text) : new RegExp(`^(?:${key})$`).test(text));
      };
      action = cases[Object.keys(cases).find(fits) ?? '@default'];
    }
    const { token, next, switchTo } = (typeof action === 'string' ? { token: action } : action) as { token: string; next?: string; switchTo?: string };
    if (switchTo) {
      stack[stack.length - 1] = switchTo.slice(1);
    } else if (next) {
      stack.push(next.slice(1));
    }
    if (text !== '') {
      found.push([token, text]);
    }
    position += text.length;
  }
  return found.filter(([token]) => token !== '' && token !== 'white');
}

test('a search is told apart into fields, operators, texts and words', () => {
  expect(tokens('level:error -"a b" OR took:>=250ms path:~"^/x" $svc')).toEqual([
    ['type', 'level'],
    ['operator', ':'],
    ['string', 'error'],
    ['operator', '-'],
    ['string', '"a b"'],
    ['keyword', 'OR'],
    ['type', 'took'],
    ['operator', ':>='],
    ['number', '250ms'],
    ['type', 'path'],
    ['operator', ':'],
    ['regexp', '~"^/x"'],
    ['variable', '$svc'],
  ]);
});

test('stages are told apart into names, functions, fields and literals', () => {
  expect(tokens('* | stats p99(took) as x by bin(5m) | cuont').filter(([token]) => token !== '@brackets')).toEqual([
    ['operator', '*'],
    ['delimiter', '|'],
    ['keyword', 'stats'],
    ['predefined', 'p99'],
    ['type', 'took'],
    ['keyword', 'as'],
    ['type', 'x'],
    ['keyword', 'by'],
    ['predefined', 'bin'],
    ['number', '5m'],
    ['delimiter', '|'],
    ['invalid', 'cuont'],
  ]);
});

/** Monaco as far as registering a language uses it. */
function fakeMonaco() {
  const registered: Record<string, unknown> = {};
  const keep = (name: string) => (_id: string, value: unknown) => (registered[name] = value);
  const ids: Array<{ id: string }> = [];
  const monaco = {
    languages: {
      getLanguages: () => ids,
      register: (language: { id: string }) => ids.push(language),
      setMonarchTokensProvider: keep('tokens'),
      setLanguageConfiguration: keep('configuration'),
      registerCompletionItemProvider: keep('completion'),
      registerHoverProvider: keep('hover'),
      CompletionItemKind: { Field: 3, Value: 13, Keyword: 17, Function: 1, Operator: 11, Reference: 21 },
      CompletionItemInsertTextRule: { InsertAsSnippet: 4 },
    },
  } as unknown as Monaco;
  return { monaco, registered, ids };
}

/** A model of one line. */
const model = (line: string) => ({
  uri: { toString: () => 'inmemory://1' },
  getValue: () => line,
  getOffsetAt: ({ column }: { column: number }) => column - 1,
  getPositionAt: (offset: number) => ({ lineNumber: 1, column: offset + 1 }),
  getLineContent: () => line,
  getWordAtPosition: () => ({ word: 'count', startColumn: 5, endColumn: 10 }),
});

test('the language is registered once', () => {
  const { monaco, ids } = fakeMonaco();
  registerLanguage(monaco);
  registerLanguage(monaco);
  expect(ids).toEqual([{ id: LANGUAGE_ID }]);
});

test('completion replaces what was typed, and asks the data source of its editor', async () => {
  const { monaco, registered } = fakeMonaco();
  registerLanguage(monaco);
  const { provideCompletionItems } = registered.completion as { provideCompletionItems: (model: unknown, position: unknown) => Promise<{ suggestions: unknown[] }> };
  const line = 'service:we';
  const position = { lineNumber: 1, column: line.length + 1 };
  expect((await provideCompletionItems(model(line), position)).suggestions).toEqual([]);

  const untie = tie('inmemory://1', { fields: async () => [], values: async () => [{ value: 'web' }], recent: () => [] });
  const { suggestions } = await provideCompletionItems(model(line), position);
  expect(suggestions).toEqual([expect.objectContaining({ label: 'web', insertText: 'web', range: { startLineNumber: 1, startColumn: 9, endLineNumber: 1, endColumn: 11 } })]);
  untie();
  expect((await provideCompletionItems(model(line), position)).suggestions).toEqual([]);
});

test('without an answer there is nothing to offer', async () => {
  const { monaco, registered } = fakeMonaco();
  registerLanguage(monaco);
  const { provideCompletionItems } = registered.completion as { provideCompletionItems: (model: unknown, position: unknown) => Promise<{ suggestions: unknown[] }> };
  const untie = tie('inmemory://1', { fields: () => Promise.reject(new Error('away')), values: async () => [], recent: () => [] });
  expect((await provideCompletionItems(model('x'), { lineNumber: 1, column: 2 })).suggestions).toEqual([]);
  untie();
});

test('a hover tells what a stage does', () => {
  const { monaco, registered } = fakeMonaco();
  registerLanguage(monaco);
  const { provideHover } = registered.hover as { provideHover: (model: unknown, position: unknown) => { contents: Array<{ value: string }> } };
  expect(provideHover(model('* | count by x'), { lineNumber: 1, column: 6 }).contents[0].value).toContain('count [by');
});
