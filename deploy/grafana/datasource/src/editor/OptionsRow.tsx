/** What is not the query itself: the kind of its answer, how many lines, how series are called, how wide their steps are. */
import { CoreApp } from '@grafana/data';
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { AutoSizeInput, RadioButtonGroup } from '@grafana/ui';
import { resultType } from '../query/resultType';
import { isSummary } from '../language/stages';
import { DEFAULT_MAX_LINES, LogstoreQuery, MAX_LINES_CAP, QueryType } from '../types';

const TYPES: Array<{ label: string; value: QueryType; description: string }> = [
  { label: 'Logs', value: 'logs', description: 'Lines' },
  { label: 'Range', value: 'range', description: 'A series for each group, over bins of time' },
  { label: 'Instant', value: 'instant', description: 'A number for each group' },
  { label: 'Table', value: 'table', description: 'Rows and columns' },
];

interface Props {
  query: LogstoreQuery;
  app?: CoreApp;
  maxLines?: number;
  onChange: (query: LogstoreQuery) => void;
}

export function OptionsRow({ query, app, maxLines = DEFAULT_MAX_LINES, onChange }: Props) {
  const type = resultType(query);
  const isAlert = app === CoreApp.CloudAlerting || app === CoreApp.UnifiedAlerting;
  const types = TYPES.filter(({ value }) => (isAlert ? value === 'range' || value === 'instant' : value !== 'logs' || !isSummary(query.expr)));
  const setText = (key: 'legendFormat' | 'step', text: string) => {
    if (text !== (query[key] ?? '')) {
      onChange({ ...query, [key]: text === '' ? undefined : text });
    }
  };
  // A change runs the query; to come by with the keyboard is none.
  const setLimit = (lines: number | undefined) => {
    if (lines !== query.maxLines) {
      onChange({ ...query, maxLines: lines });
    }
  };
  return (
    <EditorRow>
      <EditorField label="Type">
        <RadioButtonGroup aria-label="Type" id={`logstore-type-${query.refId}`} options={types} value={type} onChange={(queryType) => onChange({ ...query, queryType })} />
      </EditorField>
      {type !== 'range' && type !== 'instant' && (
        <EditorField label="Limit" tooltip={`Lines at most; ${MAX_LINES_CAP} are the most that can be had`}>
          <AutoSizeInput
            id={`logstore-limit-${query.refId}`}
            type="number"
            min={1}
            max={MAX_LINES_CAP}
            minWidth={12}
            placeholder={String(maxLines)}
            value={query.maxLines ?? ''}
            onCommitChange={({ currentTarget }) => setLimit(toLimit(currentTarget.value))}
          />
        </EditorField>
      )}
      {(type === 'range' || type === 'instant') && (
        <EditorField label="Legend" tooltip="{{field}} is the value of a field">
          <AutoSizeInput
            id={`logstore-legend-${query.refId}`}
            minWidth={24}
            placeholder="{{service}}"
            value={query.legendFormat ?? ''}
            onCommitChange={({ currentTarget }) => setText('legendFormat', currentTarget.value)}
          />
        </EditorField>
      )}
      {type === 'range' && (
        <EditorField label="Step" tooltip="What $__interval is; without it, it follows from the width of the graph">
          <AutoSizeInput
            id={`logstore-step-${query.refId}`}
            minWidth={12}
            placeholder="auto"
            value={query.step ?? ''}
            onCommitChange={({ currentTarget }) => setText('step', currentTarget.value.trim())}
          />
        </EditorField>
      )}
    </EditorRow>
  );
}

/** What cannot be a limit is none. */
function toLimit(text: string): number | undefined {
  const lines = Math.floor(Number(text));
  return lines >= 1 ? Math.min(lines, MAX_LINES_CAP) : undefined;
}
