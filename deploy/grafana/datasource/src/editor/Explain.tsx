/** The query in words, and, on demand, how the server would answer it. */
import { TimeRange } from '@grafana/data';
import { Button, Stack, Text } from '@grafana/ui';
import { useState } from 'react';
import type { LogstoreDatasource } from '../datasource';
import { explain } from './steps';

interface Props {
  datasource: LogstoreDatasource;
  query: string;
  range?: TimeRange;
}

export function Explain({ datasource, query, range }: Props) {
  const [plan, setPlan] = useState<{ query: string; text: string }>();
  const ask = () => {
    datasource.resources.explain(datasource.interpolated(query, {}), range).then(
      ({ text }) => setPlan({ query, text }),
      (error: unknown) => setPlan({ query, text: messageOf(error) })
    );
  };
  return (
    <Stack direction="column" gap={1} alignItems="flex-start">
      <ol data-testid="logstore-explain" style={{ paddingLeft: '1.5em' }}>
        {explain(query).map(({ text, does }, place) => (
          <li key={`${place} ${text}`}>
            <code>{text}</code> <Text color="secondary">{does}</Text>
          </li>
        ))}
      </ol>
      <Button variant="secondary" size="sm" onClick={ask}>
        Show the plan
      </Button>
      {plan?.query === query && <pre data-testid="logstore-plan">{plan.text}</pre>}
    </Stack>
  );
}

/** What Grafana makes of a failed request. */
function messageOf(error: unknown): string {
  const { data, message } = (error ?? {}) as { data?: { message?: string }; message?: string };
  return data?.message ?? message ?? 'the server did not answer';
}
