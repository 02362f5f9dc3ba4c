/**
 * Puts the values of variables into a query so that each value means itself, whatever characters it has, and so that several
 * values mean any of them: a term with several of them within it becomes alternatives.
 *
 * How a value is spelled follows from where the variable stands: `service:$service` takes a list, `~"$part"` an alternation of
 * escaped texts, `where status in ($codes)` literals, `by $field` a name. `where status == $codes` becomes a list too. A variable
 * with a format, `${service:raw}`, is left to Grafana.
 */
import { ScopedVars } from '@grafana/data';
import { encodeField, encodeLiteral, encodeName, encodeQuoted, encodeRegex, encodeText, escapeRegex, isNumber, NOT_PLAIN } from '../language/spelling';
import { encodeValues } from '../language/filter';
import { behind, Open, OUTERMOST } from '../language/open';
import { endOfQuoted, Span } from '../language/split';
import { termAt } from '../language/termAt';
import { alternatives, Choice, ofTerm, Rewrite } from './alternatives';
import { comparisonWith } from './comparison';

export type Replace = (text: string, scopedVars?: ScopedVars, format?: (value: unknown) => string) => string;

/** Known to the back end, which fills them in where alerts are evaluated too. */
const OF_THE_BACK_END = /^__(?:interval|interval_ms|range|range_s|range_ms|auto|rate_interval)$/;

const VARIABLE = /\$(\w+)|\$\{(\w+)(?:\.[^:}]+)?(?::([^}]+))?\}|\[\[(\w+)(?::(\w+))?\]\]/y;

/** Where a variable stands. */
export type Place = 'term' | 'part' | 'value' | 'choice' | 'field' | 'text' | 'regex' | 'quoted field' | 'literal' | 'literals' | 'list' | 'pattern' | 'name';

const SPELL: Record<Place, (values: string[]) => string> = {
  term: (values) => (values.length === 1 ? term(values[0]) : `(${values.map(term).join(' OR ')})`),
  part: (values) => values.map(escapeBare).join(','),
  value: encodeValues,
  choice: (values) => values.map((value) => encodeValues([value])).join(', '),
  field: (values) => values.map(encodeField).join(','),
  text: (values) => values.map((value) => encodeQuoted(value).slice(1, -1)).join(','),
  regex: (values) => encodeRegex(anyOf(values)).slice(1, -1),
  'quoted field': (values) => values.map((value) => encodeQuoted(value, '`').slice(1, -1)).join(','),
  literal: (values) => values.map(encodeLiteral).join(', '),
  literals: (values) => values.map(encodeLiteral).join(', '),
  list: (values) => `(${values.map(encodeLiteral).join(', ')})`,
  pattern: (values) => encodeRegex(anyOf(values)),
  name: (values) => values.map((value) => (isNumber(value) || /^\d+[a-zA-Z]+$/.test(value) ? value : encodeName(value))).join(', '),
};

function term(value: string): string {
  // A text box that nobody has filled asks for nothing.
  return value === '' ? '*' : encodeText(value);
}

const NOT_BARE = new RegExp(`^[<>=!~'/.-]|[${NOT_PLAIN}*?]|\\.(?=\\.|$)`, 'g');

/** Part of a term: nothing of it means something else, whatever stands before and behind it. */
function escapeBare(value: string): string {
  return value.replace(NOT_BARE, '\\$&');
}

function anyOf(values: string[]): string {
  const escaped = values.map(escapeRegex);
  return escaped.length === 1 ? escaped[0] : `(${escaped.join('|')})`;
}

/** These hold one value; of several, each makes a term or a comparison of its own. */
const SPREAD: ReadonlySet<Place> = new Set(['part', 'field', 'text', 'quoted field', 'literal']);

/** The query with the values of its variables. */
export function interpolate(query: string, replace: Replace, scopedVars: ScopedVars): string {
  let written = '';
  let copied = 0;
  for (const { rewrite, choices } of grouped(variablesOf(query).map((variable) => chosen(query, variable, replace, scopedVars)))) {
    written += query.slice(copied, rewrite.start) + alternatives(query, rewrite, choices);
    copied = rewrite.end;
  }
  return written + query.slice(copied);
}

interface Chosen extends Choice {
  /** The term or the comparison around the variable; without one the variable itself. */
  rewrite: Rewrite;
}

function chosen(query: string, { start, end, place, format, operand, search }: Variable, replace: Replace, scopedVars: ScopedVars): Chosen {
  const source = query.slice(start, end);
  const alone = ofTerm({ start, end });
  if (format !== undefined) {
    return { start, end, rewrite: alone, texts: [replace(source, scopedVars)] };
  }
  let values: string[] = [];
  const spelled = replace(source, scopedVars, (value) => SPELL[place]((values = textsOf(value))));
  const around = search === undefined ? comparisonWith(query, operand) : ofTerm(termAt(query, search, start));
  const isSpread = around !== undefined && SPREAD.has(place) && values.length > 1;
  return { start, end, rewrite: around ?? alone, texts: isSpread ? values.map((value) => SPELL[place]([value])) : [spelled] };
}

