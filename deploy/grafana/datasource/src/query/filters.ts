/** What a click on a value, a menu or a hint does to a query. */
import { DataFrame, QueryFixAction, ToggleFilterAction } from '@grafana/data';
import { addFilter, addTerm, hasFilter, toggleFilter } from '../language/editSearch';
import { Filter, opposite } from '../language/filter';
import { encodeRegex, escapeRegex } from '../language/spelling';
import { addWhere, hasWhere, madeFields, removeWhere } from '../language/stages';
import { splitQuery } from '../language/split';
import { labelTypeOf } from '../frames/labelTypes';
import { LogstoreQuery } from '../types';

/** Whether a field is the work of the query's own stages, so that a search cannot test it. */
function isMade(expr: string, key: string, frame?: DataFrame): boolean {
  return labelTypeOf(frame, key, 0) === 'P' || madeFields(expr).has(key);
}

/** Puts a filter where it holds: into the search, or behind the stage that makes its field. */
export function withFilter(expr: string, filter: Filter, frame?: DataFrame): string {
  if (!isMade(expr, filter.key, frame)) {
    return addFilter(expr, filter);
  }
  return hasWhere(expr, filter) ? expr : addWhere(expr, filter);
}

function toggled(expr: string, filter: Filter, frame?: DataFrame): string {
  if (!isMade(expr, filter.key, frame)) {
    return toggleFilter(expr, filter);
  }
  if (hasWhere(expr, filter)) {
    return removeWhere(expr, filter);
  }
  const contrary = opposite(filter);
  return addWhere(contrary === undefined ? expr : removeWhere(expr, contrary), filter);
}

export function toggleQueryFilter(query: LogstoreQuery, { type, options, frame }: ToggleFilterAction): LogstoreQuery {
  const filter: Filter = { key: options.key, operator: type === 'FILTER_FOR' ? '=' : '!=', values: [options.value] };
  return { ...query, expr: toggled(query.expr ?? '', filter, frame) };
}

export function queryHasFilter(query: LogstoreQuery, { key, value }: { key?: string; value?: string }): boolean {
  if (key === undefined || value === undefined) {
    return false;
  }
  const filter: Filter = { key, operator: '=', values: [value] };
  return hasFilter(query.expr ?? '', filter) || hasWhere(query.expr ?? '', filter);
}

export const MODIFICATIONS = ['ADD_FILTER', 'ADD_FILTER_OUT', 'ADD_STRING_FILTER', 'ADD_STRING_FILTER_OUT', 'ADD_JSON', 'ADD_LOGFMT'];

export function modifyQuery(query: LogstoreQuery, { type, options = {}, frame }: QueryFixAction): LogstoreQuery {
  return { ...query, expr: modified(query.expr ?? '', type, options, frame) };
}

function modified(expr: string, type: string, { key, value }: Record<string, string>, frame?: DataFrame): string {
  switch (type) {
    case 'ADD_FILTER':
      return withFilter(expr, { key, operator: '=', values: [value] }, frame);
    case 'ADD_FILTER_OUT':
      return withFilter(expr, { key, operator: '!=', values: [value] }, frame);
    case 'ADD_STRING_FILTER':
      return value ? addTerm(expr, marked(value)) : expr;
    case 'ADD_STRING_FILTER_OUT':
      return value ? addTerm(expr, `-${marked(value)}`) : expr;
    case 'ADD_JSON':
      return withStage(expr, 'json');
    case 'ADD_LOGFMT':
      return withStage(expr, 'logfmt');
    default:
      return expr;
  }
}

/**
 * Text that somebody marked in a line begins and ends anywhere, also within words, where a phrase would not find it. A word is
 * searched with stars, for which there is an index.
 */
function marked(text: string): string {
  return /^\w+$/.test(text) ? `*${text}*` : `~${encodeRegex(escapeRegex(text))}`;
}

/** Unpacking comes first: the stages behind it may then use its fields. */
function withStage(expr: string, stage: string): string {
  const { search } = splitQuery(expr);
  const tail = expr.slice(search.end);
  return `${expr.slice(0, search.end).trim() || '*'} | ${stage}${tail === '' ? '' : ` ${tail}`}`;
}
