/** The query as text: colours, completion, and the server's word on it while it is written. */
import { TimeRange } from '@grafana/data';
import { Button, CodeEditor, Monaco, MonacoEditor, Stack, Text } from '@grafana/ui';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { LogstoreDatasource } from '../datasource';
import { Known } from '../language/completion';
import { LANGUAGE_ID, registerLanguage, tie } from '../monaco/language';
import { markerOf } from '../monaco/markers';
import { MAX_VALUES } from '../resources';
import { useParsed } from './useParsed';

interface Props {
  datasource: LogstoreDatasource;
  value: string;
  range?: TimeRange;
  recent: string[];
  onChange: (value: string) => void;
  onRun: (value: string) => void;
}

const LINE_HEIGHT = 18;
const MAX_LINES = 12;

const OPTIONS = {
  fontSize: 13,
  lineHeight: LINE_HEIGHT,
  lineNumbers: 'off' as const,
  folding: false,
  glyphMargin: false,
  lineDecorationsWidth: 4,
  minimap: { enabled: false },
  overviewRulerLanes: 0,
  renderLineHighlight: 'none' as const,
  scrollBeyondLastLine: false,
  // Suggestions shall not be cut off at the edge of the small editor.
  fixedOverflowWidgets: true,
  padding: { top: 5, bottom: 5 },
  wordWrap: 'on' as const,
};

export function CodeMode({ datasource, value, range, recent, onChange, onRun }: Props) {
  const [mounted, setMounted] = useState<{ editor: MonacoEditor; monaco: Monaco }>();
  const interpolate = useCallback((text: string) => datasource.interpolated(text, {}), [datasource]);
  const parsed = useParsed(datasource.resources, value, interpolate);
  const latest = useRef({ range, recent, onRun });
  latest.current = { range, recent, onRun };

  useEffect(() => {
    const model = mounted?.editor.getModel();
    if (mounted === undefined || !model) {
      return;
    }
    const known: Known = {
      fields: () => datasource.resources.fields(latest.current.range),
      values: (field, search, prefix) => datasource.resources.values(field, latest.current.range, search, MAX_VALUES, prefix),
      recent: () => latest.current.recent,
    };
    return tie(model.uri.toString(), known);
  }, [mounted, datasource]);

  useEffect(() => {
    const model = mounted?.editor.getModel();
    if (mounted !== undefined && model) {
      mounted.monaco.editor.setModelMarkers(model, LANGUAGE_ID, parsed?.error ? [markerOf(value, parsed.error)] : []);
    }
  }, [mounted, parsed, value]);

  const onMount = (editor: MonacoEditor, monaco: Monaco) => {
    editor.addCommand(monaco.KeyMod.Shift | monaco.KeyCode.Enter, () => latest.current.onRun(editor.getValue()));
    setMounted({ editor, monaco });
  };

  const canonical = parsed?.canonical;
  const lines = Math.min(Math.max(value.split('\n').length, 2), MAX_LINES);
  return (
    <Stack direction="column" gap={0.5}>
      <div data-testid="logstore-code" aria-label="Query">
        <CodeEditor
          value={value}
          language={LANGUAGE_ID}
          height={lines * LINE_HEIGHT + 12}
          width="100%"
          showMiniMap={false}
          monacoOptions={OPTIONS}
          onBeforeEditorMount={registerLanguage}
          onEditorDidMount={onMount}
          onChange={onChange}
          onBlur={onChange}
          onSave={(text) => latest.current.onRun(text)}
        />
      </div>
      <Stack direction="row" justifyContent="space-between" alignItems="center">
        <div role="status" data-testid="logstore-verdict">
          {parsed?.error && (
            <Text color="error" variant="bodySmall">
              {faultText(parsed.error)}
            </Text>
          )}
        </div>
        <Button
          variant="secondary"
          fill="text"
          size="sm"
          disabled={canonical === undefined || canonical === value}
          onClick={() => canonical !== undefined && onChange(canonical)}
        >
          Format
        </Button>
      </Stack>
    </Stack>
  );
}

function faultText({ message, line, column, hint }: { message: string; line?: number; column?: number; hint?: string }): string {
  const place = line !== undefined && column !== undefined ? ` (line ${line}, column ${column})` : '';
  return `${message}${place}${hint ? `: ${hint}` : ''}`;
}
