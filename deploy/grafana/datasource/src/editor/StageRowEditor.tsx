/** One stage in the form: which, and what stands behind its name, with how it is written beside it. */
import { AccessoryButton, InputGroup } from '@grafana/plugin-ui';
import { AutoSizeInput, Select } from '@grafana/ui';
import { StageRow } from '../language/builder';
import { asPlain, STAGES } from '../language/reference';
import { described } from './described';

const OPTIONS = STAGES.map(({ name, summary }) => described({ value: name, label: name }, asPlain(summary)));

interface Props {
  stage: StageRow;
  onChange: (stage: StageRow) => void;
  onRemove: () => void;
}

export function StageRowEditor({ stage, onChange, onRemove }: Props) {
  const usage = STAGES.find(({ name }) => name === stage.name)?.usage ?? '';
  return (
    <InputGroup>
      <Select aria-label="Stage" placeholder="Stage" width="auto" options={OPTIONS} value={stage.name || null} onChange={({ value = '' }) => onChange({ ...stage, name: value })} />
      {usage === stage.name ? (
        <></>
      ) : (
        <AutoSizeInput
          aria-label={`Arguments of ${stage.name}`}
          title={usage}
          minWidth={20}
          maxWidth={60}
          placeholder={usage.split('\n')[0].slice(stage.name.length + 1)}
          value={stage.rest}
          onCommitChange={({ currentTarget }) => currentTarget.value !== stage.rest && onChange({ ...stage, rest: currentTarget.value.trim() })}
        />
      )}
      <AccessoryButton aria-label={`Remove ${stage.name || 'this stage'}`} icon="times" variant="secondary" onClick={onRemove} />
    </InputGroup>
  );
}
