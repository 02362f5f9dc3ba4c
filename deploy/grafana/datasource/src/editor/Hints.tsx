/** What could be done with the query, seen from what it has found, at one click. */
import { DataFrame, QueryFixAction } from '@grafana/data';
import { Button, Stack } from '@grafana/ui';
import type { LogstoreDatasource } from '../datasource';
import { LogstoreQuery } from '../types';

interface Props {
  datasource: LogstoreDatasource;
  query: LogstoreQuery;
  found: DataFrame[];
  onFix: (action: QueryFixAction) => void;
}

export function Hints({ datasource, query, found, onFix }: Props) {
  const hints = datasource.getQueryHints(query, found);
  if (hints.length === 0) {
    return null;
  }
  return (
    <Stack direction="row" wrap="wrap" gap={1}>
      {hints.map(({ type, label, fix }) => (
        <Button key={type} variant="secondary" size="sm" icon="info-circle" onClick={() => fix?.action && onFix(fix.action)}>
          {`${label} ${fix?.label ?? ''}`}
        </Button>
      ))}
    </Stack>
  );
}
