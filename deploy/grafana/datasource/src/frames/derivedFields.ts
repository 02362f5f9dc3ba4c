/** Fields with links that the settings take out of each line: a trace id that leads to its trace. */
import { DataFrame, DataLink, Field, FieldType } from '@grafana/data';
import { getDataSourceSrv } from '@grafana/runtime';
import { DerivedField } from '../types';

/** The frame with one more field per name; of several that have one name, the first that finds something counts. */
export function withDerivedFields(frame: DataFrame, derived: DerivedField[] = []): DataFrame {
  const names = [...new Set(derived.map(({ name }) => name))].filter(Boolean);
  const added = names.map((name) => derivedField(frame, derived.filter((each) => each.name === name)));
  const found = added.filter(({ values }) => values.some((value) => value !== null));
  return found.length === 0 ? frame : { ...frame, fields: [...frame.fields, ...found] };
}

function derivedField(frame: DataFrame, sources: DerivedField[]): Field<string | null> {
  const readers = sources.map((source) => reader(frame, source));
  return {
    name: sources[0].name,
    type: FieldType.string,
    config: { links: sources.flatMap(linksOf) },
    values: [...Array(frame.length).keys()].map((index) => {
      for (const read of readers) {
        const value = read(index);
        if (value !== null) {
          return value;
        }
      }
      return null;
    }),
  };
}

function reader(frame: DataFrame, { matcherType, matcherRegex }: DerivedField): (index: number) => string | null {
  if (matcherType === 'label') {
    const labels = frame.fields.find(({ name }) => name === 'labels');
    return (index) => {
      const value = labels?.values[index]?.[matcherRegex];
      return value === undefined || value === null || value === '' ? null : String(value);
    };
  }
  const body = frame.fields.find(({ name }) => name === 'body');
  const regex = compiled(matcherRegex);
  return (index) => {
    const match = regex?.exec(String(body?.values[index] ?? ''));
    return match === null || match === undefined ? null : (match[1] ?? match[0]);
  };
}

/** The settings page tells of an expression that is none; lines are shown without its field. */
function compiled(pattern: string): RegExp | undefined {
  try {
    return pattern === '' ? undefined : new RegExp(pattern);
  } catch {
    return undefined;
  }
}

function linksOf({ url = '', urlDisplayLabel, datasourceUid, targetBlank }: DerivedField): DataLink[] {
  if (datasourceUid) {
    const settings = getDataSourceSrv().getInstanceSettings(datasourceUid);
    const query = { ...traceQuery(settings?.type), query: url || '${__value.raw}' };
    return [
      {
        title: urlDisplayLabel ?? '',
        url: '',
        internal: { query, datasourceUid, datasourceName: settings?.name ?? 'Data source not found' },
      },
    ];
  }
  return url === '' ? [] : [{ title: urlDisplayLabel ?? '', url, targetBlank }];
}

/** What makes a trace's id a query, beside the id. Jaeger and Zipkin take it as it is. */
function traceQuery(type: string | undefined): { refId: string; queryType?: string } {
  return { refId: 'trace', ...(type === 'tempo' && { queryType: 'traceql' }) };
}
