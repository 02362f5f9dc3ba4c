/** Where a term of a search stands. Works on half-written text too. */
import { endOfQuoted, Span } from './split';

/** Behind the parenthesis that closes the one at `start`; the end of the text where none does. */
function behindGroup(text: string, start: number): number {
  let depth = 0;
  for (let index = start; index < text.length; ) {
    const after = endOfQuoted(text, index);
    if (after > index) {
      index = after;
      continue;
    }
    depth += text[index] === '(' ? 1 : text[index] === ')' ? -1 : 0;
    index += text[index] === '\\' ? 2 : 1;
    if (depth === 0) {
      return index;
    }
  }
  return text.length;
}

/** Where the term that begins at `start` ends: a list of values belongs to it, and what is quoted. */
function endOfTerm(text: string, start: number): number {
  let index = start;
  while (index < text.length && !/[\s)|]/.test(text[index])) {
    if (text[index] === '(') {
      index = behindGroup(text, index);
      continue;
    }
    const after = endOfQuoted(text, index);
    index = after > index ? after : index + (text[index] === '\\' ? 2 : 1);
  }
  return Math.min(index, text.length);
}

/** The term around `place`, without a minus before it, in a search that begins at `start`. */
export function termAt(text: string, start: number, place: number): Span {
  let term = { start, end: start };
  for (let index = start; term.end <= place && index < text.length; ) {
    if (/[\s)|-]/.test(text[index])) {
      index += 1;
      continue;
    }
    term = { start: index, end: endOfTerm(text, index) };
    index = term.end;
  }
  return term;
}
