/** Filters: those of a dashboard, from the fields and values there are, and the clicks in the details of a line. */
import { AdHocVariableFilter, CoreApp } from '@grafana/data';
import { Button, MultiSelect, Select, Stack } from '@grafana/ui';
import { useEffect, useMemo, useState } from 'react';
import { LogstoreQuery } from '../../src/types';
import { Filtering } from './Answer';
import { AnswerPanel } from './AnswerPanel';
import { logstore } from './grafana';
import { lastHours, useQuery } from './useQuery';

// As a data source offers them that says multiValueFilterOperators.
const OPERATORS = ['=', '!=', '=~', '!~', '=|', '!=|', '<', '>'].map((value) => ({ label: value, value }));

type Offered = Array<{ label: string; value: string }>;

const offered = (known: Array<{ text: string }>): Offered => known.map(({ text }) => ({ label: text, value: text }));

export function Filters({ wanted }: { wanted: URLSearchParams }) {
  const datasource = useMemo(() => logstore(), []);
  const range = useMemo(() => lastHours(1), []);
  const [query, setQuery] = useState<LogstoreQuery>({ refId: 'A', expr: wanted.get('expr') ?? '*', queryType: 'logs' });
  const [filters, setFilters] = useState<AdHocVariableFilter[]>([]);
  const [draft, setDraft] = useState<AdHocVariableFilter>({ key: '', operator: '=', value: '', values: [] });
  const { data, run } = useQuery(datasource, range, CoreApp.Dashboard);
  useEffect(() => run(query, { filters }), [run, query, filters]);
  const [keys, setKeys] = useState<Offered>([]);
  const [values, setValues] = useState<Offered>([]);
  useEffect(() => {
    datasource.getTagKeys({ filters, timeRange: range }).then((known) => setKeys(offered(known)));
  }, [datasource, filters, range]);
  useEffect(() => {
    datasource.getTagValues({ key: draft.key, filters, timeRange: range }).then((known) => setValues(offered(known)));
  }, [datasource, draft.key, filters, range]);
  const filtering: Filtering = {
    headingOf: (name, frame, row) => datasource.getLabelDisplayTypeFromFrame(name, frame, row),
    has: (key, value) => datasource.queryHasFilter(query, { key, value }),
    toggle: (key, value, isFor, frame) => setQuery(datasource.toggleQueryFilter(query, { type: isFor ? 'FILTER_FOR' : 'FILTER_OUT', options: { key, value }, frame })),
  };
  return (
    <Stack direction="column" gap={2}>
      <Stack direction="row" wrap="wrap">
        <Select aria-label="Field" width={24} options={keys} value={draft.key} onChange={({ value = '' }) => setDraft({ ...draft, key: value })} />
        <Select aria-label="Operator" width={12} options={OPERATORS} value={draft.operator} onChange={({ value = '=' }) => setDraft({ ...draft, operator: value })} />
        <MultiSelect
          aria-label="Values"
          width={30}
          options={values}
          value={draft.values}
          onChange={(chosen) => setDraft({ ...draft, value: chosen[0]?.value ?? '', values: chosen.map(({ value = '' }) => value) })}
        />
        <Button onClick={() => setFilters([...filters, draft])}>Filter</Button>
      </Stack>
      <pre data-testid="asked">{datasource.applyTemplateVariables(query, {}, filters).expr}</pre>
      <AnswerPanel title="Answer" data={data} range={range} filtering={filtering} />
    </Stack>
  );
}
