/** What the front end adds to the frames of the back end: levels by rule, and derived fields. */
import { DataFrame, DataFrameType, Field, FieldType } from '@grafana/data';
import { DerivedField, LevelRule } from '../types';
import { withDerivedFields } from './derivedFields';
import { levelByRules } from './levelRules';

export function isLogFrame(frame: DataFrame): boolean {
  return frame.meta?.type === DataFrameType.LogLines;
}

export interface LogFrameSettings {
  derivedFields?: DerivedField[];
  levelRules?: LevelRule[];
}

export function completeLogFrame(frame: DataFrame, settings: LogFrameSettings): DataFrame {
  if (!isLogFrame(frame)) {
    return frame;
  }
  return withDerivedFields(withLevels(frame, settings.levelRules ?? []), settings.derivedFields);
}

/** Lines for which a rule fits get its level; all others keep theirs. */
function withLevels(frame: DataFrame, rules: LevelRule[]): DataFrame {
  if (rules.length === 0) {
    return frame;
  }
  const column = (name: string): Field | undefined => frame.fields.find((field) => field.name === name);
  const [labels, body, severity] = [column('labels'), column('body'), column('severity')];
  const values = [...Array(frame.length).keys()].map((index) => {
    const own: unknown = severity?.values[index] ?? null;
    const fields = { message: body?.values[index], level: own ?? undefined, ...labels?.values[index] };
    return levelByRules(rules, fields) ?? own;
  });
  const field: Field = severity ? { ...severity, values } : { name: 'severity', type: FieldType.string, config: {}, values };
  return { ...frame, fields: severity ? frame.fields.map((each) => (each === severity ? field : each)) : [...frame.fields, field] };
}
