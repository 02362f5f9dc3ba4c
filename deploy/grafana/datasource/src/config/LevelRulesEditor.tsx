/** The list of level rules. */
import { Button, IconButton, Input, Select, Stack, Switch } from '@grafana/ui';
import { LEVELS, LevelOperator, LevelRule } from '../types';

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
  return (
    <Stack direction="row" alignItems="center">
      <Switch aria-label="In use" value={!rule.disabled} onChange={() => onChange({ ...rule, disabled: !rule.disabled })} />
      <Input aria-label="Field" width={20} placeholder="status" value={rule.field} onChange={({ currentTarget }) => onChange({ ...rule, field: currentTarget.value })} />
      <Select aria-label="Operator" width={10} options={OPERATORS} value={rule.operator} onChange={({ value = '=' }) => onChange({ ...rule, operator: value })} />
      <Input aria-label="Value" width={20} placeholder="500" value={rule.value} onChange={({ currentTarget }) => onChange({ ...rule, value: currentTarget.value })} />
      <Select aria-label="Level" width={14} options={LEVEL_OPTIONS} value={rule.level} onChange={({ value = 'error' }) => onChange({ ...rule, level: value })} />
      <IconButton name="trash-alt" aria-label="Remove this rule" onClick={onRemove} />
    </Stack>
  );
}
