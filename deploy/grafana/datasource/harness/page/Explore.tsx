/** The query editor, and below it what the query has found. */
import { CoreApp, LoadingState } from '@grafana/data';
import { Alert, Button, PanelChrome, Stack } from '@grafana/ui';
import { useEffect, useMemo, useRef, useState } from 'react';
import { LogstoreDatasource } from '../../src/datasource';
import { QueryEditor } from '../../src/editor/QueryEditor';
import { EditorMode, LogstoreQuery, QueryType } from '../../src/types';
import { Answer } from './Answer';
import { logstoreSettings } from './grafana';
import { lastHours, useQuery } from './useQuery';

interface Props {
  wanted: URLSearchParams;
}

export function Explore({ wanted }: Props) {
  const datasource = useMemo(() => new LogstoreDatasource(logstoreSettings({ derivedFields: [{ name: 'trace', matcherType: 'label', matcherRegex: 'trace_id', url: '${__value.raw}', urlDisplayLabel: 'View trace', datasourceUid: 'tempo' }] })), []);
  const range = useMemo(() => lastHours(1), []);
  const app = (wanted.get('app') as CoreApp | null) ?? CoreApp.Explore;
  const [query, setQuery] = useState<LogstoreQuery>({
    refId: 'A',
    ...datasource.getDefaultQuery(app),
    expr: wanted.get('expr') ?? '',
    queryType: (wanted.get('type') ?? undefined) as QueryType | undefined,
    editorMode: (wanted.get('mode') ?? undefined) as EditorMode | undefined,
  });
  const { data, run } = useQuery(datasource, range, app);
  // An editor may change the query and run it in one go: what counts is what was set last.
  const latest = useRef(query);
  const change = (next: LogstoreQuery) => {
    latest.current = next;
    setQuery(next);
  };
  const runLatest = () => run(latest.current);
  useEffect(() => {
    if (wanted.has('run')) {
      run(latest.current);
    }
  }, [run, wanted]);
  return (
    <Stack direction="column" gap={2}>
      <QueryEditor datasource={datasource} query={query} range={range} app={app} data={data} history={[]} onChange={change} onRunQuery={runLatest} />
      <div>
        <Button icon="sync" onClick={runLatest}>
          Run query
        </Button>
      </div>
      {data.error && (
        <Alert severity="error" title="Query error">
          {data.error.data?.message ?? data.error.message}
        </Alert>
      )}
      <div data-testid="answer" data-state={data.state}>
        <PanelChrome title="Answer" collapsible={false} loadingState={data.state === LoadingState.Loading ? data.state : undefined}>
          <Answer series={data.series} range={range} />
        </PanelChrome>
      </div>
    </Stack>
  );
}
