/** The editor of a query, in Explore, in panels and in alerts. */
import { CoreApp, QueryEditorProps } from '@grafana/data';
import { EditorHeader, EditorRows, FlexItem } from '@grafana/plugin-ui';
import { Button, RadioButtonGroup, Switch, Text } from '@grafana/ui';
import { useState } from 'react';
import type { LogstoreDatasource } from '../datasource';
import { EditorMode, LogstoreOptions, LogstoreQuery } from '../types';
import { BuilderMode } from './BuilderMode';
import { CodeMode } from './CodeMode';
import { Explain } from './Explain';
import { Hints } from './Hints';
import { OptionsRow } from './OptionsRow';

export type LogstoreQueryEditorProps = QueryEditorProps<LogstoreDatasource, LogstoreQuery, LogstoreOptions> & {
  /** Lines that a query gets which does not say how many. */
  maxLines?: number;
};

const MODES: Array<{ label: string; value: EditorMode }> = [
  { label: 'Builder', value: 'builder' },
  { label: 'Code', value: 'code' },
];

export function QueryEditor({ datasource, query, data, range, app, history, maxLines = datasource.options.maxLines, onChange, onRunQuery }: LogstoreQueryEditorProps) {
  const [isExplained, setExplained] = useState(false);
  // Queries that were saved before there was a form are texts.
  const mode = query.editorMode ?? 'code';
  const expr = query.expr ?? '';
  const change = (part: Partial<LogstoreQuery>) => onChange({ ...query, expr, ...part });
  const changeAndRun = (part: Partial<LogstoreQuery>) => {
    change(part);
    onRunQuery();
  };
  const recent = [...new Set((history ?? []).map((item) => item.query.expr).filter(Boolean))].slice(0, 10);
  return (
    <EditorRows>
      <EditorHeader>
        <label htmlFor={`logstore-explain-${query.refId}`}>
          <Text color="secondary" variant="bodySmall">
            Explain
          </Text>
        </label>
        <Switch id={`logstore-explain-${query.refId}`} value={isExplained} onChange={() => setExplained(!isExplained)} />
        <FlexItem grow={1} />
        {/* Explore has a button of its own. */}
        {app !== CoreApp.Explore && (
          <Button variant="secondary" size="sm" icon="sync" onClick={onRunQuery}>
            Run query
          </Button>
        )}
        <RadioButtonGroup aria-label="How the query is edited" id={`logstore-mode-${query.refId}`} size="sm" options={MODES} value={mode} onChange={(editorMode) => change({ editorMode })} />
      </EditorHeader>
      {mode === 'code' ? (
        <CodeMode
          datasource={datasource}
          value={expr}
          range={range}
          recent={recent}
          onChange={(text) => text !== expr && change({ expr: text })}
          onRun={(text) => changeAndRun({ expr: text })}
        />
      ) : (
        <BuilderMode datasource={datasource} value={expr} range={range} onChange={(text) => change({ expr: text })} onShowCode={() => change({ editorMode: 'code' })} />
      )}
      {data !== undefined && (
        <Hints datasource={datasource} query={query} found={data.series} onFix={(action) => changeAndRun({ expr: datasource.modifyQuery(query, action).expr })} />
      )}
      {isExplained && <Explain datasource={datasource} query={expr} range={range} />}
      <OptionsRow query={{ ...query, expr }} app={app} maxLines={maxLines} onChange={changeAndRun} />
    </EditorRows>
  );
}
