/** The query as text: colours, completion, and the server's word on it while it is written. */
import { css } from '@emotion/css';
import { GrafanaTheme2, TimeRange } from '@grafana/data';
import { Button, CodeEditor, Monaco, MonacoEditor, Stack, Text, useStyles2 } from '@grafana/ui';
import { KeyboardEvent, useCallback, useEffect, useRef, useState } from 'react';
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
  ariaLabel: 'Query; press Alt+F1 for accessibility options',
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
  // Words of a search are texts, and so are values.
  quickSuggestions: { other: true, comments: false, strings: true },
  // Suggestions shall not be cut off at the edge of the small editor.
  fixedOverflowWidgets: true,
  padding: { top: 5, bottom: 5 },
  wordWrap: 'on' as const,
};

export function CodeMode({ datasource, value, range, recent, onChange, onRun }: Props) {
  const styles = useStyles2(codeStyles);
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
    // As wide as the panel, also when that becomes narrower: the rows around it would keep the width of the editor.
    <Stack direction="column" gap={0.5} width="100%">
      <div data-testid="logstore-code" className={styles.frame} onKeyDownCapture={leaveByTab}>
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
      <Stack direction="row" alignItems="center">
        <div role="status" data-testid="logstore-verdict" className={styles.verdict}>
          {parsed?.error && (
            <Text color="error" variant="bodySmall">
              {faultText(parsed.error)}
            </Text>
          )}
        </div>
        {parsed?.error === undefined && (
          <Text color="secondary" variant="bodySmall">
            Shift+Enter runs it, Ctrl+Space completes it
          </Text>
        )}
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

/**
 * Tab goes to what is next on the page, as everywhere in a form: Monaco would write a tab, and who has no mouse could not leave.
 * While completions are offered it takes the chosen one.
 */
function leaveByTab(event: KeyboardEvent<HTMLElement>): void {
  if (event.key === 'Tab' && event.currentTarget.querySelector('.suggest-widget.visible') === null) {
    event.stopPropagation();
  }
}

const codeStyles = (theme: GrafanaTheme2) => ({
  verdict: css({ flexGrow: 1, minWidth: 0 }),
  // Monaco shows its focus by a cursor alone.
  frame: css({ borderRadius: theme.shape.radius.default, '&:focus-within': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: 1 } }),
});

function faultText({ message, line, column, hint }: { message: string; line?: number; column?: number; hint?: string }): string {
  const place = line !== undefined && column !== undefined ? ` (line ${line}, column ${column})` : '';
  return `${message}${place}${hint ? `: ${hint}` : ''}`;
}
