/** One term of the search in the form: a field, an operator and values, or a text that lines shall hold. */
import { SelectableValue } from '@grafana/data';
import { AccessoryButton, InputGroup } from '@grafana/plugin-ui';
import { AutoSizeInput, MultiSelect, Select } from '@grafana/ui';
import { useState } from 'react';
import { FieldOperator, takesValue, TermRow, TextOperator } from '../language/builder';
import { Known } from '../language/completion';
import { described } from './described';

const FIELD_OPERATORS: Array<SelectableValue<FieldOperator>> = [
  { value: '=', label: '=' },
  { value: '!=', label: '!=' },
  { value: '=|', label: 'one of' },
  { value: '!=|', label: 'none of' },
  described({ value: '=~', label: '=~' }, 'matches the regular expression'),
  described({ value: '!~', label: '!~' }, 'does not match it'),
  described({ value: 'like', label: 'like' }, '* stands for any characters, ? for one'),
  { value: 'not like', label: 'not like' },
  { value: '<', label: '<' },
  { value: '<=', label: '<=' },
  { value: '>', label: '>' },
  { value: '>=', label: '>=' },
  { value: 'exists', label: 'exists' },
  { value: 'is missing', label: 'is missing' },
];

const TEXT_OPERATORS: Array<SelectableValue<TextOperator>> = [
  { value: 'contains', label: 'Line contains' },
  { value: 'lacks', label: 'Line does not contain' },
  described({ value: 'matches', label: 'Line matches' }, 'a regular expression'),
  { value: 'does not match', label: 'Line does not match' },
];

interface Props {
  row: TermRow;
  known: Known;
  onChange: (row: TermRow) => void;
  onRemove: () => void;
}

export function TermRowEditor({ row, known, onChange, onRemove }: Props) {
  const remove = <AccessoryButton aria-label="Remove this condition" icon="times" variant="secondary" onClick={onRemove} />;
  if (row.kind === 'text') {
    return (
      <InputGroup>
        <Select aria-label="Operator" width="auto" options={TEXT_OPERATORS} value={row.operator} onChange={({ value = 'contains' }) => onChange({ ...row, operator: value })} />
        <AutoSizeInput
          aria-label="Text"
          minWidth={20}
          maxWidth={60}
          value={row.text}
          onCommitChange={({ currentTarget }) => currentTarget.value !== row.text && onChange({ ...row, text: currentTarget.value })}
        />
        {remove}
      </InputGroup>
    );
  }
  return (
    <InputGroup>
      <FieldSelect row={row} known={known} onChange={onChange} />
      <Select aria-label="Operator" width="auto" options={FIELD_OPERATORS} value={row.operator} onChange={({ value = '=' }) => onChange(withOperator(row, value))} />
      {takesValue(row.operator) ? <ValueSelect row={row} known={known} onChange={onChange} /> : <></>}
      {remove}
    </InputGroup>
  );
}

type FieldRow = Extract<TermRow, { kind: 'field' }>;

interface PartProps {
  row: FieldRow;
  known: Known;
  onChange: (row: TermRow) => void;
}

/** Values stay where the new operator takes as many. */
function withOperator(row: FieldRow, operator: FieldOperator): FieldRow {
  const takesMany = operator.endsWith('|');
  return { ...row, operator, values: !takesValue(operator) ? [] : takesMany ? row.values : row.values.slice(0, 1) };
}

function FieldSelect({ row, known, onChange }: PartProps) {
  const { options, isLoading, load } = useOptions(async () => (await known.fields()).map(({ name, kinds }) => described({ value: name, label: name }, kinds)));
  return (
    <Select
      aria-label="Field"
      placeholder="Field"
      width="auto"
      allowCustomValue
      options={options}
      isLoading={isLoading}
      onOpenMenu={load}
      value={row.field === '' ? null : { value: row.field, label: row.field }}
      onChange={({ value = '' }) => onChange({ ...row, field: value, values: [] })}
    />
  );
}

function ValueSelect({ row, known, onChange }: PartProps) {
  const { options, isLoading, load } = useOptions(async () => (await known.values(row.field, '*')).map(({ value }) => ({ value, label: value === '' ? '""' : value })));
  const chosen = row.values.map((value) => ({ value, label: value === '' ? '""' : value }));
  const shared = { 'aria-label': 'Value', placeholder: 'Value', width: 'auto' as const, allowCustomValue: true, options, isLoading, onOpenMenu: load };
  return row.operator.endsWith('|') ? (
    <MultiSelect {...shared} value={chosen} onChange={(values) => onChange({ ...row, values: values.map(({ value = '' }) => value) })} />
  ) : (
    <Select {...shared} value={chosen[0] ?? null} onChange={({ value = '' }) => onChange({ ...row, values: [value] })} />
  );
}

/** Options that are asked for when somebody opens the list. Without an answer one can still type. */
function useOptions(ask: () => Promise<Array<SelectableValue<string>>>) {
  const [options, setOptions] = useState<Array<SelectableValue<string>>>([]);
  const [isLoading, setLoading] = useState(false);
  const load = () => {
    setLoading(true);
    ask()
      .catch(() => [])
      .then(setOptions)
      .finally(() => setLoading(false));
  };
  return { options, isLoading, load };
}
