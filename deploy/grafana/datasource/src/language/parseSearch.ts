/**
 * Reads the search part of a query. It takes what the server takes, and refuses (`undefined`) what it cannot be sure of: the
 * server says then what is wrong.
 *
 * disjunction = conjunction (OR conjunction)*; conjunction = negation (AND? negation)*; negation = (- | NOT)* term
 */
import { FieldTest, Order, Search, Value } from './search';
import { decodeBare, decodeQuoted, decodeRegex, NOT_PLAIN } from './spelling';
import { eachPlain } from './split';

const ESCAPED = '\\\\[^0-9A-Za-z]';
const STRING = '"(?:[^"\\\\]|\\\\[\\s\\S])*"';
const TIME =
  '[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:\\.[0-9]{1,9})?)?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?';
const TEXT = `(?:[^${NOT_PLAIN}]|${ESCAPED}|:(?=//))+`;
const VALUE_TEXT = `(?:[^${NOT_PLAIN}.]|\\.(?!\\.)|${ESCAPED}|:(?=//))+`;

const sticky = (source: string) => new RegExp(source, 'y');
const SPACE = sticky('[ \\t\\r\\n]*');
const BARE = sticky(`(?!['!~-])(?!\\.\\.)${TEXT}(?=[\\s)|]|$)`);
const PHRASE = sticky(`${STRING}(?=[\\s)|]|$)`);
const REGEX = sticky(`~(${STRING})(?=[\\s)|]|$)`);
const FIELD = sticky(`(?!['!~-])((?:[^${NOT_PLAIN}*?]|${ESCAPED})+):(?!//)(?=[^\\s)|])`);
const QUOTED_FIELD = sticky('(`(?:[^`\\\\]|\\\\[\\s\\S])*`):(?!//)(?=[^\\s)|])');
const OPERATOR = { AND: keyword('AND'), OR: keyword('OR'), NOT: keyword('NOT') };
const MINUS = sticky('-(?=[^\\s)|-])');
const VALUE = sticky(`(?:${TIME}|(?![<>=!~'])${VALUE_TEXT})(?=[\\s)|]|\\.\\.|$)`);
const QUOTED_VALUE = sticky(`${STRING}(?=[\\s)|]|\\.\\.|$)`);
const CHOICE = sticky(`(?:${TIME}|(?![<>=!~'])${TEXT})(?=[\\s),]|$)`);
const QUOTED_CHOICE = sticky(STRING);
const ORDER = sticky('>=|<=|>|<');
const RANGE = sticky('\\.\\.(?=\\S)');
const IN = sticky('in\\s*\\(');
const REFUSED = /^(?:and|or|not|AND|OR|NOT|&&?)$/;

function keyword(word: string): RegExp {
  return sticky(`${word}(?=[\\s()"|]|$)`);
}

class NoSearch extends Error {}

class Reader {
  position = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  get atEnd(): boolean {
    return this.position === this.text.length;
  }

