/** A term with a variable of several values within it means any of them: `tag:app.$name` is `(tag:app.a OR tag:app.b)`. */
import { Span } from '../language/split';

/** A part of a text, and what may stand in its place. */
export interface Choice extends Span {
  texts: string[];
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

/** A term with its choices made: as one, or as alternatives. */
export function alternatives(text: string, term: Span, choices: Choice[]): string {
  const many = choices.reduce((product, { texts }) => product * texts.length, 1);
  const asked = many <= MOST ? choices : choices.map((choice) => ({ ...choice, texts: [choice.texts.join(',')] }));
  const made = combined(text, term, asked);
  return made.length === 1 ? made[0] : `(${made.join(' OR ')})`;
}
