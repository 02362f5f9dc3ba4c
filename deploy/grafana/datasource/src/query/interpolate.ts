/**
 * Puts the values of variables into a query so that each value means itself, whatever characters it has, and so that several
 * values mean any of them.
 *
 * How a value is spelled follows from where the variable stands: `service:$service` takes a list, `~"$part"` an alternation of
 * escaped texts, `where status in ($codes)` literals, `by $field` a name. A variable with a format, `${service:raw}`, is left to
 * Grafana.
 */
import { ScopedVars } from '@grafana/data';
import { encodeField, encodeLiteral, encodeName, encodeQuoted, encodeRegex, encodeText, escapeRegex, isNumber } from '../language/spelling';
import { encodeValues } from '../language/filter';
import { behind, Open, OUTERMOST } from '../language/open';
import { endOfQuoted } from '../language/split';

export type Replace = (text: string, scopedVars?: ScopedVars, format?: (value: unknown) => string) => string;

/** Known to the back end, which fills them in where alerts are evaluated too. */
const OF_THE_BACK_END = /^__(?:interval|interval_ms|range|range_s|range_ms|auto|rate_interval)$/;

const VARIABLE = /\$(\w+)|\$\{(\w+)(?:\.[^:}]+)?(?::([^}]+))?\}|\[\[(\w+)(?::(\w+))?\]\]/y;

/** Where a variable stands. */
export type Place = 'term' | 'part' | 'value' | 'choice' | 'field' | 'text' | 'regex' | 'quoted field' | 'literal' | 'literals' | 'name';

const SPELL: Record<Place, (values: string[]) => string> = {
  term: (values) => (values.length === 1 ? term(values[0]) : `(${values.map(term).join(' OR ')})`),
  part: (values) => values.map(escapeBare).join(','),
  value: encodeValues,
  choice: (values) => values.map((value) => encodeValues([value])).join(', '),
  field: (values) => values.map(encodeField).join(','),
  text: (values) => values.map((value) => encodeQuoted(value).slice(1, -1)).join(','),
  regex: (values) => encodeRegex(alternatives(values)).slice(1, -1),
  'quoted field': (values) => values.map((value) => encodeQuoted(value, '`').slice(1, -1)).join(','),
  literal: (values) => values.map(encodeLiteral).join(', '),
  literals: (values) => values.map(encodeLiteral).join(', '),
  name: (values) => values.map((value) => (isNumber(value) || /^\d+[a-zA-Z]+$/.test(value) ? value : encodeName(value))).join(', '),
};

function term(value: string): string {
  // A text box that nobody has filled asks for nothing.
  return value === '' ? '*' : encodeText(value);
}

function escapeBare(value: string): string {
  return value.replace(/[\s"()|,:`\\*?]/g, '\\$&');
}

function alternatives(values: string[]): string {
  const escaped = values.map(escapeRegex);
  return escaped.length === 1 ? escaped[0] : `(${escaped.join('|')})`;
}

/** The query with the values of its variables. */
export function interpolate(query: string, replace: Replace, scopedVars: ScopedVars): string {
  let written = '';
  let copied = 0;
  eachVariable(query, (start, end, place, name, format) => {
    if (OF_THE_BACK_END.test(name)) {
      return;
    }
    const source = query.slice(start, end);
    const spelled =
      format === undefined ? replace(source, scopedVars, (value) => SPELL[place](textsOf(value))) : replace(source, scopedVars);
    written += query.slice(copied, start) + spelled;
    copied = end;
  });
  return written + query.slice(copied);
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [String(value ?? '')];
}

type Visit = (start: number, end: number, place: Place, name: string, format: string | undefined) => void;

function eachVariable(query: string, visit: Visit): void {
  let open: readonly Open[] = [OUTERMOST];
  for (let index = 0; index < query.length; ) {
    const quotedEnd = endOfQuoted(query, index);
    if (quotedEnd > index) {
      visitQuoted(query, index, quotedEnd, visit);
      index = quotedEnd;
      continue;
    }
    const variable = variableAt(query, index);
    if (variable !== undefined) {
      visit(index, variable.end, placeOf(query, index, variable.end, open[open.length - 1]), variable.name, variable.format);
      index = variable.end;
      continue;
    }
    open = behind(query, index, open);
    index += query[index] === '\\' ? 2 : 1;
  }
}

function visitQuoted(query: string, start: number, end: number, visit: Visit): void {
  const place: Place =
    query[start] === '`' ? 'quoted field' : /(?:~\s*|extract\([^()"]*)$/.test(query.slice(0, start)) ? 'regex' : 'text';
  for (let index = start + 1; index < end - 1; ) {
    const variable = query[index] === '\\' ? undefined : variableAt(query, index);
    if (variable !== undefined) {
      visit(index, variable.end, place, variable.name, variable.format);
    }
    index = variable?.end ?? index + (query[index] === '\\' ? 2 : 1);
  }
}

function variableAt(query: string, index: number): { end: number; name: string; format?: string } | undefined {
  VARIABLE.lastIndex = index;
  const match = VARIABLE.exec(query);
  return match === null
    ? undefined
    : { end: VARIABLE.lastIndex, name: match[1] ?? match[2] ?? match[4], format: match[3] ?? match[5] };
}

function placeOf(query: string, start: number, end: number, { holds, stage }: Open): Place {
  const before = query.slice(0, start);
  if (holds === 'literals') {
    return 'literals';
  }
  if (holds === 'expression') {
    const isOperand = /[=<>+*/%]\s*$|\b(?:between|and)\s*$/i.test(before) && (stage === 'where' || stage === 'let' || stage === 'stats');
    return isOperand ? 'literal' : 'name';
  }
  if (holds === 'choices') {
    return /[(,]\s*$/.test(before) && /^\s*[,)]/.test(query.slice(end)) ? 'choice' : 'part';
  }
  return placeInSearch(before, query.slice(end));
}

function placeInSearch(before: string, after: string): Place {
  const endsHere = after === '' || /^[\s)|]/.test(after);
  if (/^:(?!\/\/)/.test(after) && /(?:^|[\s(-])$/.test(before)) {
    return 'field';
  }
  if (/(?::|[<>]=?|\.\.)$/.test(before) && (endsHere || after.startsWith('..'))) {
    return 'value';
  }
  return endsHere && /(?:^|[\s(-])$/.test(before) ? 'term' : 'part';
}
