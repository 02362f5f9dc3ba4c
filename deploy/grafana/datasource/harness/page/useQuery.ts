/** Runs the query of the editor as a panel does. */
import { CoreApp, dateTime, LoadingState, PanelData, rangeUtil, TimeRange } from '@grafana/data';
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

export function useQuery(datasource: LogstoreDatasource, range: TimeRange, app: CoreApp) {
  const [data, setData] = useState<PanelData>({ state: LoadingState.NotStarted, series: [], timeRange: range });
  const running = useRef<Subscription>();
  const run = useCallback(
    (query: LogstoreQuery) => {
      running.current?.unsubscribe();
      const { interval, intervalMs } = rangeUtil.calculateInterval(range, POINTS);
      const request = { requestId: 'Q', app, range, interval, intervalMs, maxDataPoints: POINTS, scopedVars: {}, targets: [query], timezone: 'utc', startTime: Date.now() };
      setData((before) => ({ ...before, state: LoadingState.Loading }));
      running.current = (from(datasource.query(request)) as Observable<{ data: PanelData['series']; error?: PanelData['error'] }>).subscribe({
        next: ({ data: series, error }) => setData({ state: error ? LoadingState.Error : LoadingState.Done, series, error, timeRange: range }),
        error: (error) => setData({ state: LoadingState.Error, series: [], error, timeRange: range }),
      });
    },
    [datasource, range, app]
  );
  useEffect(() => () => running.current?.unsubscribe(), []);
  return { data, run };
}
