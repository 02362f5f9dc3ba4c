/** The form of a dashboard's variable. */
import { QueryEditorProps } from '@grafana/data';
import { InlineField, Input, RadioButtonGroup } from '@grafana/ui';
import { useId, useState } from 'react';
import type { LogstoreDatasource } from '../datasource';
import { LogstoreOptions, LogstoreQuery } from '../types';
import { LogstoreVariableQuery, toVariableQuery, VariableKind } from './variableQuery';

const KINDS: Array<{ label: string; value: VariableKind; description: string }> = [
  { label: 'Field values', value: 'fieldValues', description: 'The commonest values come first' },
  { label: 'Field names', value: 'fieldNames', description: 'For variables that stand for a field' },
  { label: 'Query', value: 'query', description: 'The first column of its rows' },
];

const LABEL_WIDTH = 14;

type Props = QueryEditorProps<LogstoreDatasource, LogstoreQuery, LogstoreOptions, LogstoreVariableQuery>;

export function VariableQueryEditor({ query, onChange }: Props) {
  const id = useId();
  const [draft, setDraft] = useState(toVariableQuery(query));
  const change = (part: Partial<LogstoreVariableQuery>) => setDraft({ ...draft, ...part });
  const run = (part: Partial<LogstoreVariableQuery> = {}) => {
    const next = { ...draft, ...part };
    setDraft(next);
    onChange(next);
  };
  return (
    <>
      <InlineField label="Kind" labelWidth={LABEL_WIDTH}>
        <RadioButtonGroup id={`${id}-kind`} aria-label="Kind" options={KINDS} value={draft.kind} onChange={(kind) => run({ kind })} />
      </InlineField>
      {draft.kind === 'fieldValues' && (
        <InlineField label="Field" labelWidth={LABEL_WIDTH} tooltip="May be a variable: $field">
          <Input
            id={`${id}-field`}
            width={40}
            placeholder="service"
            value={draft.field ?? ''}
            onChange={({ currentTarget }) => change({ field: currentTarget.value })}
            onBlur={() => run()}
          />
        </InlineField>
      )}
      <InlineField
        label={draft.kind === 'query' ? 'Query' : 'Search'}
        labelWidth={LABEL_WIDTH}
        tooltip={draft.kind === 'query' ? 'Its first column is shown; a column called value is what queries get' : 'Only what its events have. Other variables may stand in it.'}
        grow
      >
        <Input
          id={`${id}-search`}
          placeholder={draft.kind === 'query' ? 'level:error | top 20 service' : 'environment:$environment'}
          value={draft.search ?? ''}
          onChange={({ currentTarget }) => change({ search: currentTarget.value })}
          onBlur={() => run()}
        />
      </InlineField>
      {draft.kind !== 'fieldNames' && (
        <InlineField label="Limit" labelWidth={LABEL_WIDTH}>
          <Input
            id={`${id}-limit`}
            type="number"
            width={40}
            placeholder="1000"
            value={draft.limit ?? ''}
            onChange={({ currentTarget }) => change({ limit: currentTarget.value === '' ? undefined : Number(currentTarget.value) })}
            onBlur={() => run()}
          />
        </InlineField>
      )}
    </>
  );
}
