/** The stages and functions of the language, as docs/language.md tells of them. */
import tables from './reference.json';

export interface StageReference {
  name: string;
  /** How it is written; one form a line. */
  usage: string;
  summary: string;
}

export interface FunctionReference extends StageReference {
  /** Kind of its result. */
  gives: string;
}

export const STAGES: readonly StageReference[] = tables.stages;
export const FUNCTIONS: readonly FunctionReference[] = tables.functions;
export const AGGREGATES: readonly FunctionReference[] = tables.aggregates;

/** Percentiles are one function with many names. */
export const PERCENTILES = ['p50', 'p90', 'p95', 'p99'] as const;

/** What is known of a word of a query: what a hover shows. */
export function explainWord(word: string, followedBy: string): StageReference | undefined {
  if (/^\s*\(/.test(followedBy)) {
    const name = /^p\d+(\.\d+)?$/.test(word) ? 'p50' : word;
    return [...FUNCTIONS, ...AGGREGATES].find((each) => each.name === name);
  }
  return STAGES.find((each) => each.name === word);
}

/** A summary where no Markdown is read. */
export function asPlain(summary: string): string {
  return summary.replace(/`([^`]*)`/g, '“$1”');
}
