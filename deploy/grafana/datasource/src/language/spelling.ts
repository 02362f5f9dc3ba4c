/**
 * How texts are spelled in a query: quotes, escapes and wildcards, both ways.
 *
 * *Quoted* text stands in `"` or backquotes and knows the escapes of JSON. *Bare* text is what a search takes without quotes:
 * `\` makes the next character plain, `*` and `?` are wildcards. A *regular expression* is raw: `\"` is a quote, everything else
 * stays as written. `encode…` gives a spelling that the server reads back as the same text.
 */

/** Words that a search does not take without quotes; the small ones because it cannot tell what they are. */
const OPERATORS = new Set(['AND', 'OR', 'NOT', 'and', 'or', 'not']);

/** Words with a meaning of their own where the name of a field stands in a stage. */
const KEYWORDS = new Set([...OPERATORS, 'in', 'like', 'between', 'is', 'null', 'true', 'false', 'by', 'as', 'keep', 'newest']);

/* Control characters and invisible ones belong to what bare text cannot hold; U+0085 is white space to the server, and not here. */
/* eslint-disable no-control-regex */
export const NOT_PLAIN = '\\s"()|,:`\\\\\\x00-\\x1f\\x7f\\x85\\u200b\\u2060\\ufeff\\u201c-\\u201f';
const PLAIN_VALUE = new RegExp(`^(?!//|[<>=!~'-])[^${NOT_PLAIN}*?]+$`);
const PLAIN_FIELD = new RegExp(`^(?!['!~-])[^${NOT_PLAIN}*?]+$`);
const PLAIN_NAME = /^(?![0-9.])(?:[0-9A-Za-z_.]|[^\s\x00-\x7f\x85\u200b\u2060\ufeff\u2018-\u201f])+$/;
const NOT_PRINTED = /[\x00-\x1f\x7f-\xa0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]/g;
/* eslint-enable no-control-regex */

const TIME =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt][0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?)?$/;

const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** `text` between quotes, with everything escaped that a reader could not see. */
export function encodeQuoted(text: string, quote: '"' | '`' = '"'): string {
  const escaped = text
    .replace(new RegExp(`[\\\\${quote}]`, 'g'), (character) => `\\${character}`)
    .replace(/[\n\r\t]/g, (character) => SHORT[character])
    .replace(NOT_PRINTED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `${quote}${escaped}${quote}`;
}

/** The text of a quoted source, quotes included. */
export function decodeQuoted(source: string): string {
  const known: Record<string, string> = { n: '\n', r: '\r', t: '\t' };
  return source
    .slice(1, -1)
    .replace(/\\(?:u([0-9A-Fa-f]{4})|([\s\S]))/g, (_match, code?: string, plain?: string) =>
      code !== undefined ? String.fromCharCode(parseInt(code, 16)) : (known[plain ?? ''] ?? plain ?? '')
    );
}

/** A regular expression between quotes. */
export function encodeRegex(pattern: string): string {
  return `"${pattern.replace(/\\[\s\S]|"/g, (piece) => (piece === '"' ? '\\"' : piece))}"`;
}

/** The regular expression of a quoted source, quotes included. */
export function decodeRegex(source: string): string {
  return source.slice(1, -1).replace(/\\([\s\S])/g, (whole, character: string) => (character === '"' ? '"' : whole));
}

/** A bare text as it is meant, and whether it has wildcards. */
export function decodeBare(source: string): { text: string; wild: boolean } {
  const wild = /(?<!\\)(?:\\\\)*[*?]/.test(source.replace(/\\[^*?\\]/g, ''));
  return { text: source.replace(/\\([\s\S])/g, '$1'), wild };
}

/**
 * The value of a field test, compared with every kind that it can mean (`200` finds the number and the text).
 *
 * Quoted where bare text could not hold it, or would mean something else, a wildcard for instance. `text` alone is then found.
 */
export function encodeValue(text: string, isTime = false): string {
  const plain = (isTime && TIME.test(text)) || (PLAIN_VALUE.test(text) && !text.includes('..')) || /^-?\d+(\.\d+)?$/.test(text);
  return plain && text !== 'in' ? text : encodeQuoted(text);
}

/** The name of a field in a search, before the colon. */
export function encodeField(name: string): string {
  return PLAIN_FIELD.test(name) && !name.includes('..') ? name : encodeQuoted(name, '`');
}

/** The name of a field in a stage or expression. */
export function encodeName(name: string): string {
  return PLAIN_NAME.test(name) && !KEYWORDS.has(name) ? name : encodeQuoted(name, '`');
}

/** Text that `message` shall hold, as a term of a search. */
export function encodeText(text: string): string {
  return /^[0-9A-Za-z_]+$/.test(text) && !OPERATORS.has(text) ? text : encodeQuoted(text);
}

/** A literal of an expression that compares with numbers and texts alike. */
export function encodeLiteral(text: string): string {
  return isNumber(text) ? text : encodeQuoted(text);
}

/** Whether `text` is a number as JSON has it, which is how a query writes it too. */
export function isNumber(text: string): boolean {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text);
}

/** `text` for use inside a regular expression of RE2 where it shall mean itself. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
