/** Filters of a dashboard and of Explore's filter bar. */
import { AdHocVariableFilter } from '@grafana/data';
import { Filter, FilterOperator } from '../language/filter';
import { withFilter } from './filters';

const OPERATORS: readonly FilterOperator[] = ['=', '!=', '=~', '!~', '=|', '!=|', '<', '<=', '>', '>='];

/** The filter as the query language has it; `undefined` for one that is only half filled in. */
export function toFilter({ key, operator, value, values }: AdHocVariableFilter): Filter | undefined {
  const known = OPERATORS.find((each) => each === operator);
  if (known === undefined || key === '') {
    return undefined;
  }
  const all = known.endsWith('|') ? (values ?? [value]) : [value];
  return all.length === 0 ? undefined : { key, operator: known, values: all };
}

export function withAdHocFilters(expr: string, filters: AdHocVariableFilter[] = []): string {
  return filters
    .map(toFilter)
    .filter((filter) => filter !== undefined)
    .reduce((text, filter) => withFilter(text, filter), expr);
}
