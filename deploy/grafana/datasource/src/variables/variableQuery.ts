/** What a dashboard's variable asks for, and how it was written when variables were texts. */
import { DataQuery } from '@grafana/data';

export type VariableKind = 'fieldNames' | 'fieldValues' | 'query';

export interface LogstoreVariableQuery extends DataQuery {
  kind: VariableKind;
  /** Of `fieldValues`: whose values. */
  field?: string;
  /** Only what events of this search have; of `query` the whole query. Other variables may stand in it. */
  search?: string;
  limit?: number;
}

export const VARIABLE_REF_ID = 'LogstoreVariable';

/** The query of a variable, also of one that was saved as text: `field_names()`, `field_values(service)`, or a query. */
export function toVariableQuery(saved: LogstoreVariableQuery | string | undefined): LogstoreVariableQuery {
  if (typeof saved === 'object') {
    return { ...saved, refId: saved.refId || VARIABLE_REF_ID, kind: saved.kind ?? 'fieldValues' };
  }
  const text = saved?.trim() ?? '';
  const values = /^field_values\(\s*([^,)]+?)\s*(?:,([\s\S]*))?\)$/.exec(text);
  const names = /^field_names\(([\s\S]*)\)$/.exec(text);
  const refId = VARIABLE_REF_ID;
  if (values !== null) {
    return { refId, kind: 'fieldValues', field: values[1], search: values[2]?.trim() ?? '' };
  }
  if (names !== null || text === '') {
    return { refId, kind: names !== null ? 'fieldNames' : 'fieldValues', search: names?.[1].trim() ?? '' };
  }
  return { refId, kind: 'query', search: text };
}
