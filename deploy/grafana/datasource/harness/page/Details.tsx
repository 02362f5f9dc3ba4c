/** The details of the newest line: its fields under their headings, each with the two clicks that filter by it. */
import { DataFrame } from '@grafana/data';
import { IconButton, Stack, Text } from '@grafana/ui';
import type { Filtering } from './Answer';

const ROW = 0;

export function Details({ frame, filtering }: { frame: DataFrame; filtering: Filtering }) {
  const labels: Record<string, string> = frame.fields.find(({ name }) => name === 'labels')?.values[ROW] ?? {};
  return (
    <ul aria-label="Fields of the newest line" style={{ listStyle: 'none' }}>
      {Object.entries(labels).map(([name, value]) => (
        <li key={name}>
          <Stack direction="row" alignItems="center">
            <IconButton name="search-plus" variant={filtering.has(name, value) ? 'primary' : 'secondary'} aria-label={`Filter for ${name}`} onClick={() => filtering.toggle(name, value, true, frame)} />
            <IconButton name="search-minus" aria-label={`Filter out ${name}`} onClick={() => filtering.toggle(name, value, false, frame)} />
            <Text color="secondary">{filtering.headingOf(name, frame, ROW) ?? ''}</Text>
            <code>{name}</code> {value}
          </Stack>
        </li>
      ))}
    </ul>
  );
}
