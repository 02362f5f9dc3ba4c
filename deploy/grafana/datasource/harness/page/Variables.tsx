/** Two variables of a dashboard, each with its form and its values; the search of the second may name the first. */
import { CoreApp, DataQueryRequest, dateTime, MetricFindValue } from '@grafana/data';
import { MultiSelect, Stack } from '@grafana/ui';
import { useEffect, useMemo, useState } from 'react';
import { firstValueFrom } from 'rxjs';
import type { LogstoreDatasource } from '../../src/datasource';
import { VariableQueryEditor } from '../../src/variables/VariableQueryEditor';
import { LogstoreVariableQuery } from '../../src/variables/variableQuery';
import type { LogstoreVariableSupport } from '../../src/variables/variableSupport';
import { logstore } from './grafana';
import { lastHours, requestOf } from './useQuery';
import { setVariable } from './templates';

interface Props {
  name: string;
  datasource: LogstoreDatasource;
  first: Partial<LogstoreVariableQuery>;
  /** Changes whenever another variable does. */
  others: string;
  onChoose: (values: string[]) => void;
}

function Variable({ name, datasource, first, others, onChoose }: Props) {
  const [query, setQuery] = useState<LogstoreVariableQuery>({ refId: name, kind: 'fieldValues', ...first });
  const [values, setValues] = useState<MetricFindValue[]>([]);
  const [chosen, setChosen] = useState<string[]>([]);
  useEffect(() => {
    const request = { ...requestOf({ refId: name, expr: '' }, lastHours(1), CoreApp.Dashboard), targets: [query] };
    const support = datasource.variables as LogstoreVariableSupport;
    firstValueFrom(support.query(request as unknown as DataQueryRequest<LogstoreVariableQuery>)).then(
      ({ data }) => setValues(data),
      (error) => setValues([{ text: `failed: ${error.data?.message ?? error.message}` }])
    );
  }, [datasource, name, query, others]);
  const choose = (next: string[]) => {
    setChosen(next);
    setVariable(name, next);
    onChoose(next);
  };
  return (
    <section aria-label={name}>
      <VariableQueryEditor datasource={datasource} query={query} onChange={setQuery} onRunQuery={() => undefined} range={{ from: dateTime(), to: dateTime(), raw: { from: '', to: '' } }} />
      <ul data-testid={`values of ${name}`} style={{ paddingLeft: '1.5em' }}>
        {values.map(({ text }) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
      <MultiSelect
        aria-label={`$${name}`}
        width={40}
        options={values.map(({ text }) => ({ label: text, value: text }))}
        value={chosen}
        onChange={(next) => choose(next.map(({ value = '' }) => value))}
      />
    </section>
  );
}

export function Variables({ wanted }: { wanted: URLSearchParams }) {
  const datasource = useMemo(() => logstore(), []);
  const [others, setOthers] = useState('');
  return (
    <Stack direction="column" gap={2}>
      <Variable name="service" datasource={datasource} first={{ field: wanted.get('field') ?? 'service' }} others="" onChoose={(values) => setOthers(values.join())} />
      <Variable name="version" datasource={datasource} first={{ field: 'version', search: 'service:$service' }} others={others} onChoose={() => undefined} />
    </Stack>
  );
}
