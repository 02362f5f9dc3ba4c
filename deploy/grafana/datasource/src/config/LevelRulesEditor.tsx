/** The list of level rules. */
import { css } from '@emotion/css';
import { GrafanaTheme2 } from '@grafana/data';
import { Button, Field, Input, Select, Stack, Switch, useStyles2 } from '@grafana/ui';
import { LEVELS, LevelOperator, LevelRule } from '../types';
import { RemoveButton } from './RemoveButton';

const OPERATORS: Array<{ label: string; value: LevelOperator; description?: string }> = [
  { label: '=', value: '=' },
  { label: '!=', value: '!=' },
  { label: '=~', value: '=~', description: 'matches the regular expression' },
  { label: '>=', value: '>=' },
  { label: '<', value: '<' },
];

const LEVEL_OPTIONS = LEVELS.map((level) => ({ label: level, value: level }));

interface Props {
  rules: LevelRule[];
  onChange: (rules: LevelRule[]) => void;
}

export function LevelRulesEditor({ rules, onChange }: Props) {
  const add = () => onChange([...rules, { field: '', operator: '=', value: '', level: 'error' }]);
  return (
    <Stack direction="column" gap={1} alignItems="flex-start">
      {rules.map((rule, place) => (
        <RuleRow key={place} rule={rule} onChange={(next) => onChange(rules.with(place, next))} onRemove={() => onChange(rules.toSpliced(place, 1))} />
      ))}
      <Button variant="secondary" icon="plus" onClick={add}>
        Add a level rule
      </Button>
    </Stack>
  );
}

interface RowProps {
  rule: LevelRule;
  onChange: (rule: LevelRule) => void;
  onRemove: () => void;
}

function RuleRow({ rule, onChange, onRemove }: RowProps) {
  const styles = useStyles2(rowStyles);
  return (
    <Stack direction="row" wrap="wrap" alignItems="flex-start">
      <Field label="In use" noMargin>
        <div className={styles.switch}>
          <Switch aria-label="In use" value={!rule.disabled} onChange={() => onChange({ ...rule, disabled: !rule.disabled })} />
        </div>
      </Field>
      <Field label="Field" noMargin>
        <Input aria-label="Field" width={20} placeholder="status" value={rule.field} onChange={({ currentTarget }) => onChange({ ...rule, field: currentTarget.value })} />
      </Field>
      <Field label="Operator" noMargin>
        <Select aria-label="Operator" width={10} options={OPERATORS} value={rule.operator} onChange={({ value = '=' }) => onChange({ ...rule, operator: value })} />
      </Field>
      <Field label="Value" noMargin>
        <Input aria-label="Value" width={20} placeholder="500" value={rule.value} onChange={({ currentTarget }) => onChange({ ...rule, value: currentTarget.value })} />
      </Field>
      <Field label="Level" noMargin>
        <Select aria-label="Level" width={14} options={LEVEL_OPTIONS} value={rule.level} onChange={({ value = 'error' }) => onChange({ ...rule, level: value })} />
      </Field>
      <RemoveButton label="Remove this rule" onClick={onRemove} />
    </Stack>
  );
}

const rowStyles = (theme: GrafanaTheme2) => ({
  switch: css({ display: 'flex', alignItems: 'center', height: theme.spacing(theme.components.height.md) }),
});
