/** Which kind of answer a query has, where its author has not said or has said what cannot be. */
import { isOverTime, isSummary } from '../language/stages';
import { LogstoreQuery, QueryType } from '../types';

export function resultType({ expr, queryType }: LogstoreQuery): QueryType {
  if (!isSummary(expr)) {
    // Where lines shall be numbers, the back end counts them.
    return queryType ?? 'logs';
  }
  if (queryType !== undefined && queryType !== 'logs') {
    return queryType;
  }
  return isOverTime(expr) ? 'range' : 'table';
}

/** Whether the answer is numbers, and lines could be shown beside it. */
export function isMetric(query: LogstoreQuery): boolean {
  const type = resultType(query);
  return isSummary(query.expr) || type === 'range' || type === 'instant';
}

export function withResultType(query: LogstoreQuery): LogstoreQuery {
  return { ...query, queryType: resultType(query) };
}
