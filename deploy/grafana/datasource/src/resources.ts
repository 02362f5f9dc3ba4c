/** What the back end is asked beside queries, and what it answers. Times are milliseconds since 1970. */
import { TimeRange } from '@grafana/data';

export interface FieldInfo {
  name: string;
  /** Kinds of its values, such as `int, text`; none for rare fields. */
  kinds?: string;
  rare?: boolean;
}

export interface FieldValue {
  value: string;
  count?: number;
}

/** A query that the server does not understand, and where. Lines and columns count from 1. */
export interface QueryFault {
  message: string;
  hint?: string;
  line?: number;
  column?: number;
  /** Characters that are marked. */
  length?: number;
}

export interface Parsed {
  /** The one spelling that the query has among all that mean the same. */
  canonical?: string;
  error?: QueryFault;
}

export type GetResource = <T>(path: string, parameters?: Record<string, string | number>) => Promise<T>;

/** How many values are shown at once; whoever looks for others types their beginning. */
export const MAX_VALUES = 1000;

/** Asks for fields and values, each question once a minute at most. */
export class Resources {
  private readonly known = new Map<string, { until: number; answer: Promise<unknown> }>();

  constructor(
    private readonly getResource: GetResource,
    private readonly now: () => number = Date.now
  ) {}

  fields(range?: TimeRange, query = '*'): Promise<FieldInfo[]> {
    return this.once<{ fields: FieldInfo[] }>('fields', { query, ...bounds(range) }).then(({ fields }) => fields ?? []);
  }

  values(field: string, range?: TimeRange, query = '*', limit = MAX_VALUES, prefix = ''): Promise<FieldValue[]> {
    const parameters = { field, query, limit, ...(prefix !== '' && { prefix }), ...bounds(range) };
    return this.once<{ values: FieldValue[] }>('fields/values', parameters).then(({ values }) => values ?? []);
  }

  parse(query: string): Promise<Parsed> {
    return this.getResource<Parsed>('parse', { query });
  }

  explain(query: string, range?: TimeRange): Promise<{ text: string }> {
    return this.getResource('explain', { query, ...bounds(range) });
  }

  private once<T>(path: string, parameters: Record<string, string | number>): Promise<T> {
    const key = JSON.stringify([path, parameters]);
    const known = this.known.get(key);
    if (known !== undefined && known.until > this.now()) {
      return known.answer as Promise<T>;
    }
    const answer = this.getResource<T>(path, parameters);
    this.remember(key, answer);
    return answer;
  }

  private remember(key: string, answer: Promise<unknown>): void {
    this.known.delete(key);
    this.known.set(key, { until: this.now() + KEEP_MS, answer });
    // A failure is worth another try at once.
    answer.catch(() => this.known.delete(key));
    for (const [oldest] of this.known) {
      if (this.known.size <= KEEP) {
        break;
      }
      this.known.delete(oldest);
    }
  }
}

const KEEP = 100;
const KEEP_MS = 60_000;
/** Ranges that end now differ at each question; rounded to this they are the same for a while. */
const ROUND_MS = 30_000;

function bounds(range: TimeRange | undefined): Record<string, number> {
  return range === undefined
    ? {}
    : {
        from: Math.floor(range.from.valueOf() / ROUND_MS) * ROUND_MS,
        to: Math.ceil(range.to.valueOf() / ROUND_MS) * ROUND_MS,
      };
}
