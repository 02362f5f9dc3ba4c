/** Which parentheses are open at a place of a query, and what stands in them. Works on half-written text. */

export interface Open {
  /** Terms of a search, values of `field:(…)`, values of `in (…)`, or anything else that stages hold. */
  holds: 'search' | 'choices' | 'literals' | 'expression';
  /** Name of the stage around; empty in a search. */
  stage: string;
  /** Where it begins: behind the parenthesis, or the pipe. */
  start: number;
}

export const OUTERMOST: Open = { holds: 'search', stage: '', start: 0 };

/** What is open behind the plain character at `index`, given what is open before it. */
export function behind(text: string, index: number, open: readonly Open[]): readonly Open[] {
  const inner = open[open.length - 1];
  switch (text[index]) {
    case '|': {
      const stage = /^\|\s*([a-z]*)/.exec(text.slice(index))?.[1] ?? '';
      return [...open.slice(0, -1), { holds: 'expression', stage, start: index + 1 }];
    }
    case '(':
      return [...open, { ...opened(text.slice(0, index), inner), start: index + 1 }];
    case ')':
      return open.length > 1 ? open.slice(0, -1) : open;
    default:
      return open;
  }
}

function opened(before: string, outer: Open): Omit<Open, 'start'> {
  if (outer.holds === 'search') {
    return { holds: before.endsWith(':') ? 'choices' : 'search', stage: '' };
  }
  if (/^\s*(?:union|join(?:\s+left)?)\s*$/.test(before.slice(outer.start))) {
    return { holds: 'search', stage: '' };
  }
  return { holds: /\bin\s*$/.test(before) ? 'literals' : 'expression', stage: outer.stage };
}
