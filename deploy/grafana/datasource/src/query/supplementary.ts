/** The queries that Explore asks beside the user's own: how many lines of which level, and sample lines of a metric. */
import { DataQueryRequest, SupplementaryQueryOptions, SupplementaryQueryType } from '@grafana/data';
import { eventsOf } from '../language/stages';
import { isMetric } from './resultType';
import { joinQuery, splitQuery } from '../language/split';
import { levelStage } from '../frames/levelRules';
import { LevelRule, LogstoreQuery } from '../types';

export const SUPPORTED = [SupplementaryQueryType.LogsVolume, SupplementaryQueryType.LogsSample];

const SAMPLE_LINES = 100;

/** The query of that kind for a query; `undefined` where it would make no sense. */
export function supplementaryQuery(
  { type, ...options }: SupplementaryQueryOptions,
  query: LogstoreQuery,
  rules: LevelRule[] = []
): LogstoreQuery | undefined {
  if (query.hide || query.expr === undefined) {
    return undefined;
  }
  if (type === SupplementaryQueryType.LogsVolume) {
    return isMetric(query) ? undefined : volumeQuery(query, rules);
  }
  return isMetric(query) ? sampleQuery(query, 'limit' in options ? options.limit : undefined) : undefined;
}

function volumeQuery(query: LogstoreQuery, rules: LevelRule[]): LogstoreQuery {
  const { search, stages } = eventsOf(splitQuery(query.expr));
  const leveled = [...stages, ...levelStage(rules)];
  return {
    ...query,
    refId: `log-volume-${query.refId}`,
    expr: joinQuery(search, [...leveled, 'count by bin($__interval), level']),
    queryType: 'range',
    legendFormat: '{{level}}',
    // A step of the user's own is for their panel, the histogram has as many bars as fit.
    step: undefined,
    supportingQueryType: 'logsVolume',
  };
}

function sampleQuery(query: LogstoreQuery, limit = SAMPLE_LINES): LogstoreQuery {
  const { search, stages } = eventsOf(splitQuery(query.expr));
  return {
    ...query,
    refId: `log-sample-${query.refId}`,
    expr: joinQuery(search, stages),
    queryType: 'logs',
    maxLines: limit,
    supportingQueryType: 'logsSample',
  };
}

export function supplementaryRequest(
  type: SupplementaryQueryType,
  request: DataQueryRequest<LogstoreQuery>,
  rules: LevelRule[] = []
): DataQueryRequest<LogstoreQuery> | undefined {
  const targets = request.targets
    .map((query) => supplementaryQuery({ type } as SupplementaryQueryOptions, query, rules))
    .filter((query) => query !== undefined);
  // Explore writes its own interval into the request and its variables: the user's request must not get it.
  return targets.length === 0 ? undefined : { ...request, scopedVars: { ...request.scopedVars }, targets };
}