  space(): void {
    this.take(SPACE);
  }

  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (match !== null) {
      this.position = pattern.lastIndex;
    }
    return match;
  }

  need(pattern: RegExp): RegExpExecArray {
    const match = this.take(pattern);
    if (match === null) {
      throw new NoSearch();
    }
    return match;
  }

  takeCharacter(character: string): boolean {
    if (this.text[this.position] !== character) {
      return false;
    }
    this.position += 1;
    return true;
  }

  private needCharacter(character: string): void {
    if (!this.takeCharacter(character)) {
      throw new NoSearch();
    }
  }

  private many(kind: 'and' | 'or', read: () => Search, goesOn: () => boolean): Search {
    const terms = [read()];
    while (goesOn()) {
      terms.push(read());
    }
    return terms.length === 1 ? terms[0] : { kind, terms, start: terms[0].start, end: terms[terms.length - 1].end };
  }

  disjunction(): Search {
    this.depth += 1;
    // As deep as the server goes; without a bound a long row of parentheses would end in a stack overflow.
    if (this.depth > 100) {
      throw new NoSearch();
    }
    const read = this.many('or', () => this.conjunction(), () => this.operator('OR'));
    this.depth -= 1;
    return read;
  }

  private conjunction(): Search {
    return this.many('and', () => this.negation(), () => this.operator('AND') || this.isTermNext());
  }

  private operator(name: keyof typeof OPERATOR): boolean {
    this.space();
    return this.take(OPERATOR[name]) !== null;
  }

  private isTermNext(): boolean {
    this.space();
    const before = this.position;
    const stops = this.atEnd || this.text[before] === ')' || this.take(OPERATOR.OR) !== null;
    this.position = before;
    return !stops;
  }

  private negation(): Search {
    this.space();
    const start = this.position;
    if (this.take(MINUS) === null && this.take(OPERATOR.NOT) === null) {
      return this.term();
    }
    this.depth += 1;
    if (this.depth > 100) {
      throw new NoSearch();
    }
    const term = this.negation();
    this.depth -= 1;
    return { kind: 'not', term, start, end: term.end };
  }

  private term(): Search {
    const start = this.position;
    if (this.takeCharacter('(')) {
      const term = this.disjunction();
      this.space();
      this.needCharacter(')');
      return { kind: 'group', term, start, end: this.position };
    }
    const field = this.take(QUOTED_FIELD) ?? this.take(FIELD);
    if (field !== null) {
      const name = field[1].startsWith('`') ? decodeQuoted(field[1]) : decodeBare(field[1]).text;
      const test = this.fieldTest();
      return { kind: 'field', field: name, ...test, start, end: this.position };
    }
    return { ...this.message(), start, end: this.position };
  }

  private message(): { kind: 'everything' } | { kind: 'text'; value: Value } | { kind: 'regex'; pattern: string } {
    const regex = this.take(REGEX);
    if (regex !== null) {
      return { kind: 'regex', pattern: decodeRegex(regex[1]) };
    }
    const phrase = this.take(PHRASE);
    if (phrase !== null) {
      return { kind: 'text', value: valueOf(phrase[0]) };
    }
    const bare = this.need(BARE)[0];
    if (REFUSED.test(bare)) {
      throw new NoSearch();
    }
    return /^\*+$/.test(bare) ? { kind: 'everything' } : { kind: 'text', value: valueOf(bare) };
  }

  private fieldTest(): FieldTest {
    const regex = this.take(REGEX);
    if (regex !== null) {
      return { test: 'regex', pattern: decodeRegex(regex[1]) };
    }
    if (this.take(IN) !== null) {
      return { test: 'in query', query: this.inner() };
    }
    if (this.takeCharacter('(')) {
      return { test: 'one of', values: this.choices() };
    }
    const order = this.take(ORDER);
    const value = this.value();
    if (order !== null) {
      return { test: 'compare', order: order[0] as Order, value };
    }
    if (this.take(RANGE) !== null) {
      return { test: 'between', low: value, high: this.value() };
    }
    return /^\*+$/.test(value.source) ? { test: 'present' } : { test: 'equals', value };
  }

  private value(): Value {
    return valueOf((this.take(QUOTED_VALUE) ?? this.need(VALUE))[0]);
  }

  private choices(): Value[] {
    const values: Value[] = [];
    do {
      this.space();
      values.push(valueOf((this.take(QUOTED_CHOICE) ?? this.need(CHOICE))[0]));
      this.space();
    } while (this.takeCharacter(','));
    this.needCharacter(')');
    return values;
  }

  /** The text up to the parenthesis that closes the one just read. */
  private inner(): string {
    const rest = this.text.slice(this.position);
    let end = -1;
    let opened = 0;
    eachPlain(rest, (index) => {
      if (end >= 0) {
        return;
      }
      if (rest[index] === '(') {
        opened += 1;
      } else if (rest[index] === ')' && opened-- === 0) {
        end = index;
      }
    });
    if (end < 0) {
      throw new NoSearch();
    }
    this.position += end + 1;
    return rest.slice(0, end).trim();
  }
}

function valueOf(source: string): Value {
  return source.startsWith('"')
    ? { source, text: decodeQuoted(source), quoted: true, wild: false }
    : { source, quoted: false, ...decodeBare(source) };
}

/** The tree of a search; `undefined` if it is none. Spans count from the start of `text`. */
export function parseSearch(text: string): Search | undefined {
  const reader = new Reader(text);
  reader.space();
  if (reader.atEnd) {
    return { kind: 'everything', start: 0, end: text.length };
  }
  try {
    const search = reader.disjunction();
    reader.space();
    return reader.atEnd ? search : undefined;
  } catch (error) {
    if (error instanceof NoSearch) {
      return undefined;
    }
    throw error;
  }
}
