/** Where a field of a line comes from: `I` is a column of its own, `S` is kept beside the columns, `P` was made by a stage. */
import { DataFrame } from '@grafana/data';

export type LabelType = 'I' | 'S' | 'P';

const HEADINGS: Record<LabelType, string> = { I: 'Fields', S: 'Rare fields', P: 'Fields of the query' };

/** The type of one field of one row; of any row that has it where the row has not. */
export function labelTypeOf(frame: DataFrame | undefined, key: string, index: number | null): LabelType | null {
  const field = frame?.fields.find(({ name }) => name === 'labelTypes');
  const rows: Array<Record<string, LabelType> | undefined> = field === undefined ? [] : [...field.values];
  return rows[index ?? 0]?.[key] ?? rows.find((row) => row?.[key] !== undefined)?.[key] ?? null;
}

/** Under which heading the details of a line show a field. */
export function labelHeading(key: string, frame: DataFrame | undefined, index: number | null): string | null {
  const type = labelTypeOf(frame, key, index);
  return type === null ? null : HEADINGS[type];
}
