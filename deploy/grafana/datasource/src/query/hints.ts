/** What could be done with a query, seen from what it has found. */
import { DataFrame, QueryHint } from '@grafana/data';
import { isSummary } from '../language/stages';
import { splitQuery } from '../language/split';
import { LogstoreQuery } from '../types';

/** Lines looked at. More would cost time at each answer and tell nothing new. */
const LOOKED_AT = 20;

export function queryHints(query: LogstoreQuery, series: DataFrame[]): QueryHint[] {
  const lines = series.flatMap(bodies).slice(0, LOOKED_AT);
  const stages = splitQuery(query.expr ?? '').stages.map(({ name }) => name);
  if (lines.length === 0 || isSummary(query.expr ?? '')) {
    return [];
  }
  const hints: QueryHint[] = [];
  if (!stages.includes('json') && mostly(lines, isJson)) {
    hints.push(hint('ADD_JSON', 'The lines are JSON.', 'Take their fields out with json'));
  }
  if (!stages.includes('logfmt') && !mostly(lines, isJson) && mostly(lines, isLogfmt)) {
    hints.push(hint('ADD_LOGFMT', 'The lines are logfmt.', 'Take their fields out with logfmt'));
  }
  return hints;
}

function hint(type: string, label: string, fix: string): QueryHint {
  return { type, label, fix: { label: fix, action: { type } } };
}

function bodies(frame: DataFrame): string[] {
  const body = frame.fields.find(({ name }) => name === 'body');
  return body === undefined ? [] : [...body.values].slice(0, LOOKED_AT).map(String);
}

function mostly(lines: string[], test: (line: string) => boolean): boolean {
  return lines.filter(test).length * 2 > lines.length;
}

function isJson(line: string): boolean {
  if (!/^\s*\{/.test(line)) {
    return false;
  }
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}

function isLogfmt(line: string): boolean {
  return [...line.matchAll(/(?:^|\s)[\w.-]+=(?:"(?:[^"\\]|\\.)*"|[^\s"]+)(?=\s|$)/g)].length >= 2;
}
