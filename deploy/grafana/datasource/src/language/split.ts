/** Where the parts of a query stand: its search, and its stages. Works on half-written text too, and never fails. */

/** Part of a text, from `start` up to, not including, `end`. */
export interface Span {
  start: number;
  end: number;
}

export interface Stage extends Span {
  /** Its first word: `where`, `stats`. Empty where nothing is written yet. */
  name: string;
  /** What stands behind the first word, without white space around it. */
  rest: string;
}

export interface SplitQuery {
  text: string;
  search: Span;
  stages: Stage[];
}

/** A quote that is never closed goes to the end of the text. */
const QUOTED = /"(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|`(?:[^`\\]|\\[\s\S])*(?:`|\\?$)/y;

/** The end of the quoted text that begins at `start`; `start` itself where none does. */
export function endOfQuoted(text: string, start: number): number {
  QUOTED.lastIndex = start;
  return QUOTED.test(text) ? QUOTED.lastIndex : start;
}

/** Calls `visit` for each character that is outside quotes and not escaped, with its depth in parentheses. */
export function eachPlain(text: string, visit: (index: number, depth: number) => void): void {
  let depth = 0;
  for (let index = 0; index < text.length; ) {
    const after = endOfQuoted(text, index);
    if (after > index) {
      index = after;
      continue;
    }
    if (text[index] === '\\') {
      index += 2;
      continue;
    }
    if (text[index] === ')') {
      depth = Math.max(0, depth - 1);
    }
    visit(index, depth);
    if (text[index] === '(') {
      depth += 1;
    }
    index += 1;
  }
}

/** The pieces of `text` between the separators that are outside quotes and parentheses, as spans. */
export function splitAt(text: string, separator: string): Span[] {
  const spans: Span[] = [];
  let start = 0;
  eachPlain(text, (index, depth) => {
    if (depth === 0 && text[index] === separator) {
      spans.push({ start, end: index });
      start = index + 1;
    }
  });
  return [...spans, { start, end: text.length }];
}

/** Takes a query apart at its pipes. Put together again, search and stages are the same text. */
export function splitQuery(text: string): SplitQuery {
  const [search, ...stages] = splitAt(text, '|');
  return { text, search, stages: stages.map((span) => stageAt(text, span)) };
}

function stageAt(text: string, span: Span): Stage {
  const [, name, rest] = /^\s*([A-Za-z_]*)([\s\S]*)$/.exec(text.slice(span.start, span.end)) ?? ['', '', ''];
  return { ...span, name, rest: rest.trim() };
}

/** The search as text, without white space around it. */
export function searchText(query: SplitQuery): string {
  return query.text.slice(query.search.start, query.search.end).trim();
}

/** A stage as text, without its pipe. */
export function stageText(stage: Stage): string {
  return stage.rest === '' ? stage.name : `${stage.name} ${stage.rest}`;
}

/** The text of a query from its parts. An empty search is everything. */
export function joinQuery(search: string, stages: readonly string[]): string {
  return [search.trim() || '*', ...stages].join(' | ');
}
