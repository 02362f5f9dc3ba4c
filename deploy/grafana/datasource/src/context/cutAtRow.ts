/** Takes out of an answer what is not on the wanted side of a line, and puts the rest in the order that Grafana shows. */
import { DataFrame, LogRowContextQueryDirection, LogRowModel } from '@grafana/data';

/**
 * The rows of `frame` beyond `row`, newest first, `limit` at most.
 *
 * Of equal times, newer arrivals come first, in answers in both directions: of the rows of the very instant, those before the
 * row itself are newer, those behind it older.
 */
export function cutAtRow(
  frame: DataFrame,
  row: Pick<LogRowModel, 'rowId' | 'timeEpochMs' | 'timeEpochNs'>,
  direction: LogRowContextQueryDirection,
  limit: number
): DataFrame {
  const forward = direction === LogRowContextQueryDirection.Forward;
  const own = rowOf(frame, row.rowId);
  const isSameInstant = sameInstant(frame, row);
  const all = [...Array(frame.length).keys()];
  const beyond = all.filter((index) => {
    if (index === own) {
      return false;
    }
    return !isSameInstant(index) || (own >= 0 && (forward ? index < own : index > own));
  });
  const wanted = forward ? nearestFirst(beyond, isSameInstant).slice(0, limit).reverse() : beyond.slice(0, limit);
  return take(frame, wanted);
}

/** Rows in ascending time, where those of the row's own instant came newest first: the oldest of them is the nearest. */
function nearestFirst(indices: number[], isSameInstant: (index: number) => boolean): number[] {
  const ties = indices.filter(isSameInstant);
  return [...ties.reverse(), ...indices.filter((index) => !isSameInstant(index))];
}

function rowOf(frame: DataFrame, id: string | undefined): number {
  const ids = frame.fields.find(({ name }) => name === 'id');
  return id === undefined || ids === undefined ? -1 : [...ids.values].indexOf(id);
}

function sameInstant(frame: DataFrame, row: Pick<LogRowModel, 'timeEpochMs' | 'timeEpochNs'>): (index: number) => boolean {
  const time = frame.fields.find(({ name }) => name === 'timestamp');
  const below = Number(row.timeEpochNs?.slice(-6) || 0);
  return (index) => time?.values[index] === row.timeEpochMs && (time.nanos === undefined || (time.nanos[index] ?? 0) === below);
}

function take(frame: DataFrame, indices: number[]): DataFrame {
  return {
    ...frame,
    length: indices.length,
    fields: frame.fields.map((field) => ({
      ...field,
      values: indices.map((index) => field.values[index]),
      ...(field.nanos && { nanos: indices.map((index) => field.nanos?.[index] ?? 0) }),
    })),
  };
}
