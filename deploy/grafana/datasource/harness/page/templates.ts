/** The variables of a dashboard, and how Grafana puts them into texts. */
import { setTemplateSrv, TemplateSrv } from '@grafana/runtime';

type Value = string | string[];

const VARIABLE = /\$(\w+)|\$\{(\w+)(?::(\w+))?\}|\[\[(\w+)\]\]/g;

const values = new Map<string, Value>();

export function setVariable(name: string, value: Value): void {
  values.set(name, value);
}

function written(value: Value, format: string | ((value: Value) => string) | undefined): string {
  if (typeof format === 'function') {
    return format(value);
  }
  return typeof value === 'string' ? value : value.length === 1 ? value[0] : `{${value.join(',')}}`;
}

function replace(text = '', _scopedVars?: unknown, format?: string | ((value: Value) => string)): string {
  return text.replace(VARIABLE, (whole, plain?: string, braced?: string, own?: string, old?: string) => {
    const value = values.get(plain ?? braced ?? old ?? '');
    return value === undefined ? whole : written(value, own ?? format);
  });
}

export function provideVariables(): void {
  const templates: Partial<TemplateSrv> = { replace: replace as TemplateSrv['replace'], getVariables: () => [], containsTemplate: (text = '') => text.search(VARIABLE) >= 0 };
  setTemplateSrv(templates as TemplateSrv);
}