/** Variables of one term or comparison belong together: each combination of their values is an alternative. */
function grouped(all: Chosen[]): Array<{ rewrite: Rewrite; choices: Choice[] }> {
  const groups: Array<{ rewrite: Rewrite; choices: Choice[] }> = [];
  for (const choice of all) {
    const last = groups.at(-1);
    if (last !== undefined && choice.rewrite.start < last.rewrite.end) {
      last.choices.push(choice);
    } else {
      groups.push({ rewrite: choice.rewrite, choices: [choice] });
    }
  }
  return groups;
}

/** Nothing chosen is what an empty text is. */
function textsOf(value: unknown): string[] {
  const values = Array.isArray(value) ? value.map(String) : [String(value ?? '')];
  return values.length === 0 ? [''] : values;
}

interface Variable extends Span {
  place: Place;
  /** As Grafana writes it, `${name:raw}`. */
  format?: string;
  /** The quotes around it, or itself. */
  operand: Span;
  /** Where the search begins that it stands in; none within stages. */
  search?: number;
}

/** The variables of a query, but those that the back end fills in. */
function variablesOf(query: string): Variable[] {
  const found: Variable[] = [];
  let open: readonly Open[] = [OUTERMOST];
  const add = (start: number, { end, name, format }: Written, place: Place, operand: Span = { start, end }) => {
    if (!OF_THE_BACK_END.test(name)) {
      found.push({ start, end, place, format, operand, search: searchAround(open) });
    }
  };
  for (let index = 0; index < query.length; ) {
    const quotedEnd = endOfQuoted(query, index);
    if (quotedEnd > index) {
      const place = placeInQuotes(query, index);
      quotedVariables(query, index, quotedEnd).forEach(([start, variable]) => add(start, variable, place, { start: index, end: quotedEnd }));
      index = quotedEnd;
      continue;
    }
    const variable = variableAt(query, index);
    if (variable !== undefined) {
      add(index, variable, placeOf(query, index, variable.end, open[open.length - 1]));
      index = variable.end;
      continue;
    }
    open = behind(query, index, open);
    index += query[index] === '\\' ? 2 : 1;
  }
  return found;
}

/** Where the innermost search begins; none where a stage is further inside. */
function searchAround(open: readonly Open[]): number | undefined {
  const inner = open.findLast(({ holds }) => holds !== 'choices');
  return inner?.holds === 'search' ? inner.start : undefined;
}

function placeInQuotes(query: string, start: number): Place {
  return query[start] === '`' ? 'quoted field' : /(?:~\s*|extract\([^()"]*)$/.test(query.slice(0, start)) ? 'regex' : 'text';
}

function quotedVariables(query: string, start: number, end: number): Array<[number, Written]> {
  const found: Array<[number, Written]> = [];
  for (let index = start + 1; index < end - 1; ) {
    const variable = query[index] === '\\' ? undefined : variableAt(query, index);
    if (variable !== undefined) {
      found.push([index, variable]);
    }
    index = variable?.end ?? index + (query[index] === '\\' ? 2 : 1);
  }
  return found;
}

interface Written {
  end: number;
  name: string;
  format?: string;
}

function variableAt(query: string, index: number): Written | undefined {
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
    return placeInExpression(before, stage);
  }
  if (holds === 'choices') {
    return /[(,]\s*$/.test(before) && /^\s*[,)]/.test(query.slice(end)) ? 'choice' : 'part';
  }
  return placeInSearch(before, query.slice(end));
}

const HAS_VALUES: ReadonlySet<string> = new Set(['where', 'let', 'stats']);

function placeInExpression(before: string, stage: string): Place {
  if (!HAS_VALUES.has(stage)) {
    return 'name';
  }
  if (/!?~\s*$/.test(before)) {
    return 'pattern';
  }
  if (/\bin\s*$/.test(before)) {
    return 'list';
  }
  return /(?:[=<>+*/%]|\b(?:between|and|like)\b)\s*$/i.test(before) ? 'literal' : 'name';
}

function placeInSearch(before: string, after: string): Place {
  const endsHere = after === '' || /^[\s)|]/.test(after);
  if (/^:(?!\/\/)/.test(after) && /(?:^|[\s(])-?$/.test(before)) {
    return 'field';
  }
  if (/(?::|[<>]=?|\.\.)$/.test(before) && (endsHere || after.startsWith('..'))) {
    return 'value';
  }
  return endsHere && /(?:^|[\s(])-?$/.test(before) ? 'term' : 'part';
}
