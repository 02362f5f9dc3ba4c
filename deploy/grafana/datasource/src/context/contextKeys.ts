/** Which fields say that lines belong together: those of the settings, until the reader of a line chooses others. */
import { LogRowModel } from '@grafana/data';

/** Lines for which a choice is kept. Nobody comes back to more of them. */
const KEPT = 50;

export class ContextKeys {
  private readonly chosen = new Map<string, readonly string[]>();

  constructor(private readonly usual: readonly string[]) {}

  /** The fields for a line. A line without the usual ones has a context of its tag, or of all lines. */
  of(row: LogRowModel): readonly string[] {
    return this.chosen.get(row.uid) ?? this.usual;
  }

  choose(row: LogRowModel, keys: readonly string[]): void {
    this.chosen.delete(row.uid);
    this.chosen.set(row.uid, keys);
    const [oldest] = this.chosen.keys();
    if (this.chosen.size > KEPT && oldest !== undefined) {
      this.chosen.delete(oldest);
    }
  }

  forget(row: LogRowModel): void {
    this.chosen.delete(row.uid);
  }
}
