/** Levels for lines that do not say theirs, by the rules of the settings. */
import { encodeCondition } from '../language/stages';
import { encodeQuoted } from '../language/spelling';
import { FilterOperator } from '../language/filter';
import { LevelRule } from '../types';

function active(rules: LevelRule[]): LevelRule[] {
  return rules.filter(({ disabled, field }) => !disabled && field !== '');
}

/** A stage that gives each row its level, so that what is counted by level counts what is shown; none without rules. */
export function levelStage(rules: LevelRule[]): string[] {
  const enabled = active(rules);
  if (enabled.length === 0) {
    return [];
  }
  const decided = enabled.reduceRight((otherwise, { field, operator, value, level }) => {
    const condition = encodeCondition({ key: field, operator: operator as FilterOperator, values: [value] });
    return `if(${condition}, ${encodeQuoted(level)}, ${otherwise})`;
  }, 'level');
  return [`let level = ${decided}`];
}

/** The level that the first fitting rule gives to a line; `undefined` if none fits. */
export function levelByRules(rules: LevelRule[], fields: Record<string, unknown>): string | undefined {
  return active(rules).find((rule) => fits(rule, fields[rule.field]))?.level;
}

function fits({ operator, value }: LevelRule, actual: unknown): boolean {
  const present = actual !== undefined && actual !== null;
  const text = present ? String(actual) : '';
  switch (operator) {
    case '=':
      return present && same(text, value);
    case '!=':
      return !present || !same(text, value);
    case '=~':
      return present && matches(value, text);
    case '>=':
      return present && compare(text, value) >= 0;
    case '<':
      return present && compare(text, value) < 0;
  }
}

function same(one: string, other: string): boolean {
  return one === other || compare(one, other) === 0;
}

/** NaN where the two do not compare, so that every comparison with 0 is false. */
function compare(one: string, other: string): number {
  return one.trim() === '' || other.trim() === '' ? NaN : Number(one) - Number(other);
}

/** RE2 is not what browsers have: an expression that only one of them knows fits nothing here. */
function matches(pattern: string, text: string): boolean {
  try {
    const [, flags, rest] = /^(?:\(\?([ims]+)\))?([\s\S]*)$/.exec(pattern) ?? [];
    return new RegExp(rest, flags).test(text);
  } catch {
    return false;
  }
}
