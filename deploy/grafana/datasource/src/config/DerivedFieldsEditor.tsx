/** The list of derived fields. */
import { DataSourceInstanceSettings } from '@grafana/data';
import { DataSourcePicker } from '@grafana/runtime';
import { Button, Field, Input, RadioButtonGroup, Stack } from '@grafana/ui';
import { DerivedField } from '../types';
import { RemoveButton } from './RemoveButton';

const MATCHERS: Array<{ label: string; value: DerivedField['matcherType'] }> = [
  { label: 'Field', value: 'label' },
  { label: 'Line', value: 'regex' },
];

const TARGETS = [
  { label: 'Data source', value: 'internal' },
  { label: 'URL', value: 'url' },
];

/** What most senders of traces call the id. */
const TRACE_LINK: DerivedField = { name: 'trace_id', matcherType: 'label', matcherRegex: 'trace_id', url: '${__value.raw}', urlDisplayLabel: 'View trace', datasourceUid: '' };

interface Props {
  fields: DerivedField[];
  onChange: (fields: DerivedField[]) => void;
}

export function DerivedFieldsEditor({ fields, onChange }: Props) {
  return (
    <Stack direction="column" gap={1} alignItems="flex-start">
      {fields.map((field, place) => (
        <DerivedFieldRow key={place} place={place} field={field} onChange={(next) => onChange(fields.with(place, next))} onRemove={() => onChange(fields.toSpliced(place, 1))} />
      ))}
      <Stack direction="row" wrap="wrap">
        <Button variant="secondary" icon="plus" onClick={() => onChange([...fields, { name: '', matcherType: 'label', matcherRegex: '' }])}>
          Add a derived field
        </Button>
        <Button variant="secondary" icon="link" onClick={() => onChange([...fields, TRACE_LINK])}>
          Add a link to traces
        </Button>
      </Stack>
    </Stack>
  );
}

interface RowProps {
  place: number;
  field: DerivedField;
  onChange: (field: DerivedField) => void;
  onRemove: () => void;
}

function DerivedFieldRow({ place, field, onChange, onRemove }: RowProps) {
  const isInternal = field.datasourceUid !== undefined;
  const text = (key: 'name' | 'matcherRegex' | 'url' | 'urlDisplayLabel') => ({
    id: `logstore-derived-${place}-${key}`,
    value: field[key] ?? '',
    onChange: ({ currentTarget }: React.FormEvent<HTMLInputElement>) => onChange({ ...field, [key]: currentTarget.value }),
  });
  const fault = expressionFault(field);
  return (
    <Stack direction="row" wrap="wrap" alignItems="flex-start">
      <Field label="Name" noMargin>
        <Input width={18} placeholder="trace_id" {...text('name')} />
      </Field>
      <Field label="Taken from" noMargin>
        <RadioButtonGroup options={MATCHERS} value={field.matcherType} onChange={(matcherType) => onChange({ ...field, matcherType })} />
      </Field>
      <Field label={field.matcherType === 'label' ? 'Field' : 'Regular expression'} noMargin invalid={fault !== undefined} error={fault}>
        <Input width={26} placeholder={field.matcherType === 'label' ? 'trace_id' : 'trace=(\\w+)'} {...text('matcherRegex')} />
      </Field>
      <Field label="Link to" noMargin>
        <RadioButtonGroup options={TARGETS} value={isInternal ? 'internal' : 'url'} onChange={(target) => onChange({ ...field, datasourceUid: target === 'internal' ? '' : undefined })} />
      </Field>
      {isInternal && (
        <Field label="Data source" noMargin>
          <DataSourcePicker current={field.datasourceUid} noDefault onChange={({ uid }: DataSourceInstanceSettings) => onChange({ ...field, datasourceUid: uid })} />
        </Field>
      )}
      <Field label={isInternal ? 'Query' : 'URL'} noMargin>
        <Input width={30} placeholder="${__value.raw}" {...text('url')} />
      </Field>
      <Field label="Label" noMargin>
        <Input width={18} placeholder="View trace" {...text('urlDisplayLabel')} />
      </Field>
      <RemoveButton label={`Remove the derived field ${field.name}`} onClick={onRemove} />
    </Stack>
  );
}

function expressionFault({ matcherType, matcherRegex }: DerivedField): string | undefined {
  if (matcherType === 'label') {
    return undefined;
  }
  try {
    new RegExp(matcherRegex);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
