/**
 * The lines around a line: those of the same source, up to it or from it on.
 *
 * Grafana's time ranges know milliseconds, lines have nanoseconds: the term of time in the query is exact, the range around it
 * only tells the server where to look. Lines of the very instant come too; `cutAtRow` tells which of them were before.
 */
import { dateTime, DataQueryRequest, LogRowContextOptions, LogRowContextQueryDirection, LogRowModel, TimeRange } from '@grafana/data';
import { encodeFilter } from '../language/filter';
import { joinQuery } from '../language/split';
import { LogstoreQuery } from '../types';

/** How far lines are looked for, unless the reader says otherwise. */
export const DEFAULT_WINDOW_MS = 2 * 60 * 60 * 1000;
const DEFAULT_LIMIT = 100;
/** Lines of the same instant beyond the wanted ones: as many can be told apart by their order. */
const TIES = 100;

/** The search for the source of a line: all fields of `keys` that the line has. */
export function sourceSearch(row: LogRowModel, keys: readonly string[]): string {
  return keys
    .filter((key) => row.labels[key] !== undefined)
    .map((key) => encodeFilter({ key, operator: '=', values: [String(row.labels[key])] }))
    .join(' ');
}

/** `2026-11-22T10:00:00.123456789Z` */
export function instant(row: Pick<LogRowModel, 'timeEpochNs' | 'timeEpochMs'>): string {
  const seconds = new Date(Math.floor(row.timeEpochMs / 1000) * 1000).toISOString().slice(0, 19);
  const nanoseconds = row.timeEpochNs ? row.timeEpochNs.slice(-9).padStart(9, '0') : `${String(row.timeEpochMs % 1000).padStart(3, '0')}000000`;
  return `${seconds}.${nanoseconds}Z`;
}

export function contextQuery(
  row: LogRowModel,
  keys: readonly string[],
  { direction = LogRowContextQueryDirection.Backward, limit = DEFAULT_LIMIT }: LogRowContextOptions,
  query?: LogstoreQuery
): LogstoreQuery {
  const forward = direction === LogRowContextQueryDirection.Forward;
  const source = sourceSearch(row, keys);
  const search = `${source} time:${forward ? '>=' : '<='}${instant(row)}`.trim();
  return {
    refId: `log-context-${query?.refId ?? row.dataFrame.refId ?? 'A'}-${direction}`,
    // Without `sort` the newest lines come first, and the limit would cut those next to the line.
    expr: joinQuery(search, forward ? ['sort time'] : []),
    queryType: 'logs',
    maxLines: limit + TIES,
    supportingQueryType: 'logsContext',
  };
}

export function contextRange(row: LogRowModel, { direction, timeWindowMs = DEFAULT_WINDOW_MS }: LogRowContextOptions): TimeRange {
  const forward = direction === LogRowContextQueryDirection.Forward;
  const from = dateTime(forward ? row.timeEpochMs : row.timeEpochMs - timeWindowMs);
  // The end of a range does not belong to it.
  const to = dateTime(forward ? row.timeEpochMs + timeWindowMs : row.timeEpochMs + 1);
  return { from, to, raw: { from, to } };
}

export function contextRequest(
  target: LogstoreQuery,
  range: TimeRange,
  scopedVars: DataQueryRequest['scopedVars'] = {}
): DataQueryRequest<LogstoreQuery> {
  return {
    requestId: target.refId,
    app: 'explore',
    interval: '1s',
    intervalMs: 1000,
    range,
    scopedVars,
    startTime: Date.now(),
    targets: [target],
    timezone: 'UTC',
    hideFromInspector: true,
  };
}
