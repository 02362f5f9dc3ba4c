/** Where the editor underlines what the server does not understand. */
import { QueryFault } from '../resources';

export interface Marker {
  severity: number;
  message: string;
  startLineNumber: number;
  startColumn: number;
  endLineNumber: number;
  endColumn: number;
}

/** `monaco.MarkerSeverity.Error`; the number is part of its interface. */
const ERROR = 8;

export function markerOf(text: string, { message, hint, line, column, length }: QueryFault): Marker {
  const lines = text.split('\n');
  const startLineNumber = Math.min(Math.max(line ?? 1, 1), lines.length);
  const own = lines[startLineNumber - 1];
  const startColumn = Math.min(Math.max(column ?? 1, 1), own.length + 1);
  // Without a length the run of characters up to the next space is at fault; a place without any still has to be seen.
  const run = length ?? /^\S*/.exec(own.slice(startColumn - 1))?.[0].length ?? 0;
  return {
    severity: ERROR,
    message: hint === undefined ? message : `${message}\nhint: ${hint}`,
    startLineNumber,
    startColumn,
    endLineNumber: startLineNumber,
    endColumn: startColumn + Math.max(run, 1),
  };
}
