/** How many lines are asked for, and which lines belong together. */
import { css } from '@emotion/css';
import { InlineField, Input, TagsInput, useStyles2 } from '@grafana/ui';
import { DEFAULT_MAX_LINES, MAX_LINES_CAP } from '../types';
import { LABEL_WIDTH, SETTINGS_STYLE, SettingsProps } from './settings';

export function QuerySettings({ options, onChange }: SettingsProps) {
  const styles = useStyles2(settingsStyles);
  const lines = options.maxLines;
  const isOut = lines !== undefined && !(Number.isInteger(lines) && lines >= 1 && lines <= MAX_LINES_CAP);
  return (
    <div style={SETTINGS_STYLE}>
      <InlineField grow label="Lines per query" labelWidth={LABEL_WIDTH} tooltip="Unless the query says otherwise" invalid={isOut} error={`From 1 to ${MAX_LINES_CAP}`}>
        <Input
          id="logstore-max-lines"
          type="number"
          placeholder={String(DEFAULT_MAX_LINES)}
          value={lines ?? ''}
          onChange={({ currentTarget }) => onChange({ maxLines: currentTarget.value === '' ? undefined : Number(currentTarget.value) })}
        />
      </InlineField>
      <InlineField grow label="Context is by" labelWidth={LABEL_WIDTH} tooltip="Lines around a line have the same values of these fields">
        <TagsInput id="logstore-context-fields" className={styles.whole} placeholder="tag" tags={options.contextFields ?? []} onChange={(contextFields) => onChange({ contextFields })} />
      </InlineField>
    </div>
  );
}

const settingsStyles = () => ({
  // Its parts would be as wide as they like, and stand out of narrow pages.
  whole: css({ width: 0, minWidth: '100%' }),
});
