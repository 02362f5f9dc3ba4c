/** Which kind of answer a query has, where its author has not said or has said what cannot be. */
import { isOverTime, isSummary } from '../language/stages';
import { LogstoreQuery, QueryType } from '../types';

export function resultType({ expr, queryType }: LogstoreQuery): QueryType {
  if (!isSummary(expr)) {
    // Lines are no numbers; as a table they can be shown.
    return queryType === 'table' ? 'table' : 'logs';
  }
  if (queryType !== undefined && queryType !== 'logs') {
    return queryType;
  }
  return isOverTime(expr) ? 'range' : 'table';
}

export function withResultType(query: LogstoreQuery): LogstoreQuery {
  return { ...query, queryType: resultType(query) };
}
