/** A part of a query with a variable of several values within it means any of them: `tag:app.$name` is `(tag:app.a OR tag:app.b)`. */
import { Span } from '../language/split';

/** A part of a text, and what may stand in its place. */
export interface Choice extends Span {
  texts: string[];
}

/** What is written anew when there are several texts. */
export interface Rewrite extends Span {
  /** The part that is made once for each of the texts; it ends where the whole does. */
  each: Span;
  joined: (made: string[]) => string;
}

/** A term of a search. */
export function ofTerm(term: Span): Rewrite {
  return { ...term, each: term, joined: (made) => `(${made.join(' OR ')})` };
}

/** As many as a query may have parts. Beyond it the values are written side by side, which the server refuses at that place. */
const MOST = 4000;

/** All texts that the choices make of `text`; the first choice changes slowest. */
function combined(text: string, whole: Span, choices: Choice[]): string[] {
  let made = [''];
  let copied = whole.start;
  for (const { start, end, texts } of choices) {
    const before = text.slice(copied, start);
    made = made.flatMap((each) => texts.map((choice) => each + before + choice));
    copied = end;
  }
  return made.map((each) => each + text.slice(copied, whole.end));
}

/** A part of a query with its choices made: as one, or as alternatives. */
export function alternatives(text: string, { start, each, joined }: Rewrite, choices: Choice[]): string {
  const many = choices.reduce((product, { texts }) => product * texts.length, 1);
  const asked = many <= MOST ? choices : choices.map((choice) => ({ ...choice, texts: [choice.texts.join(',')] }));
  const made = combined(text, each, asked);
  return made.length === 1 ? text.slice(start, each.start) + made[0] : joined(made);
}
