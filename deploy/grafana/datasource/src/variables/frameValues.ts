/** The values that the rows of a query are as a variable: the first column is shown, a column `value` stands in queries. */
import { DataFrame, FieldType, MetricFindValue } from '@grafana/data';

export function frameValues(frames: DataFrame[]): MetricFindValue[] {
  const seen = new Set<string>();
  return frames.flatMap(valuesOf).filter(({ text }) => text !== '' && !seen.has(text) && seen.add(text));
}

function valuesOf(frame: DataFrame): MetricFindValue[] {
  const shown = frame.fields.find(({ type, name }) => type !== FieldType.time && name !== 'value') ?? frame.fields[0];
  const used = frame.fields.find(({ name }) => name === 'value') ?? shown;
  return shown === undefined
    ? []
    : [...shown.values].map((text, index) => ({ text: String(text ?? ''), value: String(used.values[index] ?? '') }));
}
