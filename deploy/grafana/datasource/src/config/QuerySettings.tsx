/** How many lines are asked for, and which lines belong together. */
import { InlineField, Input, TagsInput } from '@grafana/ui';
import { DEFAULT_MAX_LINES, MAX_LINES_CAP } from '../types';
import { LABEL_WIDTH, SettingsProps } from './settings';

export function QuerySettings({ options, onChange }: SettingsProps) {
  const lines = options.maxLines;
  const isOut = lines !== undefined && !(Number.isInteger(lines) && lines >= 1 && lines <= MAX_LINES_CAP);
  return (
    <>
      <InlineField label="Lines per query" labelWidth={LABEL_WIDTH} tooltip="Unless the query says otherwise" invalid={isOut} error={`From 1 to ${MAX_LINES_CAP}`}>
        <Input
          id="logstore-max-lines"
          type="number"
          width={40}
          placeholder={String(DEFAULT_MAX_LINES)}
          value={lines ?? ''}
          onChange={({ currentTarget }) => onChange({ maxLines: currentTarget.value === '' ? undefined : Number(currentTarget.value) })}
        />
      </InlineField>
      <InlineField label="Context is by" labelWidth={LABEL_WIDTH} tooltip="Lines around a line have the same values of these fields">
        <TagsInput id="logstore-context-fields" width={40} placeholder="tag" tags={options.contextFields ?? []} onChange={(contextFields) => onChange({ contextFields })} />
      </InlineField>
    </>
  );
}
