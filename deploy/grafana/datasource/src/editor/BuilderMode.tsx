/** The query as a form. What it cannot show it leaves alone, and says so. */
import { TimeRange } from '@grafana/data';
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Alert, Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import type { LogstoreDatasource } from '../datasource';
import { BuilderQuery, fromBuilder, StageRow, TermRow, toBuilder } from '../language/builder';
import { Known } from '../language/completion';
import { StageRowEditor } from './StageRowEditor';
import { TermRowEditor } from './TermRowEditor';

interface Props {
  datasource: LogstoreDatasource;
  value: string;
  range?: TimeRange;
  onChange: (value: string) => void;
  onShowCode: () => void;
}

export function BuilderMode({ datasource, value, range, onChange, onShowCode }: Props) {
  // Rows that are not filled in are in no text: the form remembers them until the text is changed by somebody else.
  const [own, setOwn] = useState<{ text: string; rows: BuilderQuery }>();
  const shown = own?.text === value ? own.rows : toBuilder(value);
  if (shown === undefined) {
    return (
      <Alert severity="info" title="The form cannot show this query">
        <Stack direction="column" alignItems="flex-start">
          It shows terms that must all hold, and stages. Alternatives, ranges and queries in queries are written as text.
          <Button variant="secondary" size="sm" onClick={onShowCode}>
            Show the text
          </Button>
        </Stack>
      </Alert>
    );
  }

  const change = (rows: BuilderQuery) => {
    const text = fromBuilder(rows);
    setOwn({ text, rows });
    onChange(text);
  };
  const setTerms = (terms: TermRow[]) => change({ ...shown, terms });
  const setStages = (stages: StageRow[]) => change({ ...shown, stages });
  const known: Known = {
    fields: () => datasource.resources.fields(range),
    values: (field, search) => datasource.resources.values(field, range, search),
    recent: () => [],
  };
  return (
    <EditorRows>
      <EditorRow>
        <EditorField label="Search" tooltip="All of these must hold">
          <Stack direction="row" wrap="wrap" gap={1}>
            {shown.terms.map((row, place) => (
              <TermRowEditor
                key={`${place} ${row.kind}`}
                row={row}
                known={known}
                onChange={(next) => setTerms(shown.terms.with(place, next))}
                onRemove={() => setTerms(shown.terms.toSpliced(place, 1))}
              />
            ))}
            <Button variant="secondary" icon="plus" onClick={() => setTerms([...shown.terms, { kind: 'field', field: '', operator: '=', values: [] }])}>
              Field
            </Button>
            <Button variant="secondary" icon="plus" onClick={() => setTerms([...shown.terms, { kind: 'text', operator: 'contains', text: '' }])}>
              Text
            </Button>
          </Stack>
        </EditorField>
      </EditorRow>
      <EditorRow>
        <EditorField label="Stages" optional tooltip="Each does one thing with the rows that reach it">
          <Stack direction="row" wrap="wrap" gap={1}>
            {shown.stages.map((stage, place) => (
              <StageRowEditor
                key={`${place} ${stage.name}`}
                stage={stage}
                onChange={(next) => setStages(shown.stages.with(place, next))}
                onRemove={() => setStages(shown.stages.toSpliced(place, 1))}
              />
            ))}
            <Button variant="secondary" icon="plus" onClick={() => setStages([...shown.stages, { name: '', rest: '' }])}>
              Stage
            </Button>
          </Stack>
        </EditorField>
      </EditorRow>
    </EditorRows>
  );
}
