/** What may be written at a place of a query, seen from the text before it. */
import { behind, Open, OUTERMOST } from './open';
import { decodeBare, decodeQuoted } from './spelling';
import { endOfQuoted, splitAt } from './split';

export type Situation =
  /** A term: a field's name, a word, an operator. */
  | { kind: 'term'; typed: string; afterTerm: boolean; atStart: boolean }
  /** A value of `field`; `search` are the other terms around, which its events must fit too. */
  | { kind: 'value'; field: string; typed: string; search: string; quoted: boolean }
  | { kind: 'stage'; typed: string }
  /** An expression: fields and functions, and aggregates where `stage` takes them. */
  | { kind: 'expression'; typed: string; stage: string; aggregates: boolean }
  /** Names of fields and nothing else. */
  | { kind: 'name'; typed: string; stage: string }
  | { kind: 'nothing' };

const NAMES = new Set(['fields', 'drop', 'rename', 'top', 'rare', 'dedup', 'sort', 'json', 'logfmt', 'patterns', 'sessions']);
const NOTHING = new Set(['limit', 'sample', 'facets', 'compare']);

const FIELD_VALUE = /(?:^|[\s(-])((?:[^\s"()|,:`\\*?]|\\[^0-9A-Za-z])+|`(?:[^`\\]|\\[\s\S])*`):((?:[<>]=?)?)("?)([^\s"()|,]*)$/;
const FIELD_LIST = /((?:[^\s"()|,:`\\*?]|\\[^0-9A-Za-z])+|`(?:[^`\\]|\\[\s\S])*`):\($/;
const TYPED_NAME = /[0-9A-Za-z_.\u0080-\uffff]*$/;

export function situationAt(text: string, cursor: number): Situation {
  const before = text.slice(0, cursor);
  const { open, quoteStart } = stateAt(before);
  const inner = open[open.length - 1];
  if (quoteStart !== undefined) {
    return inner.holds === 'search' || inner.holds === 'choices' ? inQuotes(before, quoteStart, inner) : { kind: 'nothing' };
  }
  switch (inner.holds) {
    case 'search':
      return inSearch(before, inner);
    case 'choices':
      return inChoices(before, inner);
    case 'literals':
      return { kind: 'nothing' };
    case 'expression':
      return inStage(before, inner, open.length > 1 && open[open.length - 2].stage === inner.stage);
  }
}

/** What is open at the end of `before`, and where the quote begins that is not closed there. */
function stateAt(before: string): { open: readonly Open[]; quoteStart?: number } {
  let open: readonly Open[] = [OUTERMOST];
  for (let index = 0; index < before.length; ) {
    const end = endOfQuoted(before, index);
    if (end > index) {
      const isClosed = end - index > 1 && before[end - 1] === before[index] && !/(?:^|[^\\])(?:\\\\)*\\$/.test(before.slice(index + 1, end - 1));
      if (!isClosed) {
        return { open, quoteStart: index };
      }
      index = end;
      continue;
    }
    open = behind(before, index, open);
    index += before[index] === '\\' ? 2 : 1;
  }
  return { open };
}

function inSearch(before: string, { start }: Open): Situation {
  const own = before.slice(start);
  const value = FIELD_VALUE.exec(own);
  if (value !== null) {
    const search = own.slice(0, value.index).trim();
    return { kind: 'value', field: nameOf(value[1]), typed: value[4], search, quoted: false };
  }
  const typed = /[^\s()-]*$/.exec(own)?.[0] ?? '';
  const head = own.slice(0, own.length - typed.length);
  const afterTerm = /[^\s(]\s+$/.test(head) && !/\b(?:AND|OR|NOT)\s+$/.test(head);
  return { kind: 'term', typed, afterTerm, atStart: start === 0 && head.trim() === '' };
}

function inQuotes(before: string, quoteStart: number, inner: Open): Situation {
  const head = before.slice(0, quoteStart);
  const typed = before.slice(quoteStart + 1);
  if (inner.holds === 'choices') {
    const field = FIELD_LIST.exec(before.slice(0, inner.start))?.[1];
    return field === undefined ? { kind: 'nothing' } : { kind: 'value', field: nameOf(field), typed, search: '', quoted: true };
  }
  const value = FIELD_VALUE.exec(head.slice(inner.start));
  return value !== null && value[4] === ''
    ? { kind: 'value', field: nameOf(value[1]), typed, search: head.slice(inner.start, inner.start + value.index).trim(), quoted: true }
    : { kind: 'nothing' };
}

function inChoices(before: string, { start }: Open): Situation {
  const field = FIELD_LIST.exec(before.slice(0, start))?.[1];
  const choices = splitAt(before.slice(start), ',');
  const typed = before.slice(start + choices[choices.length - 1].start).trimStart();
  return field === undefined ? { kind: 'nothing' } : { kind: 'value', field: nameOf(field), typed, search: '', quoted: false };
}

function inStage(before: string, { stage, start }: Open, isInner: boolean): Situation {
  const own = before.slice(start);
  const typed = TYPED_NAME.exec(own)?.[0] ?? '';
  if (!isInner && /^\s*[A-Za-z_]*$/.test(own)) {
    return { kind: 'stage', typed };
  }
  if (NOTHING.has(stage) || /\b(?:as|gap)\s+\S*$/.test(own)) {
    return { kind: 'nothing' };
  }
  const isGrouping = /\b(?:by|on|from)\b/.test(own);
  if (NAMES.has(stage) || (isGrouping && stage !== 'stats' && stage !== 'count') || stage === 'parse' || stage === 'join' || stage === 'context') {
    return stage === 'parse' && !isGrouping ? { kind: 'nothing' } : { kind: 'name', typed, stage };
  }
  return { kind: 'expression', typed, stage, aggregates: stage === 'stats' && !isInner && !isGrouping };
}

function nameOf(source: string): string {
  return source.startsWith('`') ? decodeQuoted(source) : decodeBare(source).text;
}
