/** Stands for Grafana's CodeEditor in tests: Monaco needs a browser that lays out text. */
import type { CodeEditor } from '@grafana/ui';
import { ComponentProps, useEffect, useState } from 'react';

/** What the editor was told to underline, and the commands it was given. */
export const fakeEditor = { markers: [] as unknown[], commands: [] as Array<() => void> };

export function FakeCodeEditor({ value, onChange, onBlur, onEditorDidMount }: ComponentProps<typeof CodeEditor>) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    const model = { uri: { toString: () => 'inmemory://fake' } };
    const editor = { getModel: () => model, getValue: () => value, addCommand: (_key: number, run: () => void) => fakeEditor.commands.push(run) };
    const monaco = { KeyMod: { Shift: 1024 }, KeyCode: { Enter: 3 }, editor: { setModelMarkers: (_model: unknown, _owner: string, markers: unknown[]) => (fakeEditor.markers = markers) } };
    onEditorDidMount?.(editor as never, monaco as never);
    // An editor mounts once.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  return (
    <textarea
      aria-label="Query text"
      value={text}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value);
        onChange?.(currentTarget.value);
      }}
      onBlur={() => onBlur?.(text)}
    />
  );
}
