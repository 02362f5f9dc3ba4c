/**
 * A comparison with a variable of several values, in an expression: `x == $v` is `x in ("a", "b")`, and `x like "$v%"` is
 * `(x like "a%" or x like "b%")`. One that is not understood is left as it is, and the server tells where it is wrong.
 */
import { Span } from '../language/split';
import { Rewrite } from './alternatives';

/** Behind the operand the comparison must end: `x == $v + 1` is none with `$v`. */
const END = /^\s*(?:$|[|),]|(?:and|or|as|by)\b)/i;
const EQUALITY = /(==|!=)\s*$/;
/** What is compared, a name or a call of one, from the beginning of the comparison on. */
const WHOLE = /(?:^|[(|,]|\b(?:and|or|not|where|if)\b)\s*((?:`[^`\\$]+`|[\w.]+)(?:\([^()"`$]*\))?\s*(?:[<>]=?|\blike\b)\s*)$/i;

/** How the comparison is written whose right side is `operand`. */
export function comparisonWith(query: string, operand: Span): Rewrite | undefined {
  if (!END.test(query.slice(operand.end))) {
    return undefined;
  }
  const before = query.slice(0, operand.start);
  const equality = EQUALITY.exec(before);
  if (equality !== null) {
    const operator = equality[1] === '==' ? 'in' : 'not in';
    return { start: equality.index, end: operand.end, each: operand, joined: (made) => `${operator} (${made.join(', ')})` };
  }
  const compared = WHOLE.exec(before)?.[1];
  if (compared === undefined) {
    return undefined;
  }
  const whole = { start: operand.start - compared.length, end: operand.end };
  return { ...whole, each: whole, joined: (made) => `(${made.join(' or ')})` };
}
