/** The query editor, and below it what the query has found. */
import { CoreApp, SupplementaryQueryType } from '@grafana/data';
import { Button, Stack } from '@grafana/ui';
import { useEffect, useMemo, useRef, useState } from 'react';
import { QueryEditor } from '../../src/editor/QueryEditor';
import { EditorMode, LogstoreQuery, QueryType } from '../../src/types';
import { AnswerPanel } from './AnswerPanel';
import { logstore } from './grafana';
import { lastHours, requestOf, useQuery } from './useQuery';

interface Props {
  wanted: URLSearchParams;
}

/** `live` follows, `beside=LogsVolume` asks what Explore asks beside, `history=` are queries of before. */
export function Explore({ wanted }: Props) {
  const datasource = useMemo(() => logstore(), []);
  const range = useMemo(() => lastHours(1), []);
  const app = (wanted.get('app') as CoreApp | null) ?? CoreApp.Explore;
  const [query, setQuery] = useState<LogstoreQuery>({
    refId: 'A',
    ...datasource.getDefaultQuery(app),
    expr: wanted.get('expr') ?? '',
    queryType: (wanted.get('type') ?? undefined) as QueryType | undefined,
    editorMode: (wanted.get('mode') ?? undefined) as EditorMode | undefined,
  });
  const [isLive, setLive] = useState(false);
  const answer = useQuery(datasource, range, app);
  const beside = useQuery(datasource, range, app);
  const supplement = wanted.get('beside') as SupplementaryQueryType | null;
  // An editor may change the query and run it in one go: what counts is what was set last.
  const latest = useRef(query);
  const change = (next: LogstoreQuery) => {
    latest.current = next;
    setQuery(next);
  };
  const runLatest = () => {
    setLive(false);
    answer.run(latest.current);
    const request = supplement && datasource.getSupplementaryRequest(supplement, requestOf(latest.current, range, app));
    if (request) {
      beside.run(request.targets[0], request);
    }
  };
  const follow = () => {
    setLive(!isLive);
    if (isLive) {
      answer.stop();
    } else {
      answer.run(latest.current, { liveStreaming: true });
    }
  };
  const { run } = answer;
  useEffect(() => {
    if (wanted.has('run')) {
      run(latest.current);
    }
  }, [run, wanted]);
  const history = wanted.getAll('history').map((expr, place) => ({ ts: place, query: { refId: 'A', expr } }));
  return (
    <Stack direction="column" gap={2}>
      <QueryEditor datasource={datasource} query={query} range={range} app={app} data={answer.data} history={history} onChange={change} onRunQuery={runLatest} />
      <Stack direction="row">
        <Button icon="sync" onClick={runLatest}>
          Run query
        </Button>
        {wanted.has('live') && (
          <Button icon={isLive ? 'square-shape' : 'play'} variant="secondary" onClick={follow}>
            {isLive ? 'Stop' : 'Live'}
          </Button>
        )}
      </Stack>
      {supplement && <AnswerPanel title={supplement} data={beside.data} range={range} />}
      <AnswerPanel title="Answer" data={answer.data} range={range} />
    </Stack>
  );
}
