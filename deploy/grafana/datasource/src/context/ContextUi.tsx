/** Above the context of a line: the fields that lines of its context share with it, to take away from and to add to. */
import { LogRowModel } from '@grafana/data';
import { Button, InlineField, MultiSelect } from '@grafana/ui';
import { ReactNode, useState } from 'react';
import { ContextKeys } from './contextKeys';

interface Props {
  row: LogRowModel;
  keys: ContextKeys;
  onChange?: () => void;
}

export function ContextUi({ row, keys, onChange }: Props) {
  const [chosen, setChosen] = useState(keys.of(row));
  const choose = (next: readonly string[] | undefined) => {
    if (next === undefined) {
      keys.forget(row);
    } else {
      keys.choose(row, next);
    }
    setChosen(keys.of(row));
    onChange?.();
  };
  const options = Object.entries(row.labels).map(([name, value]) => ({ label: `${name}=${value}`, value: name }));
  return (
    <div style={{ display: 'flex', alignItems: 'flex-start' }}>
      <InlineField label="Same" tooltip="Lines of the context have the same values of these fields. Without any, all lines are shown." grow>
        <MultiSelect
          inputId={`logstore-context-${row.uid}`}
          aria-label="Fields that the lines of the context share"
          options={options}
          value={chosen.filter((name) => row.labels[name] !== undefined)}
          onChange={(values) => choose(values.map(({ value }) => value ?? ''))}
        />
      </InlineField>
      <Button variant="secondary" onClick={() => choose(undefined)}>
        Reset
      </Button>
    </div>
  );
}

export function contextUi(row: LogRowModel, keys: ContextKeys, onChange?: () => void): ReactNode {
  return <ContextUi key={row.uid} row={row} keys={keys} onChange={onChange} />;
}
