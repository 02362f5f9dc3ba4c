/** The lines around a line: above them what the plugin shows there, and how far they may be. */
import { CoreApp, DataFrame, DataQueryResponse, LogRowContextQueryDirection, LogRowModel } from '@grafana/data';
import { RadioButtonGroup, Stack } from '@grafana/ui';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { firstValueFrom, from, Observable } from 'rxjs';
import type { LogstoreDatasource } from '../../src/datasource';
import { Lines } from './Answer';
import { logstore } from './grafana';
import { lastHours, requestOf } from './useQuery';

const LIMIT = 20;
const WINDOWS = [
  { label: '15 seconds', value: 15_000 },
  { label: '2 hours', value: 7_200_000 },
];

/** A line as Grafana's panels know it. */
function rowOf(frame: DataFrame, index: number): LogRowModel {
  const at = (name: string) => frame.fields.find((field) => field.name === name)?.values[index];
  const nanos = frame.fields.find(({ name }) => name === 'timestamp')?.nanos?.[index] ?? 0;
  const timeEpochMs: number = at('timestamp');
  const row = { uid: `A_${at('id')}`, rowId: at('id'), rowIndex: index, dataFrame: frame, entry: at('body'), labels: at('labels'), timeEpochMs, timeEpochNs: `${timeEpochMs}${String(nanos).padStart(6, '0')}` };
  return row as LogRowModel;
}

async function lineOf(datasource: LogstoreDatasource, expr: string): Promise<LogRowModel> {
  const request = requestOf({ refId: 'A', expr, queryType: 'logs' }, lastHours(1), CoreApp.Explore);
  const { data } = await firstValueFrom(from(datasource.query(request)) as Observable<DataQueryResponse>);
  return rowOf(data[0], 0);
}

export function Context({ wanted }: { wanted: URLSearchParams }) {
  const datasource = useMemo(() => logstore(), []);
  const [row, setRow] = useState<LogRowModel>();
  const [around, setAround] = useState<{ before: DataFrame; after: DataFrame }>();
  const [timeWindowMs, setWindow] = useState(WINDOWS[1].value);
  const expr = wanted.get('expr') ?? '*';
  useEffect(() => {
    lineOf(datasource, expr).then(setRow);
  }, [datasource, expr]);
  const load = useCallback(async () => {
    if (row === undefined) {
      return;
    }
    const side = async (direction: LogRowContextQueryDirection): Promise<DataFrame> => (await datasource.getLogRowContext(row, { direction, limit: LIMIT, timeWindowMs })).data[0];
    const [before, after] = await Promise.all([side(LogRowContextQueryDirection.Backward), side(LogRowContextQueryDirection.Forward)]);
    setAround({ before, after });
  }, [datasource, row, timeWindowMs]);
  useEffect(() => {
    load();
  }, [load]);
  if (row === undefined) {
    return <p>Looking for the line</p>;
  }
  return (
    <Stack direction="column" gap={1}>
      <div>{datasource.getLogRowContextUi(row, load)}</div>
      <RadioButtonGroup aria-label="Context time window" options={WINDOWS} value={timeWindowMs} onChange={setWindow} />
      <section aria-label="After">{around && <Lines frame={around.after} name="Lines after it" />}</section>
      <p data-testid="row">{row.entry}</p>
      <section aria-label="Before">{around && <Lines frame={around.before} name="Lines before it" />}</section>
    </Stack>
  );
}
