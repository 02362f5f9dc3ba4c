/** What the editor offers at a place: names, values, stages and functions, each with what it is. */
import { FieldInfo, FieldValue, MAX_VALUES } from '../resources';
import { AGGREGATES, FUNCTIONS, FunctionReference, PERCENTILES, STAGES } from './reference';
import { parseSearch } from './parseSearch';
import { Situation } from './situation';
import { decodeBare, encodeField, encodeName, encodeQuoted, encodeValue } from './spelling';

export type SuggestionKind = 'field' | 'value' | 'stage' | 'function' | 'operator' | 'query';

export interface Suggestion {
  kind: SuggestionKind;
  label: string;
  /** What is written in place of what was typed; `$0` is where the cursor goes. */
  insert: string;
  detail?: string;
  documentation?: string;
  /** Offer more at once: the values of the field just written. */
  goesOn?: boolean;
}

/** Who knows the fields and values of the window in view. */
export interface Known {
  fields(): Promise<FieldInfo[]>;
  values(field: string, search: string, prefix?: string): Promise<FieldValue[]>;
  /** Queries asked lately, the last one first. */
  recent(): string[];
}

const LEVEL_VALUES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

export async function suggestions(situation: Situation, known: Known): Promise<Suggestion[]> {
  switch (situation.kind) {
    case 'nothing':
      return [];
    case 'term':
      return [
        ...(await fieldTerms(known)),
        ...(situation.afterTerm ? OPERATORS : OPERATORS.slice(-1)),
        ...(situation.atStart ? known.recent().map(recentQuery) : []),
      ];
    case 'value':
      return values(situation, known);
    case 'stage':
      return STAGES.map(stage);
    case 'name':
      return fieldNames(known);
    case 'expression':
      return [
        ...(situation.aggregates ? aggregates() : FUNCTIONS.map(call)),
        // A stage of aggregates takes fields in their parentheses only.
        ...(situation.aggregates ? [] : await fieldNames(known)),
      ];
  }
}

const OPERATORS: Suggestion[] = [
  { kind: 'operator', label: 'AND', insert: 'AND ', detail: 'both terms find it (a space means the same)' },
  { kind: 'operator', label: 'OR', insert: 'OR ', detail: 'one of the terms finds it' },
  { kind: 'operator', label: '|', insert: '| ', detail: 'a stage follows', goesOn: true },
  { kind: 'operator', label: 'NOT', insert: 'NOT ', detail: 'the term does not find it' },
];

async function fieldTerms(known: Known): Promise<Suggestion[]> {
  return (await known.fields()).map(({ name, kinds }) => ({
    kind: 'field',
    label: name,
    insert: `${encodeField(name)}:`,
    detail: kinds ?? 'rare field',
    goesOn: true,
  }));
}

function recentQuery(query: string): Suggestion {
  return { kind: 'query', label: query, insert: query, detail: 'asked before' };
}

async function fieldNames(known: Known): Promise<Suggestion[]> {
  return (await known.fields()).map(({ name, kinds }) => ({
    kind: 'field',
    label: name,
    insert: encodeName(name),
    detail: kinds ?? 'rare field',
  }));
}

async function values({ field, search, typed, quoted }: Extract<Situation, { kind: 'value' }>, known: Known): Promise<Suggestion[]> {
  if (field === 'time') {
    return ['15m', '1h', '1d'].map((length) => ({ kind: 'value', label: length, insert: length, detail: 'up to now' }));
  }
  const most = await known.values(field, narrowing(search));
  // What is rarer than all of these is found by its beginning.
  const prefix = quoted ? typed : decodeBare(typed).text;
  const found = most.length < MAX_VALUES || prefix === '' ? most : await known.values(field, narrowing(search), prefix);
  const suggested = found.map(({ value, count }): Suggestion => ({
    kind: 'value',
    label: value === '' ? '""' : value,
    insert: quoted ? encodeQuoted(value).slice(1, -1) : encodeValue(value),
    ...(count !== undefined && { detail: `${count.toLocaleString('en')} events` }),
  }));
  const levels = field === 'level' ? LEVEL_VALUES.filter((level) => !found.some(({ value }) => value === level)) : [];
  return [...suggested, ...levels.map((level): Suggestion => ({ kind: 'value', label: level, insert: level }))];
}

/** The terms before a value, if it is sure that an event must fit them too. */
function narrowing(search: string): string {
  const tree = search === '' ? undefined : parseSearch(search);
  return tree === undefined || tree.kind === 'or' ? '*' : search;
}

function stage({ name, usage, summary }: (typeof STAGES)[number]): Suggestion {
  const isWhole = usage === name;
  return { kind: 'stage', label: name, insert: isWhole ? name : `${name} `, detail: summary, documentation: usage, goesOn: !isWhole };
}

function call({ name, usage, summary, gives }: FunctionReference): Suggestion {
  const takesNothing = usage.split('\n')[0] === `${name}()`;
  const insert = takesNothing ? `${name}()` : `${name}($0)`;
  return { kind: 'function', label: name, insert, detail: summary, documentation: `${usage}\n\ngives: ${gives}` };
}

function aggregates(): Suggestion[] {
  return AGGREGATES.flatMap((each) =>
    each.name === 'p50' ? PERCENTILES.map((name) => call({ ...each, name, usage: `${name}(x)` })) : [call(each)]
  );
}
