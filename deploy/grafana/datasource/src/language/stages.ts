/** What stages do to rows, as far as the editor has to know: which keep events, and which make fields. */
import { decodeQuoted, encodeLiteral, encodeName, encodeQuoted, encodeRegex, isNumber } from './spelling';
import { Filter } from './filter';
import { searchText, splitAt, SplitQuery, splitQuery, Stage, stageText } from './split';

/** Rows behind these are no events any more: groups, counts, templates. */
const SUMMARISES = new Set(['stats', 'count', 'top', 'rare', 'facets', 'sessions', 'patterns', 'compare', 'join']);

/** Which rows there are, and what fields they have, follows from these alone. */
const DECIDES = new Set(['where', 'let', 'parse', 'json', 'logfmt', 'rename', 'union']);

const MAKES_FIELDS = new Set(['let', 'parse', 'json', 'logfmt', 'rename']);

/** Whether the rows of the answer are numbers and groups, and no lines. */
export function isSummary(query: string): boolean {
  return splitQuery(query).stages.some(({ name }) => SUMMARISES.has(name));
}

/** Whether the answer has a number for each bin of time. */
export function isOverTime(query: string): boolean {
  return splitQuery(query).stages.some(
    ({ name, rest }) => (name === 'stats' || name === 'count') && /\bbin\(\s*(?:time\s*,|[\d$][^,()]*\))/.test(rest)
  );
}

/**
 * Search and stages that decide which events the query is about: all of them, also those beyond its limit.
 *
 * Of a summary these are the stages before it.
 */
export function eventsOf(query: SplitQuery): { search: string; stages: string[] } {
  const first = query.stages.findIndex(({ name }) => SUMMARISES.has(name));
  const before = first < 0 ? query.stages : query.stages.slice(0, first);
  return { search: searchText(query) || '*', stages: before.filter(({ name }) => DECIDES.has(name)).map(stageText) };
}

/** Names that the stages of a query give to fields, as far as they say them. */
export function madeFields(query: string): Set<string> {
  return new Set(splitQuery(query).stages.flatMap(namesMadeBy));
}

function namesMadeBy({ name, rest }: Stage): string[] {
  const parts = () => splitAt(rest, ',').map(({ start, end }) => rest.slice(start, end).trim());
  switch (name) {
    case 'let':
      return parts().flatMap((part) => nameAtStart(part));
    case 'rename':
      return parts().flatMap((part) => nameAtStart(part.replace(/^[\s\S]*\sas\s+/, '')));
    case 'parse':
      return [...rest.matchAll(/\(\?P?<(\w+)>|(?<!<)<([^<>:]+)(?::number)?>/g)].map((found) => found[1] ?? found[2]).filter((found) => found !== '_');
    default:
      return [];
  }
}

function nameAtStart(text: string): string[] {
  const found = /^(`(?:[^`\\]|\\[\s\S])*`|[^\s=]+)/.exec(text)?.[1];
  return found === undefined ? [] : [found.startsWith('`') ? decodeQuoted(found) : found];
}

/** The condition of `where` for a filter: what a search says of stored fields, of a field that a stage has made. */
export function encodeCondition({ key, operator, values }: Filter): string {
  const name = encodeName(key);
  const first = values[0] ?? '';
  switch (operator) {
    case '=':
      return equals(name, first);
    case '!=':
      return `not ${equals(name, first)}`;
    case '=~':
      return `${name} ~ ${encodeRegex(first)}`;
    case '!~':
      return `not ${name} ~ ${encodeRegex(first)}`;
    case '=|':
      return `${name} in (${values.map(encodeLiteral).join(', ')})`;
    case '!=|':
      return `not ${name} in (${values.map(encodeLiteral).join(', ')})`;
    default:
      return `${name} ${operator} ${encodeLiteral(first)}`;
  }
}

function equals(name: string, value: string): string {
  // A field of bools does not compare with a text; its text does.
  return value === 'true' || value === 'false'
    ? `text(${name}) == ${encodeQuoted(value)}`
    : `${name} == ${isNumber(value) ? value : encodeQuoted(value)}`;
}

/** Where a `where` about made fields belongs: right behind the last stage before a summary that makes some. */
function placeForWhere(query: SplitQuery): number {
  const first = query.stages.findIndex(({ name }) => SUMMARISES.has(name));
  const before = first < 0 ? query.stages : query.stages.slice(0, first);
  return before.map(({ name }) => MAKES_FIELDS.has(name) || name === 'where').lastIndexOf(true) + 1;
}

export function hasWhere(query: string, filter: Filter): boolean {
  return splitQuery(query).stages.some((stage) => isWhereOf(stage, filter));
}

function isWhereOf(stage: Stage, filter: Filter): boolean {
  return stage.name === 'where' && stage.rest === encodeCondition(filter);
}

export function addWhere(query: string, filter: Filter): string {
  const parts = splitQuery(query);
  const place = placeForWhere(parts);
  const at = place === 0 ? parts.search.end : parts.stages[place - 1].end;
  const tail = query.slice(at);
  const head = query.slice(0, at).trimEnd() || '*';
  return `${head} | where ${encodeCondition(filter)}${tail === '' ? '' : ` ${tail}`}`;
}

export function removeWhere(query: string, filter: Filter): string {
  const stage = splitQuery(query).stages.find((each) => isWhereOf(each, filter));
  if (stage === undefined) {
    return query;
  }
  const tail = query.slice(stage.end);
  const head = query.slice(0, stage.start - 1).trimEnd();
  return tail === '' ? head : `${head} ${tail}`;
}
