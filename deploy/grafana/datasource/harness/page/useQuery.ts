/** Runs the query of an editor as a panel does, or Explore. */
import { CoreApp, DataQueryRequest, DataQueryResponse, dateTime, LoadingState, PanelData, rangeUtil, TimeRange } from '@grafana/data';
import { useCallback, useEffect, useRef, useState } from 'react';
import { from, Observable, Subscription } from 'rxjs';
import type { LogstoreDatasource } from '../../src/datasource';
import { LogstoreQuery } from '../../src/types';

const POINTS = 120;

export function lastHours(hours: number): TimeRange {
  const to = dateTime();
  const start = dateTime(to).subtract(hours, 'hours');
  return { from: start, to, raw: { from: `now-${hours}h`, to: 'now' } };
}

export function requestOf(query: LogstoreQuery, range: TimeRange, app: CoreApp): DataQueryRequest<LogstoreQuery> {
  const { interval, intervalMs } = rangeUtil.calculateInterval(range, POINTS);
  return { requestId: 'Q', app, range, interval, intervalMs, maxDataPoints: POINTS, scopedVars: {}, targets: [query], timezone: 'utc', startTime: Date.now() };
}

export function useQuery(datasource: LogstoreDatasource, range: TimeRange, app: CoreApp) {
  const [data, setData] = useState<PanelData>({ state: LoadingState.NotStarted, series: [], timeRange: range });
  const running = useRef<Subscription>();
  const stop = useCallback(() => running.current?.unsubscribe(), []);
  const run = useCallback(
    (query: LogstoreQuery, more: Partial<DataQueryRequest<LogstoreQuery>> = {}) => {
      stop();
      setData((before) => ({ ...before, state: LoadingState.Loading }));
      const answers = from(datasource.query({ ...requestOf(query, range, app), ...more })) as Observable<DataQueryResponse>;
      running.current = answers.subscribe({
        next: ({ data: series, error, state }) => setData({ state: error ? LoadingState.Error : (state ?? LoadingState.Done), series, error, timeRange: range }),
        error: (error) => setData({ state: LoadingState.Error, series: [], error, timeRange: range }),
      });
    },
    [datasource, range, app, stop]
  );
  useEffect(() => stop, [stop]);
  return { data, run, stop };
}
